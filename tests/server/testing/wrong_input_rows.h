#ifndef ANNOD_TESTS_SERVER_TESTING_WRONG_INPUT_ROWS_H_
#define ANNOD_TESTS_SERVER_TESTING_WRONG_INPUT_ROWS_H_

#include <string>
#include <vector>

#include "grpcpp/support/status.h"

namespace annod {

inline constexpr grpc::StatusCode kInvalid = grpc::StatusCode::INVALID_ARGUMENT;
inline constexpr grpc::StatusCode kMissing = grpc::StatusCode::NOT_FOUND;
inline constexpr char kField[] = "INVALID_FIELD";
inline constexpr char kNoIndex[] = "INDEX_NOT_FOUND";
inline constexpr char kNameLimit[] = "1 to 64 characters";

// One request in text form and what is wrong with it. `$` in the request stands
// for the directory of attachable files. The server has the indexes "a" (items
// 0 "zero" and 1 "one", dimension 2, euclidean) and "empty", and allows two
// indexes, four queries and eight items in a call.
struct WrongInput {
  const char* method;
  std::string request;
  grpc::StatusCode code;
  const char* reason;
  std::vector<std::string> message_parts;
};

// The rows for each call, every field of its request in one at least.
std::vector<WrongInput> GetNnsRows();
std::vector<WrongInput> GetNnsOptionRows();
std::vector<WrongInput> GetItemsRows();
std::vector<WrongInput> GetDistanceRows();
std::vector<WrongInput> InfoRows();
std::vector<WrongInput> CreateIndexRows();
std::vector<WrongInput> UpdateSettingsRows();
// Unbuild, Activate, Detach, Reload and CancelBuild.
std::vector<WrongInput> VersionRows();
std::vector<WrongInput> RebuildRows();
std::vector<WrongInput> AttachRows();
std::vector<WrongInput> DropIndexRows();
// For AddItem and AddItems.
std::vector<WrongInput> ItemRows(const char* method);
std::vector<WrongInput> RemoveItemsRows();
std::vector<WrongInput> BuildRows();
std::vector<WrongInput> FitRows();
std::vector<WrongInput> SerializeRows();

// `text`, `count` times.
std::string Repeat(const std::string& text, int count);

}  // namespace annod

#endif  // ANNOD_TESTS_SERVER_TESTING_WRONG_INPUT_ROWS_H_
