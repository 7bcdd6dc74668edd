#ifndef ANNOD_CORE_STATUS_MACROS_H_
#define ANNOD_CORE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// The two control-flow macros of the project, as in recent Abseil.

// Returns the status of `expr` from the enclosing function unless it is OK.
#define ANNOD_RETURN_IF_ERROR(expr)                               \
  do {                                                            \
    if (absl::Status annod_status_ = (expr); !annod_status_.ok()) \
      return annod_status_;                                       \
  } while (false)

// Evaluates `expr` (a StatusOr) and assigns its value to `lhs`, or returns its
// status from the enclosing function.
#define ANNOD_ASSIGN_OR_RETURN(lhs, expr) \
  ANNOD_ASSIGN_OR_RETURN_IMPL_(           \
      ANNOD_MACROS_CONCAT_(annod_statusor_, __LINE__), lhs, expr)

#define ANNOD_ASSIGN_OR_RETURN_IMPL_(statusor, lhs, expr) \
  auto statusor = (expr);                                 \
  if (!statusor.ok()) return statusor.status();           \
  lhs = std::move(statusor).value()

#define ANNOD_MACROS_CONCAT_(x, y) ANNOD_MACROS_CONCAT_INNER_(x, y)
#define ANNOD_MACROS_CONCAT_INNER_(x, y) x##y

#endif  // ANNOD_CORE_STATUS_MACROS_H_
