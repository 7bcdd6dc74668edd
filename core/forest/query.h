#ifndef ANNOD_CORE_FOREST_QUERY_H_
#define ANNOD_CORE_FOREST_QUERY_H_

namespace annod {

// A vector to search for, in the form that nodes store. Not owned.
struct Query {
  const float* floats = nullptr;  // dim components; not for hamming
  const char* words = nullptr;    // hamming: packed, at any address
  float squared_norm = 0;         // angular only
};

}  // namespace annod

#endif  // ANNOD_CORE_FOREST_QUERY_H_
