#ifndef ANNOD_TESTS_CORE_REPLICA_PUBLISHED_INDEX_H_
#define ANNOD_TESTS_CORE_REPLICA_PUBLISHED_INDEX_H_

#include <cstdint>
#include <string>

#include "core/storage/data_directory.h"
#include "core/storage/index_settings.h"

namespace annod {

// A data directory with the index "test", as a writer leaves it: what replicas
// follow in tests.
class PublishedIndex {
 public:
  // `path` is created.
  explicit PublishedIndex(const std::string& path);

  // Adds three items and publishes the next version.
  void Publish(float value);
  // Of a file of a version; the forest if none is named.
  std::string FilePath(int64_t version,
                       const std::string& name = "forest.ann") const;
  void SetCurrent(int64_t version);
  void Change(void (*edit)(IndexSettings*));
  // The index anew: another one of the same name, without versions.
  void Recreate();

  const std::string& path() const { return data_.path(); }
  DataDirectory* data() { return &data_; }

 private:
  DataDirectory data_;
};

}  // namespace annod

#endif  // ANNOD_TESTS_CORE_REPLICA_PUBLISHED_INDEX_H_
