// Vectors in text: .csv, .tsv, .vec, .txt, JSON lines, plain and compressed,
// with files of labels and ids beside them.

#include <string>
#include <vector>

#include "tests/fuzz/client/vectors_run.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/target.h"

namespace annod::fuzz {
namespace {

constexpr const char* kEndings[] = {"csv", "tsv",   "vec",
                                    "txt", "jsonl", "csv.gz"};

void Run(absl::string_view bytes) {
  Input input(bytes);
  const char* const ending = input.Pick(kEndings);
  const VectorReaderOptions options = AnyOptions(&input);
  const absl::string_view companion = input.Part();
  ReadVectors(input.Rest(), ending, options, companion);
}

std::string Seed(char ending, absl::string_view text,
                 absl::string_view companion = "") {
  std::string seed(1, ending);
  seed.append(kPlainOptions.data(), kPlainOptions.size());
  seed += AsPart(companion);
  seed.append(text.data(), text.size());
  return seed;
}

std::vector<std::string> Seeds() {
  return {
      Seed(0, "id,label,x,y\n3,mouse,1.5,-2\n4,\"a \"\"cat\"\"\",0,1e-3\n"),
      Seed(0, "1,2\r\n3,4\r\n", "\1mouse\ncat\n"),
      Seed(0, "1;2\n3;4\n", std::string("\0", 1) + "7\n9\n"),
      Seed(1, "1\t2\t\n3\t4\t\n"),
      Seed(2, "2 3\nmouse 1 2 3\ncat 4 5 6\n"),
      Seed(3, "mouse 1 2 3\ncat 4 5 6\n"),
      Seed(4, "{\"id\":7,\"label\":\"a\",\"vector\":[1,2]}\n[3,4]\n"),
      Seed(4, "{\"a\":1,\"b\":2}\n{\"vector\":{\"0\":1,\"1\":null}}\n"),
      // "1,2\n3,4\n" by gzip
      Seed(5, absl::string_view("\x1f\x8b\x08\0\0\0\0\0\x02\xff\x33\xd4\x31"
                                "\xe2\x32\xd6\x31\xe1\x02\0\x47\x93\x6c\xaf"
                                "\x08\0\0\0",
                                28)),
  };
}

const Registration kTextVectors({"text_vectors", Run, Seeds});

}  // namespace
}  // namespace annod::fuzz
