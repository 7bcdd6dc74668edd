#ifndef ANNOD_SERVER_WRITER_STATE_ATTACHED_WATCH_H_
#define ANNOD_SERVER_WRITER_STATE_ATTACHED_WATCH_H_

#include <functional>
#include <map>
#include <string>
#include <thread>

#include "core/file_system.h"
#include "server/process/stop_flag.h"
#include "server/writer/index/index_set.h"

namespace annod {

// Looks every second whether the paths of attached indexes lead to other files
// than those served, as after the exchange of a symbolic link or a rename, and
// has such an index reloaded: once for each file, when it was the same at two
// looks. A file that is written to where it lies is left alone. An index that
// could not be opened is tried again when there is a file. In a thread of low
// priority, since a reload reads a file that is new as a whole.
class AttachedWatch {
 public:
  // `indexes` and `fs` must outlive the object; `reload` is called with names
  // of indexes.
  AttachedWatch(IndexSet* indexes, FileSystem* fs,
                std::function<void(const std::string& name)> reload);
  // Waits for the end of a reload.
  ~AttachedWatch();
  AttachedWatch(const AttachedWatch&) = delete;
  AttachedWatch& operator=(const AttachedWatch&) = delete;

 private:
  struct Seen {
    FileInfo file;
    bool tried = false;
  };

  void Loop();
  void Look(const WriterIndex& index);

  IndexSet* const indexes_;
  FileSystem* const fs_;
  const std::function<void(const std::string& name)> reload_;
  // The thread's: what each path led to, if that was not served.
  std::map<std::string, Seen> seen_;

  StopFlag stopped_;
  std::thread thread_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_WRITER_STATE_ATTACHED_WATCH_H_
