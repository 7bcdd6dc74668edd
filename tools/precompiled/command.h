// What many sources of annodctl include; see core.h.
#include <CLI/CLI.hpp>
#include <iostream>

#include "annod/v1/admin_service.grpc.pb.h"
#include "annod/v1/index_service.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "nlohmann/json.hpp"
#include "tools/precompiled/core.h"
