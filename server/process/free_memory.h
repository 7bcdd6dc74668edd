#ifndef ANNOD_SERVER_PROCESS_FREE_MEMORY_H_
#define ANNOD_SERVER_PROCESS_FREE_MEMORY_H_

namespace annod {

// Gives memory that was freed back to the system, if it is much: the allocator
// keeps what lies between blocks in use for ever. To be called about once a
// second by one thread. Costs some microseconds when there is nothing to do,
// and milliseconds, in which others wait for the allocator, when there is.
void ReturnFreeMemory();

}  // namespace annod

#endif  // ANNOD_SERVER_PROCESS_FREE_MEMORY_H_
