// A worker or the writer as a process of its own, for tests:
// child_main worker|writer SLOT METRICS_FD CONFIG_FD RUN_DIR_FD.
#include <signal.h>
#include <sys/prctl.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "server/config/child_options.h"
#include "server/config/config_memory.h"
#include "server/worker/run_worker.h"
#include "server/writer/run_writer.h"

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  annod::ChildOptions options;
  const bool is_writer = std::strcmp(argv[1], "writer") == 0;
  options.role = is_writer ? annod::ChildOptions::Role::kWriter
                           : annod::ChildOptions::Role::kWorker;
  options.slot = std::atoi(argv[2]);
  options.metrics_fd = std::atoi(argv[3]);
  options.config_fd = std::atoi(argv[4]);
  options.run_dir_fd = std::atoi(argv[5]);
  const auto config = annod::ReadConfigMemory(options.config_fd);
  if (!config.ok()) {
    std::fprintf(stderr, "%s\n", config.status().ToString().c_str());
    return 1;
  }
  return is_writer ? annod::RunWriter(options, *config)
                   : annod::RunWorker(options, *config);
}
