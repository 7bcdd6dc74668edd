#ifndef ANNOD_CORE_JOURNAL_DURABILITY_H_
#define ANNOD_CORE_JOURNAL_DURABILITY_H_

namespace annod {

// When an added item is acknowledged.
enum class Durability {
  kFsync,  // it survives the machine: concurrent calls share one fsync
  kOs,     // it survives the process: handed to the operating system
};

}  // namespace annod

#endif  // ANNOD_CORE_JOURNAL_DURABILITY_H_
