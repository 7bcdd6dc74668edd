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

namespace {

std::string Deflate(const std::string& plain) {
  z_stream stream = {};
  deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, plain.size()), '\0');
  std::string copy = plain;
  stream.next_in = reinterpret_cast<Bytef*>(copy.data());
  stream.avail_in = copy.size();
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = packed.size();
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

}  // namespace

std::string Zip(const std::vector<std::pair<std::string, std::string>>& files,
                bool deflated) {
  std::string archive, directory;
  for (const auto& [name, plain] : files) {
    const std::string data = deflated ? Deflate(plain) : plain;
    const uint32_t crc =
        crc32(0, reinterpret_cast<const Bytef*>(plain.data()), plain.size());
    // Version, flags, method, time and date, then what both headers have.
    const std::string head =
        Bytes<uint16_t>(
            {20, 0, static_cast<uint16_t>(deflated ? 8 : 0), 0, 0}) +
        Bytes<uint32_t>({crc, static_cast<uint32_t>(data.size()),
                         static_cast<uint32_t>(plain.size())}) +
        Bytes<uint16_t>({static_cast<uint16_t>(name.size()), 0});
    directory +=
        "PK\1\2" + Bytes<uint16_t>({20}) + head + Bytes<uint16_t>({0, 0, 0}) +
        Bytes<uint32_t>({0, static_cast<uint32_t>(archive.size())}) + name;
    archive += "PK\3\4" + head + name + data;
  }
  const auto count = static_cast<uint16_t>(files.size());
  return archive + directory + "PK\5\6" +
         Bytes<uint16_t>({0, 0, count, count}) +
         Bytes<uint32_t>({static_cast<uint32_t>(directory.size()),
                          static_cast<uint32_t>(archive.size())}) +
         Bytes<uint16_t>({0});
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
