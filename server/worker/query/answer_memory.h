#ifndef ANNOD_SERVER_WORKER_QUERY_ANSWER_MEMORY_H_
#define ANNOD_SERVER_WORKER_QUERY_ANSWER_MEMORY_H_

#include <vector>

#include "google/protobuf/arena.h"
#include "server/worker/query/query_scratch.h"

namespace annod {

// What a thread that answers calls keeps from one to the next.
class AnswerMemory {
 public:
  AnswerMemory() : block_(kMessageBytes), messages_(Options(&block_)) {}

  QueryScratch* scratch() { return &scratch_; }
  // Of the messages of the call being answered; empty again after Reset().
  google::protobuf::Arena* messages() { return &messages_; }
  void Reset() { messages_.Reset(); }

 private:
  // Messages of one call that take no more are made in memory that the thread
  // keeps.
  static constexpr size_t kMessageBytes = 128 << 10;

  static google::protobuf::ArenaOptions Options(std::vector<char>* block) {
    google::protobuf::ArenaOptions options;
    options.initial_block = block->data();
    options.initial_block_size = block->size();
    return options;
  }

  QueryScratch scratch_;
  std::vector<char> block_;
  google::protobuf::Arena messages_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_QUERY_ANSWER_MEMORY_H_
