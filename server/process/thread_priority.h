#ifndef ANNOD_SERVER_PROCESS_THREAD_PRIORITY_H_
#define ANNOD_SERVER_PROCESS_THREAD_PRIORITY_H_

namespace annod {

// Ten steps give a thread a ninth of the time of one at 0.
inline constexpr int kBackgroundPriority = 10;
inline constexpr int kLowestPriority = 19;

// Gives the calling thread a nice value from 1, hardly lower than all others,
// to 19, the lowest. Raising it again needs privileges.
void LowerThreadPriority(int nice);

}  // namespace annod

#endif  // ANNOD_SERVER_PROCESS_THREAD_PRIORITY_H_
