#include "tests/client/input/input_files.h"

#include <zlib.h>

#include <fstream>
#include <memory>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace annod {

std::string TestPath(const std::string& name) {
  return absl::StrCat(
      ::testing::TempDir(), "/",
      ::testing::UnitTest::GetInstance()->current_test_info()->name(), "-",
      name);
}

std::string WriteFile(const std::string& name, const std::string& bytes) {
  const std::string path = TestPath(name);
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << bytes;
  return path;
}

std::string Gzip(const std::string& text) {
  const std::string path = TestPath("tmp.gz");
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, text.data(), text.size());
  gzclose(file);
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

std::string Npy(int version, const std::string& header,
                const std::string& data) {
  std::string out = "\x93NUMPY";
  out += static_cast<char>(version);
  out += '\0';
  const uint32_t size = header.size();
  out += Bytes<uint32_t>({size}).substr(0, version == 1 ? 2 : 4);
  return out + header + data;
}

std::string NpyHeader(const std::string& descr, const std::string& shape,
                      const std::string& order) {
  return absl::StrCat("{'descr': '", descr, "', 'fortran_order': ", order,
                      ", 'shape': ", shape, ", }   \n");
}

absl::StatusOr<Rows> ReadAll(const std::string& path,
                             const VectorReaderOptions& options,
                             std::vector<int32_t>* ids) {
  absl::StatusOr<std::unique_ptr<VectorReader>> reader =
      OpenVectorFile(path, options);
  if (!reader.ok()) return reader.status();
  Rows rows;
  std::vector<float> row((*reader)->dim());
  std::string label;
  while (true) {
    const absl::StatusOr<bool> more =
        (*reader)->Next(absl::MakeSpan(row), &label);
    if (!more.ok()) {
      // An error is final.
      EXPECT_EQ((*reader)->Next(absl::MakeSpan(row), &label).status(),
                more.status());
      return more.status();
    }
    if (!*more) break;
    rows.push_back({label, row});
    if (ids != nullptr && (*reader)->has_ids()) ids->push_back((*reader)->id());
  }
  if ((*reader)->row_count().has_value()) {
    EXPECT_EQ(*(*reader)->row_count(), static_cast<int64_t>(rows.size()));
  }
  return rows;
}

}  // namespace annod
