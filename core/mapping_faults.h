#ifndef ANNOD_CORE_MAPPING_FAULTS_H_
#define ANNOD_CORE_MAPPING_FAULTS_H_

#include <sys/stat.h>
#include <sys/types.h>

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace annod {

// Reading a mapped page that the file has no more, for it was cut, or that the
// disk cannot read, ends the process with SIGBUS. It cannot be helped where it
// happens, in the middle of a search; but the next process must not step into
// the same page again, over and over, and take every other index with it.

// From now on a SIGBUS in a file that is mapped (NotedMapping) is written down
// in the directory `fd`, which stays open, together with a line on standard
// error that names the file; the process then dies of the signal, as without.
// Every process that calls this with the same directory knows of it. Once,
// before other threads map files.
absl::Status NoteMappingFaults(int fd);

// DataLoss, naming `path`, if reading a mapping of this file ended a process
// and the file has not been changed since (its ctime tells), or that is less
// than kMappingFaultPause ago: a file that is written to all the time could
// else end them all the time. OK without NoteMappingFaults().
absl::Status CheckMappingFaults(const std::string& path,
                                const struct stat& info);

inline constexpr absl::Duration kMappingFaultPause = absl::Seconds(10);

// Forgets what is written down in the directory: for who starts all processes.
void ForgetMappingFaults(int fd);

// A mapping that a SIGBUS may come from, for as long as the object lives. To be
// made after the mapping and destroyed before its end. Thread-safe.
class NotedMapping {
 public:
  NotedMapping(const void* data, size_t size, const std::string& path,
               const struct stat& info);
  ~NotedMapping();
  NotedMapping(const NotedMapping&) = delete;
  NotedMapping& operator=(const NotedMapping&) = delete;

 private:
  const size_t slot_;
};

}  // namespace annod

#endif  // ANNOD_CORE_MAPPING_FAULTS_H_
