#ifndef ANNOD_SERVER_WORKER_CALLS_ANSWER_SIZE_H_
#define ANNOD_SERVER_WORKER_CALLS_ANSWER_SIZE_H_

#include <cstdint>

#include "annod/v1/index_service.pb.h"
#include "server/config/config.h"
#include "server/worker/catalog/catalog.h"

namespace annod {

// Bytes that making the answer to a request may take, message and serialised
// together: an estimate, by which a worker bounds how many large ones are made
// at a time. 0 for what is too small to matter; a label counts 32 bytes.
int64_t BytesToAnswer(const v1::GetNnsRequest& request, const Catalog& catalog,
                      const Limits& limits);
int64_t BytesToAnswer(const v1::GetItemsRequest& request, const IndexView& view,
                      const Limits& limits);

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_CALLS_ANSWER_SIZE_H_
