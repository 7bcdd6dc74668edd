#ifndef ANNOD_TESTS_FUZZ_INPUT_H_
#define ANNOD_TESTS_FUZZ_INPUT_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace annod::fuzz {

// The bytes that a fuzzer made, taken from the front; zeros behind the end.
class Input {
 public:
  explicit Input(absl::string_view bytes) : rest_(bytes) {}

  bool empty() const { return rest_.empty(); }

  uint8_t Byte() {
    if (rest_.empty()) return 0;
    const uint8_t byte = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return byte;
  }
  bool Bool() { return (Byte() & 1) != 0; }
  // In [0, count).
  size_t Choice(size_t count) { return Byte() % count; }
  template <typename T, size_t kCount>
  const T& Pick(const T (&values)[kCount]) {
    return values[Choice(kCount)];
  }
  uint32_t U32() {
    uint32_t value = 0;
    for (int i = 0; i < 4; ++i) value = value << 8 | Byte();
    return value;
  }
  // As many bytes as the next two say, fewer at the end.
  absl::string_view Part() {
    const size_t high = Byte();
    const size_t size = high << 8 | Byte();
    const absl::string_view part = rest_.substr(0, size);
    rest_.remove_prefix(part.size());
    return part;
  }
  absl::string_view Rest() const { return rest_; }

 private:
  absl::string_view rest_;
};

// What Input::Part() takes.
inline std::string AsPart(absl::string_view bytes) {
  std::string part = {static_cast<char>(bytes.size() >> 8),
                      static_cast<char>(bytes.size() & 255)};
  part.append(bytes.data(), bytes.size());
  return part;
}

// A copy in a heap block of its own, 16-aligned, so that a sanitizer sees reads
// behind its end.
class HeapCopy {
 public:
  explicit HeapCopy(absl::string_view bytes)
      : size_(bytes.size()), data_(new char[std::max<size_t>(size_, 1)]) {
    std::copy(bytes.begin(), bytes.end(), data_.get());
  }
  char* data() { return data_.get(); }
  absl::Span<const char> span() const { return {data_.get(), size_}; }

 private:
  const size_t size_;
  const std::unique_ptr<char[]> data_;
};

// The plain struct at `offset` of `bytes`, which hold it, and back.
template <typename T>
T ReadStruct(absl::string_view bytes, size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}
template <typename T>
void WriteStruct(const T& value, size_t offset, std::string* bytes) {
  std::memcpy(&(*bytes)[offset], &value, sizeof(T));
}

}  // namespace annod::fuzz

#endif  // ANNOD_TESTS_FUZZ_INPUT_H_
