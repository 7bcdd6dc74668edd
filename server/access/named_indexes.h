#ifndef ANNOD_SERVER_ACCESS_NAMED_INDEXES_H_
#define ANNOD_SERVER_ACCESS_NAMED_INDEXES_H_

#include <string>
#include <vector>

#include "google/protobuf/message.h"

namespace annod {

// The names of indexes in a request: its fields "index" and "target_index", and
// those of the messages in it that are not repeated. An empty name is none, but
// in a ReloadRequest, where it stands for all: "*".
std::vector<std::string> IndexesNamedIn(
    const google::protobuf::Message& request);

}  // namespace annod

#endif  // ANNOD_SERVER_ACCESS_NAMED_INDEXES_H_
