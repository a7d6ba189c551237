#include "engine/base/options.h"

#include "tests/expect_error.h"

#include <cmath>
#include <limits>
#include <string>

namespace diorama {
namespace {

struct SampleOptions {
  bool color = true;
  int steps = 100;
  float voxel_m = 0.02f;
  double rate = 0.1;
  double offset = 0;
  std::string name = "room";
  int mode = 1;
  int level = 2;

  template <class Visitor>
  void visit(Visitor&& option) {
    option("color", color, "use colour");
    option("steps", steps, {1, 100000}, "steps of the fit");
    option("voxel", voxel_m, {1e-3, 1}, "edge of a voxel, m");
    option("rate", rate, {0, 1}, "share");
    option("offset", offset, "any number");
    option("name", name, "what it is called");
    option("mode", mode, {"fast", "good", "best"}, "how");
    option("level", level, {0, 4}, "a range whose lower end is a null pointer constant");
  }
};

const OptionField& field(const std::vector<OptionField>& fields, std::string_view name) {
  for (const OptionField& f : fields) {
    if (f.name == name) return f;
  }
  throw std::out_of_range(std::string(name));
}

TEST(Options, FieldsComeInTheListedOrderWithRangeAndHelp) {
  SampleOptions options;
  const auto fields = option_fields(options);
  ASSERT_EQ(fields.size(), 8u);
  EXPECT_EQ(fields[2].name, "voxel");
  EXPECT_EQ(fields[2].range.min, 1e-3);
  EXPECT_EQ(fields[2].help, "edge of a voxel, m");
  EXPECT_TRUE(std::holds_alternative<OptionChoice>(fields[6].target));
  EXPECT_EQ(fields[7].range.max, 4);
}

TEST(Options, DefaultsPassTheCheck) {
  SampleOptions options;
  EXPECT_NO_THROW(check_options(option_fields(options)));
}

TEST(Options, CheckNamesOptionValueAndRange) {
  SampleOptions options;
  const auto fields = option_fields(options);
  options.voxel_m = 2;
  DIO_EXPECT_ERROR(check_options(fields), ErrorCode::kInvalidInput, "--voxel is 2, expected 0.001 to 1");
  options.voxel_m = std::numeric_limits<float>::quiet_NaN();
  DIO_EXPECT_ERROR(check_options(fields), ErrorCode::kInvalidInput, "--voxel is nan");
  options = {};
  options.offset = std::numeric_limits<double>::infinity();
  DIO_EXPECT_ERROR(check_options(fields), ErrorCode::kInvalidInput, "--offset is inf, expected any finite number");
  options = {};
  options.steps = 0;
  DIO_EXPECT_ERROR(check_options(fields), ErrorCode::kInvalidInput, "--steps is 0, expected 1 to 100000");
  options = {};
  options.mode = 3;
  EXPECT_THROW(check_options(fields), Bug);
}

TEST(Options, EndsOfAFloatRangeAreInside) {
  float value = 0.1f;  // 0.100000001490116 as a double
  const OptionField share{"share", &value, {0, 0.1}, ""};
  EXPECT_NO_THROW(check_options({share}));
  EXPECT_NO_THROW(set_option(share, "0.1"));
}

TEST(Options, OneSidedRangesAreToldAsSuch) {
  int value = 5;
  const OptionField least{"n", &value, {10}, ""}, most{"n", &value, {OptionRange{}.min, 3}, ""};
  DIO_EXPECT_ERROR(check_options({least}), ErrorCode::kInvalidInput, "expected at least 10");
  DIO_EXPECT_ERROR(check_options({most}), ErrorCode::kInvalidInput, "expected at most 3");
}

TEST(Options, TextSetsEveryType) {
  SampleOptions options;
  const auto fields = option_fields(options);
  set_option(field(fields, "color"), "false");
  set_option(field(fields, "steps"), "7");
  set_option(field(fields, "voxel"), "0.05");
  set_option(field(fields, "rate"), "1e-2");
  set_option(field(fields, "name"), "a b");
  set_option(field(fields, "mode"), "best");
  EXPECT_FALSE(options.color);
  EXPECT_EQ(options.steps, 7);
  EXPECT_EQ(options.voxel_m, 0.05f);
  EXPECT_EQ(options.rate, 0.01);
  EXPECT_EQ(options.name, "a b");
  EXPECT_EQ(options.mode, 2);
}

TEST(Options, WrongTextIsAnErrorAndLeavesTheField) {
  SampleOptions options;
  const auto fields = option_fields(options);
  const auto set = [&](const char* name, const char* text) { set_option(field(fields, name), text); };
  DIO_EXPECT_ERROR(set("steps", "seven"), ErrorCode::kInvalidInput, "--steps is 'seven', expected a whole number");
  DIO_EXPECT_ERROR(set("steps", "7.5"), ErrorCode::kInvalidInput, "'7.5'");
  DIO_EXPECT_ERROR(set("steps", ""), ErrorCode::kInvalidInput, "''");
  DIO_EXPECT_ERROR(set("steps", "99999999999"), ErrorCode::kInvalidInput, "'99999999999'");
  DIO_EXPECT_ERROR(set("steps", "0"), ErrorCode::kInvalidInput, "--steps is 0");
  DIO_EXPECT_ERROR(set("voxel", "0.1m"), ErrorCode::kInvalidInput, "'0.1m', expected a number");
  DIO_EXPECT_ERROR(set("voxel", "nan"), ErrorCode::kInvalidInput, "nan");
  DIO_EXPECT_ERROR(set("offset", "inf"), ErrorCode::kInvalidInput, "inf");
  DIO_EXPECT_ERROR(set("color", "yes"), ErrorCode::kInvalidInput, "expected true or false");
  DIO_EXPECT_ERROR(set("mode", "bad"), ErrorCode::kInvalidInput, "expected one of: fast, good, best");
  EXPECT_EQ(options.steps, 100);
  EXPECT_EQ(options.voxel_m, 0.02f);
  EXPECT_EQ(options.mode, 1);
}

TEST(Options, JsonHoldsTheShortestNumbers) {
  SampleOptions options;
  EXPECT_EQ(options_to_json(option_fields(options)),
            R"({"color":true,"steps":100,"voxel":0.02,"rate":0.1,"offset":0.0,"name":"room","mode":"good","level":2})");
}

TEST(Options, JsonRoundTripKeepsEveryBit) {
  SampleOptions options, read;
  options.voxel_m = std::nextafter(0.1f, 1.0f);
  options.rate = 1.0 / 3;
  options.offset = -1.2345678901234567e-300;
  options.name = "quote \" and \\ and \n";
  options.mode = 0;
  options.color = false;
  options_from_json(option_fields(read), options_to_json(option_fields(options)));
  EXPECT_EQ(read.voxel_m, options.voxel_m);
  EXPECT_EQ(read.rate, options.rate);
  EXPECT_EQ(read.offset, options.offset);
  EXPECT_EQ(read.name, options.name);
  EXPECT_EQ(read.mode, 0);
  EXPECT_FALSE(read.color);
}

TEST(Options, JsonMayLeaveKeysOut) {
  SampleOptions options;
  options_from_json(option_fields(options), R"({"steps": 5})");
  EXPECT_EQ(options.steps, 5);
  EXPECT_EQ(options.voxel_m, 0.02f);
}

TEST(Options, WrongJsonIsAnError) {
  SampleOptions options;
  const auto fields = option_fields(options);
  const auto read = [&](const char* json) { options_from_json(fields, json); };
  DIO_EXPECT_ERROR(read(R"({"step": 5})"), ErrorCode::kInvalidInput, "there is no option 'step'");
  DIO_EXPECT_ERROR(read(R"({"steps": "5"})"), ErrorCode::kInvalidInput, "option 'steps' has the wrong type: \"5\"");
  DIO_EXPECT_ERROR(read(R"({"steps": 5.5})"), ErrorCode::kInvalidInput, "option 'steps' has the wrong type");
  DIO_EXPECT_ERROR(read(R"({"color": 1})"), ErrorCode::kInvalidInput, "option 'color' has the wrong type");
  DIO_EXPECT_ERROR(read(R"({"mode": 1})"), ErrorCode::kInvalidInput, "option 'mode' has the wrong type");
  DIO_EXPECT_ERROR(read(R"({"voxel": null})"), ErrorCode::kInvalidInput, "option 'voxel' has the wrong type");
  DIO_EXPECT_ERROR(read(R"({"voxel": [1]})"), ErrorCode::kInvalidInput, "option 'voxel' has the wrong type");
  DIO_EXPECT_ERROR(read(R"({"voxel": 5})"), ErrorCode::kInvalidInput, "--voxel is 5");
  DIO_EXPECT_ERROR(read("[]"), ErrorCode::kInvalidInput, "not a JSON object");
  DIO_EXPECT_ERROR(read("{"), ErrorCode::kInvalidInput, "not a JSON object");
  DIO_EXPECT_ERROR(read(""), ErrorCode::kInvalidInput, "not a JSON object");
}

TEST(Options, NamesThatAreNotUtf8StillMakeJson) {
  SampleOptions options;
  options.name = "caf\xe9";
  EXPECT_NO_THROW(options_to_json(option_fields(options)));
}

TEST(Options, TextOfAFieldIsWhatSetsIt) {
  SampleOptions options, copy;
  options.voxel_m = 0.3f;
  options.mode = 2;
  const auto from = option_fields(options), to = option_fields(copy);
  EXPECT_EQ(option_text(field(from, "voxel")), "0.3");
  for (size_t i = 0; i < from.size(); ++i) set_option(to[i], option_text(from[i]));
  EXPECT_EQ(options_to_json(to), options_to_json(from));
}

}  // namespace
}  // namespace diorama
