#include "assets/splat_sequence.h"

#include "assets/asset_file.h"
#include "assets/gltf.h"
#include "engine/base/file.h"
#include "tests/assets/samples.h"
#include "tests/expect_error.h"

namespace diorama {
namespace {

namespace fs = std::filesystem;

// A performance of 5 frames from the capture's frame 10 on: groups of 3 and 2, and a background.
class SplatSequenceFiles : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    glb_ = fs::path(testing::TempDir()) / "splat_sequence" / info->name() / "dance.glb";
    folder_ = splat_groups_folder(glb_);
    fs::remove_all(glb_.parent_path());
    record_.capture_name = "hall";
    record_.options_json = R"({"splats":7})";
    record_.asset_from_capture = turned_up();
  }

  static SplatGroup group(size_t first, size_t frames, size_t splats) {
    SplatGroup group{.first_frame = first, .frames = {}};
    for (size_t k = 0; k < frames; ++k) {
      group.frames.push_back(random_splats(splats, 1));
      for (glm::vec3& position : group.frames.back().positions) position.y += static_cast<float>(first + k);
    }
    return group;
  }

  void add(size_t first, size_t frames, size_t splats, uint64_t key = 5) const {
    std::vector<double> times_s;
    for (size_t k = 0; k < frames; ++k) times_s.push_back(static_cast<double>(first + k) / 8);
    add_splat_group(folder_, group(first, frames, splats), times_s, key);
  }

  void write_dance() const {
    add(13, 2, 9);
    set_splat_background(folder_, random_splats(30, 0), 5);
    add(10, 3, 7);
    finish_splat_sequence(glb_, record_);
  }

  fs::path glb_, folder_;
  AssetRecord record_;
};

TEST_F(SplatSequenceFiles, ComesBackWholeInWhateverOrderItsGroupsWereAdded) {
  write_dance();
  const SplatSequenceReader reader(folder_);
  const SplatSequence& sequence = reader.sequence();
  EXPECT_EQ(sequence.times_s, (std::vector<double>{1.25, 1.375, 1.5, 1.625, 1.75}));
  ASSERT_EQ(sequence.groups.size(), 2u);
  EXPECT_EQ(sequence.groups[0], (SplatGroupInfo{10, 3, 7, 1, "group_000010.splats"}));
  EXPECT_EQ(sequence.groups[1], (SplatGroupInfo{13, 2, 9, 1, "group_000013.splats"}));
  EXPECT_EQ(sequence.background.positions, random_splats(30, 0).positions);
  EXPECT_EQ(reader.record().capture_name, "hall");
  EXPECT_EQ(reader.record().representation, "splat-video");
  EXPECT_EQ(reader.record().options_json, R"({"splats":7})");
  const SplatGroup first = group(10, 3, 7), second = group(13, 2, 9);
  for (size_t k = 0; k < 5; ++k) {
    const SplatCloud& expected = k < 3 ? first.frames[k] : second.frames[k - 3];
    EXPECT_EQ(reader.moving(k).positions, expected.positions);
    EXPECT_EQ(reader.moving(k).sh, expected.sh);
  }
}

TEST_F(SplatSequenceFiles, AFrameStandsInTheAssetsFrame) {
  write_dance();
  const SplatSequenceReader reader(folder_);
  const std::vector<SplatPart> parts = reader.frame(nearest_frame(reader.sequence(), 1.7));
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].name, "background");
  EXPECT_EQ(parts[1].name, "moving");
  const SplatCloud moving = reader.moving(4);
  Bounds bounds = reader.bounds();
  for (size_t i = 0; i < moving.size(); ++i) {
    const glm::vec3 expected = turned_up() * moving.positions[i];
    EXPECT_LE(glm::distance(parts[1].cloud.positions[i], expected), 1e-5f) << "a float's rounding at 15 m";
    EXPECT_TRUE(glm::all(glm::lessThanEqual(bounds.min, expected + 1e-5f)));
    EXPECT_TRUE(glm::all(glm::lessThanEqual(expected - 1e-5f, bounds.max)));
  }
}

TEST_F(SplatSequenceFiles, TheGlbIsTheFirstFrameAndNamesTheFolder) {
  write_dance();
  const Asset asset = read_asset(glb_);
  EXPECT_EQ(splat_count(asset), 37u);
  ASSERT_TRUE(asset.record);
  EXPECT_EQ(asset.record->representation, "splat-video");
  EXPECT_EQ(asset.record->splat_groups, "dance.groups");
  EXPECT_EQ(open_splat_sequence(asset, glb_)->sequence().frame_count(), 5u);
  const std::vector<SplatPart> first = SplatSequenceReader(folder_).frame(0);
  for (size_t i = 0; i < 7; ++i) {
    EXPECT_LE(glm::distance(asset.splats.at(1).cloud.positions[i], first[1].cloud.positions[i]), 1e-5f);
  }
  EXPECT_FALSE(open_splat_sequence(splat_asset(), glb_));
  DIO_EXPECT_ERROR(open_splat_sequence(asset, glb_.parent_path() / "elsewhere" / "dance.glb"), ErrorCode::kNotFound,
                   "whose folder dance.groups is not beside it");
}

