#ifndef ANNOD_SERVER_AUDIT_REQUEST_DETAILS_H_
#define ANNOD_SERVER_AUDIT_REQUEST_DETAILS_H_

#include <cstdint>
#include <map>
#include <string>

#include "google/protobuf/message.h"
#include "server/process/log_line.h"

namespace annod {

// What may be said in a log of the requests of a control call: which index,
// how many items, rows, ids and labels, and a few settings that are no secrets
// (versions, numbers of trees, paths). Never a vector, a label or anything else
// that is not listed in the source. Not thread-safe.
class RequestDetails {
 public:
  // The request, or the next message of a stream.
  void Add(const google::protobuf::Message& request);

  // That of the first message that names one, cut and made printable; empty.
  const std::string& index() const { return index_; }

  void AppendTo(LogFields* fields) const;

 private:
  std::string index_;
  int64_t messages_ = 0;
  int64_t bytes_ = 0;
  std::map<std::string, int64_t> counts_;  // summed over the messages
  LogFields settings_;                     // of the first message
};

}  // namespace annod

#endif  // ANNOD_SERVER_AUDIT_REQUEST_DETAILS_H_
