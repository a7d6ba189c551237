#include "capture/readers/npy.h"

#include "tests/capture/sample_capture.h"

#include <cstring>

namespace diorama {
namespace {

std::vector<std::byte> npy(const std::string& header, const std::vector<double>& values, int version = 1) {
  std::string text("\x93NUMPY", 6);
  text += static_cast<char>(version);
  text += '\0';
  text += static_cast<char>(header.size());
  text.append(version == 1 ? 1 : 3, '\0');
  text += header;
  std::vector<std::byte> bytes(text.size() + 8 * values.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  std::memcpy(bytes.data() + text.size(), values.data(), 8 * values.size());
  return bytes;
}

const std::string kHeader = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }  \n";

TEST(Npy, ReadsShapeAndNumbersOfVersions1And2) {
  for (const int version : {1, 2}) {
    const NpyArray array = decode_npy(npy(kHeader, {1, 2, 3, 4, 5, -6.5}, version));
    EXPECT_EQ(array.shape, (std::vector<size_t>{2, 3}));
    EXPECT_EQ(array.values, (std::vector<double>{1, 2, 3, 4, 5, -6.5}));
  }
}

TEST(Npy, ReadsSinglePrecision) {
  std::vector<std::byte> bytes = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", {0.0});
  const float values[2] = {0.5f, -3.0f};
  std::memcpy(bytes.data() + bytes.size() - 8, values, 8);
  EXPECT_EQ(decode_npy(bytes).values, (std::vector<double>{0.5, -3}));
}

TEST(Npy, RefusesEveryTruncation) {
  const std::vector<std::byte> whole = npy(kHeader, {1, 2, 3, 4, 5, 6});
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THROW(decode_npy(std::span(whole).first(size)), Error) << size;
  }
}

TEST(Npy, RefusesAShapeThatIsLargerThanItsData) {
  expect_error(
      [] {
        decode_npy(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 4), }", {1, 2}));
      },
      ErrorCode::kInvalidInput, {"16 bytes", "64"});
}

TEST(Npy, RefusesAbsurdShapesBeforeAllocating) {
  for (const char* shape : {"(99999999999, 99999999999)", "(0, 17)", "(-1, 17)", "(1e9,)", "(18446744073709551615,)"}) {
    const std::string header = std::string("{'descr': '<f8', 'fortran_order': False, 'shape': ") + shape + ", }";
    EXPECT_THROW(decode_npy(npy(header, {1})), Error) << shape;
  }
}

TEST(Npy, NamesTypesAndOrdersThatItDoesNotKnow) {
  expect_error([] { decode_npy(npy("{'descr': '<i8', 'fortran_order': False, 'shape': (1,), }", {1})); },
               ErrorCode::kUnsupported, {"<i8", "<f8"});
  expect_error([] { decode_npy(npy("{'descr': '<f8', 'fortran_order': True, 'shape': (1,), }", {1})); },
               ErrorCode::kUnsupported, {"Fortran"});
}

}  // namespace
}  // namespace diorama
