#ifndef ANNOD_SERVER_WRITER_FOLLOW_FOLLOWER_H_
#define ANNOD_SERVER_WRITER_FOLLOW_FOLLOWER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/replica/version_source.h"
#include "server/config/live_config.h"
#include "server/process/stop_flag.h"
#include "server/writer/state/writer_state.h"

namespace annod {

// The source that `config`, which has been validated, names in `follow`.
std::unique_ptr<VersionSource> MakeVersionSource(const Config& config);

// What a replica has instead of callers that change indexes: looks at a source
// now and then, brings what it serves into the data directory (fetch_version.h)
// and has it served here, verified, as a version that was built here would be.
//
// A source that cannot be asked, is not whole or says nonsense changes nothing:
// what is served stays. An index is dropped when three looks in a row have not
// found it at a source that has others.
class Follower {
 public:
  // All must outlive the object.
  Follower(std::unique_ptr<VersionSource> source, WriterState* state,
           const LiveConfig* config);
  // Ends a fetch.
  ~Follower();
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  // Looks from now on, in a thread of low priority. Workers are held back
  // (SyncHub::Hold) until the first look has succeeded, if there is nothing to
  // serve before.
  void Start();

  // One look, for tests and the thread. An error if the source could not be
  // asked.
  absl::Status Look(absl::Time now);

 private:
  struct Followed {
    std::string revision;  // taken over
    int64_t version = 0;
    std::string tried_revision;  // failed
    int failures = 0;
    absl::Time next_try = absl::InfinitePast();
    std::string reason;  // logged last
    int missing = 0;     // looks in a row
  };

  void Loop();
  void FollowIndex(const SourceIndex& index, absl::Time now);
  // True if what the index serves here is what was taken over last.
  bool Serves(const std::string& name, int64_t version) const;
  absl::Status TakeOver(const SourceIndex& index);
  absl::Status TakeOverVersion(const std::string& name,
                               const SourceVersion& version);
  absl::Status Create(const SourceVersion& version, const std::string& fetched);
  void DropMissing(const std::set<std::string>& listed);
  // Where files are brought before they are part of an index.
  std::string FetchPath(const std::string& name) const;
  bool stopped() const { return stopped_.stopped(); }

  const std::unique_ptr<VersionSource> source_;
  WriterState* const state_;
  const LiveConfig* const config_;
  FileSystem* const fs_;
  const bool in_place_;
  // The thread's.
  std::map<std::string, Followed> followed_;
  std::string source_failure_;  // logged last

  StopFlag stopped_;
  std::thread thread_;
};

// Removes what a follower has left behind in the data directory; not while
// there is one.
void RemoveFetched(const DataDirectory& data);

}  // namespace annod

#endif  // ANNOD_SERVER_WRITER_FOLLOW_FOLLOWER_H_
