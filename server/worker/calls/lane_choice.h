#ifndef ANNOD_SERVER_WORKER_CALLS_LANE_CHOICE_H_
#define ANNOD_SERVER_WORKER_CALLS_LANE_CHOICE_H_

#include "annod/v1/index_service.pb.h"
#include "server/worker/catalog/catalog.h"
#include "server/worker/metrics/lane.h"

namespace annod {

// The way of a call, by an estimate of its work that is good to a factor of a
// few: what takes some hundred microseconds or less is quick. Requests that
// will be refused are quick. Costs little for plain requests, a look into the
// catalog for others.
Lane LaneOf(const v1::GetNnsRequest& request, const Catalog& catalog);

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_CALLS_LANE_CHOICE_H_
