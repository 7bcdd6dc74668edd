// The first quarter of an hour of a user, with the real server: start it, load
// words with annodctl, build, ask, look, fetch the file, drop.
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tests/client/ctl/run_annodctl.h"
#include "tests/core/testing/temp_dir.h"

extern char** environ;

namespace annod {
namespace {

constexpr int kWords = 600;

// annod over `data_dir` on free ports, ended by SIGTERM.
class Server {
 public:
  explicit Server(const std::string& data_dir) {
    int ends[2];
    if (pipe(ends) != 0) return;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    std::vector<std::string> argv = {"server/annod",
                                     "--data_dir=" + data_dir,
                                     "--listen=127.0.0.1:0",
                                     "--http_listen=127.0.0.1:0",
                                     "--workers=2",
                                     "--drain_delay=0s",
                                     "--max_connection_age=1h"};
    std::vector<char*> pointers;
    for (std::string& argument : argv) pointers.push_back(&argument[0]);
    pointers.push_back(nullptr);
    if (posix_spawn(&pid_, argv[0].c_str(), &actions, nullptr, pointers.data(),
                    environ) != 0) {
      pid_ = -1;
    }
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    // "annod: serving gRPC on 127.0.0.1:PORT, metrics on ..."
    std::string line;
    char c;
    while (read(ends[0], &c, 1) == 1 && c != '\n') line += c;
    close(ends[0]);
    const std::string marker = "gRPC on ";
    const size_t at = line.find(marker);
    if (at != std::string::npos) {
      address_ = line.substr(at + marker.size(),
                             line.find(',', at) - at - marker.size());
    }
  }
  ~Server() {
    if (pid_ > 0) Stop();
  }
  // The exit status.
  int Stop() {
    int status = 0;
    kill(pid_, SIGTERM);
    waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  const std::string& address() const { return address_; }

 private:
  pid_t pid_ = -1;
  std::string address_;
};

// Whether it serves within a minute: its address is known before that.
bool AwaitServing(const Server& server) {
  const absl::Time deadline = absl::Now() + absl::Minutes(1);
  while (RunAnnodctl({"health", "--server", server.address()}).exit_status !=
         0) {
    if (absl::Now() > deadline) return false;
    absl::SleepFor(absl::Milliseconds(20));
  }
  return true;
}

// The first words of the file that comes with the project.
std::string FirstWords() {
  gzFile file = gzopen("examples/words/words-20k.vec.gz", "rb");
  EXPECT_NE(file, nullptr);
  std::vector<char> line(1 << 16);
  EXPECT_NE(gzgets(file, line.data(), line.size()), nullptr);  // "20000 100"
  std::string text = absl::StrCat(kWords, " 100\n");
  for (int i = 0; i < kWords; ++i) {
    EXPECT_NE(gzgets(file, line.data(), line.size()), nullptr);
    text += line.data();
  }
  gzclose(file);
  return text;
}

TEST(QuickPathTest, AFewWordsFromFileToAnswerAndBack) {
  const TempDir dir;
  OverwriteFile(dir.Path("words.vec"), FirstWords());
  Server server(dir.Path("data"));
  ASSERT_NE(server.address(), "") << "annod did not start";
  const auto run = [&](std::vector<std::string> arguments, int want = 0) {
    arguments.insert(arguments.end(), {"--json", "--server", server.address()});
    const RunResult result = RunAnnodctl(arguments);
    EXPECT_EQ(result.exit_status, want) << arguments[0] << ": " << result.out;
    const nlohmann::json document = result.Json();
    EXPECT_TRUE(document.is_object()) << result.out;
    return document;
  };

  ASSERT_TRUE(AwaitServing(server));
  EXPECT_EQ(run({"health"})["health"], "SERVING");
  EXPECT_EQ(
      run({"create", "words", "--dim", "100", "--metric", "angular"})["state"],
      "EMPTY");
  EXPECT_EQ(run({"query", "words", "--label", "king"}, 1)["error"]["reason"],
            "INDEX_NOT_BUILT");
  EXPECT_EQ(run({"add", "words", dir.Path("words.vec")})["added_count"],
            kWords);
  EXPECT_EQ(run({"build", "words", "--trees", "10"})["item_count"], kWords);
  EXPECT_EQ(run({"health", "words"})["health"], "SERVING");

  const nlohmann::json near = run({"query", "words", "--label", "two", "-n",
                                   "3", "--engine", "exact", "--cost"});
  EXPECT_EQ(near["labels"][0], "two");
  EXPECT_EQ(near["labels"][1], "three");
  EXPECT_EQ(near["engine"], "exact");
  EXPECT_EQ(near["cost"]["distance_count"], kWords);
  EXPECT_EQ(run({"query", "words", "--label", "twoo"}, 1)["error"]["reason"],
            "LABEL_NOT_FOUND");

  const nlohmann::json info = run({"info", "words"});
  EXPECT_EQ(info["item_count"], kWords);
  EXPECT_EQ(info["label_count"], kWords);
  EXPECT_EQ(info["tree_count"], 10);
  EXPECT_EQ(info["staged_item_count"], 0);

  run({"serialize", "words", dir.Path("words.ann")});
  EXPECT_EQ(run({"file", "verify", dir.Path("words.ann"), "--metric", "angular",
                 "--dim", "100"})["n_items"],
            kWords);
  // The server, from its mapping, and the file give the same answer.
  const nlohmann::json here =
      run({"file", "query", dir.Path("words.ann"), "--metric", "angular",
           "--dim", "100", "--item", "7", "--n", "5"});
  const nlohmann::json there =
      run({"query", "words", "--item", "7", "-n", "5", "--engine", "forest"});
  EXPECT_EQ(here["ids"], there["ids"]);
  EXPECT_EQ(here["distances"], there["distances"]);

  // There and back in every format: another index that answers the same.
  for (const std::string format :
       {"native", "native-blob", "portable", "canonical"}) {
    SCOPED_TRACE(format);
    const std::string file = dir.Path("words." + format);
    const std::string copy = "copy-" + format;
    const nlohmann::json fetched =
        run({"serialize", "words", file, "--format", format});
    EXPECT_EQ(fetched["format"], format);
    const nlohmann::json sent =
        run({"deserialize", copy, file, "--metric", "angular", "--dim", "100"});
    EXPECT_EQ(sent["format"], format);
    const nlohmann::json answer =
        run({"query", copy, "--item", "7", "-n", "5", "--engine", "forest",
             "--search_k", "100000"});
    const nlohmann::json original =
        run({"query", "words", "--item", "7", "-n", "5", "--engine", "forest",
             "--search_k", "100000"});
    EXPECT_EQ(answer["ids"], original["ids"]);
    EXPECT_EQ(answer["distances"], original["distances"]);
    run({"drop", copy, "--yes"});
  }
  EXPECT_EQ(run({"deserialize", "bad", dir.Path("words.vec"), "--metric",
                 "angular", "--dim", "100"},
                1)["error"]["reason"],
            "BLOB_REJECTED");

  // Another program's build, over the wire: the bytes of the same build here.
  run({"build", "words", "--trees", "3", "--rules", "1.16", "--seed", "5"});
  run({"serialize", "words", dir.Path("served.ann")});
  run({"file", "build", dir.Path("words.vec"), "--metric", "angular",
       "--output", dir.Path("built.ann"), "--trees", "3", "--rules", "1.16",
       "--seed", "5"});
  EXPECT_TRUE(FileContents(dir.Path("served.ann")) ==
              FileContents(dir.Path("built.ann")));
  // Ids of 64 bits are for files only.
  run({"build", "words", "--rules", "scikit-plots-main"}, 2);
  run({"build", "words", "--trees", "2", "--compat"});
  run({"serialize", "words", dir.Path("served.ann"), "--force"});
  run({"file", "build", dir.Path("words.vec"), "--metric", "angular",
       "--output", dir.Path("built.ann"), "--trees", "2", "--compat",
       "--force"});
  EXPECT_TRUE(FileContents(dir.Path("served.ann")) ==
              FileContents(dir.Path("built.ann")));

  EXPECT_EQ(run({"drop", "words", "--yes"})["dropped"], true);
  EXPECT_EQ(run({"list"})["indexes"].size(), 0u);
  EXPECT_EQ(server.Stop(), 0);
}

}  // namespace
}  // namespace annod
