// What many sources of server and client include; see core.h.
#include "annod/v1/admin_service.grpc.pb.h"
#include "annod/v1/index_service.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "spdlog/spdlog.h"
#include "tools/precompiled/core.h"