TEST_F(SplatSequenceFiles, ACopyOfTheGlbIsItsFirstFrameAlone) {
  write_dance();
  const std::filesystem::path copy = glb_.parent_path() / "copy.glb";
  EXPECT_THAT(write_asset(read_asset(glb_), copy), testing::ElementsAre(testing::HasSubstr("stay in dance.groups")));
  const Asset asset = read_asset(copy);
  EXPECT_EQ(asset.record->representation, "splats");
  EXPECT_FALSE(open_splat_sequence(asset, copy));
}

TEST_F(SplatSequenceFiles, AFolderOutsideIsNotFollowed) {
  Asset asset = splat_asset();
  asset.record->splat_groups = "../other.groups";
  write_glb(asset, glb_);
  DIO_EXPECT_ERROR(read_asset(glb_), ErrorCode::kInvalidInput, "expected a plain name");
}

TEST_F(SplatSequenceFiles, FinishNamesWhatIsMissing) {
  DIO_EXPECT_ERROR(finish_splat_sequence(glb_, record_), ErrorCode::kInvalidInput, "no groups of splats");
  add(10, 3, 7);
  add(20, 2, 7);
  DIO_EXPECT_ERROR(finish_splat_sequence(glb_, record_), ErrorCode::kInvalidInput,
                   "frames 13 to 19 are missing between group_000010.splats and group_000020.splats");
  EXPECT_FALSE(fs::exists(glb_));
}

TEST_F(SplatSequenceFiles, GroupsOfOtherOptionsAreNotMixed) {
  add(10, 3, 7, 5);
  add(13, 2, 7, 6);
  DIO_EXPECT_ERROR(finish_splat_sequence(glb_, record_), ErrorCode::kInvalidInput,
                   "group_000010.splats and group_000013.splats are of fits with different options");
}

TEST_F(SplatSequenceFiles, FramesWithoutSplatsAreFrames) {
  add(0, 3, 0);
  DIO_EXPECT_ERROR(finish_splat_sequence(glb_, record_), ErrorCode::kInvalidInput, "no frame has a splat");
  add(3, 2, 4);
  finish_splat_sequence(glb_, record_);
  EXPECT_EQ(splat_count(read_asset(glb_)), 4u) << "the first frame that has any";
  const SplatSequenceReader reader(folder_);
  EXPECT_TRUE(reader.frame(0).empty());
  EXPECT_EQ(reader.frame(3).size(), 1u);
}

TEST_F(SplatSequenceFiles, AMissingGroupIsNamed) {
  write_dance();
  fs::remove(splat_group_path(folder_, 13));
  DIO_EXPECT_ERROR(SplatSequenceReader{folder_}, ErrorCode::kNotFound, "group_000013.splats");
  DIO_EXPECT_ERROR(SplatSequenceReader{folder_ / "none"}, ErrorCode::kNotFound, "sequence.json");
}

TEST_F(SplatSequenceFiles, AGroupThatIsNotTheOneListedIsTold) {
  write_dance();
  add(13, 2, 8);
  DIO_EXPECT_ERROR(SplatSequenceReader{folder_}, ErrorCode::kInvalidInput, "has 2 frames of 8 splats");
  fs::rename(splat_group_path(folder_, 13), splat_group_path(folder_, 14));
  DIO_EXPECT_ERROR(find_splat_groups(folder_), ErrorCode::kInvalidInput, "expected the name group_000013.splats");
}

TEST_F(SplatSequenceFiles, ADamagedIndexIsTold) {
  write_dance();
  const fs::path index = folder_ / "sequence.json";
  const std::string good = read_text_file(index);
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    const size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    write_file(index, text.replace(at, from.size(), to));
  };
  changed("diorama-splat-sequence", "other");
  DIO_EXPECT_ERROR(SplatSequenceReader{folder_}, ErrorCode::kInvalidInput, "is no index");
  changed("\"version\": 1", "\"version\": 9");
  DIO_EXPECT_ERROR(SplatSequenceReader{folder_}, ErrorCode::kUnsupported, "version 9");
  changed("group_000013.splats", "../13.splats");
  DIO_EXPECT_ERROR(SplatSequenceReader{folder_}, ErrorCode::kInvalidInput, "expected a plain name");
  changed("1.375", "9.5");
  DIO_EXPECT_ERROR(SplatSequenceReader{folder_}, ErrorCode::kInvalidInput, "frame 2 has the time");
  for (size_t length = 0; length + 2 < good.size(); length += 7) {
    write_file(index, good.substr(0, length));
    EXPECT_THROW(SplatSequenceReader{folder_}, Error) << length;
  }
}

TEST_F(SplatSequenceFiles, OnlyItsOwnFilesAreRemoved) {
  write_dance();
  write_file(folder_ / "notes.txt", std::string_view("mine"));
  remove_splat_groups(folder_);
  EXPECT_TRUE(find_splat_groups(folder_).empty());
  EXPECT_TRUE(fs::exists(folder_ / "notes.txt"));
  EXPECT_FALSE(fs::exists(folder_ / "sequence.json"));
}

}  // namespace
}  // namespace diorama
