#include "server/worker/query/query_vector.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "server/rpc/conversions.h"
#include "server/rpc/errors.h"
#include "server/rpc/query_checks.h"
#include "server/rpc/request_checks.h"
#include "server/worker/query/view_lookup.h"

namespace annod {
namespace {

absl::Status FillSparse(const v1::SparseVector& sparse, float missing_value,
                        int query, int dim, std::vector<float>* buffer,
                        IdSet* positions) {
  buffer->assign(dim, missing_value);
  positions->Reset(dim);
  for (int i = 0; i < sparse.positions_size(); ++i) {
    const int32_t position = sparse.positions(i);
    positions->Add(position);
    if (positions->size() != static_cast<size_t>(i) + 1) {
      return FieldError(
          absl::StrCat("queries[", query, "].sparse.positions[", i, "]"),
          absl::StrCat(position), "different from those before it");
    }
    (*buffer)[position] = sparse.values(i);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<QueryVector> FindQueryVector(const v1::GetNnsRequest& request,
                                            int position, const ItemView& items,
                                            std::vector<float>* buffer,
                                            IdSet* positions) {
  const v1::Query& query = request.queries(position);
  if (query.has_sparse()) {
    ANNOD_RETURN_IF_ERROR(
        CheckSparseQuery(request, position, items.index().settings));
  } else {
    ANNOD_RETURN_IF_ERROR(CheckQuery(query, position, items.index().settings));
  }
  const int dim = items.index().settings.dim;
  QueryVector result;
  if (query.has_vector() || query.has_vector_bytes()) {
    result.values = VectorOf(query, buffer);
    return result;
  }
  if (query.has_sparse()) {
    ANNOD_RETURN_IF_ERROR(FillSparse(query.sparse(), request.missing_value(),
                                     position, dim, buffer, positions));
    const std::string field = absl::StrCat("queries[", position, "].sparse");
    ANNOD_RETURN_IF_ERROR(CheckTaken(
        field, *buffer, items.index().settings.metric, [&](int64_t place) {
          return absl::StrCat(field, " (position ", place, ")");
        }));
    result.values = *buffer;
    return result;
  }
  if (query.has_label()) {
    ANNOD_ASSIGN_OR_RETURN(
        result.item,
        FindLabel(items, absl::StrCat("queries[", position, "].label"),
                  query.label()));
  } else {
    result.item = query.item();
    // A hole would search with the zero vector: nobody stored that.
    if (!items.HasItem(result.item)) {
      return CheckHasItem(items, absl::StrCat("queries[", position, "].item"),
                          result.item);
    }
  }
  buffer->resize(dim);
  ANNOD_RETURN_IF_ERROR(items.GetVector(result.item, absl::MakeSpan(*buffer)));
  result.values = *buffer;
  return result;
}

}  // namespace annod
