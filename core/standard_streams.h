#ifndef ANNOD_CORE_STANDARD_STREAMS_H_
#define ANNOD_CORE_STANDARD_STREAMS_H_

namespace annod {

// What a program does first, before it opens anything and starts a thread:
//  - a standard stream that the caller has closed is opened on the null device,
//    output such that writing fails: else the next file or socket would get its
//    number, and what is printed would be written there;
//  - SIGPIPE and SIGXFSZ are ignored, so that a reader that has gone and a
//    limit of file sizes are errors of the write (EPIPE, EFBIG);
//  - a thread that cannot be started says so (core/thread_limits.h).
void PrepareProcess();

// For a program that serves: signals that mean nothing to it, and would end it,
// are ignored; SIGUSR1 may come from whoever rotates logs. Goes on in programs
// that it starts.
void IgnoreStraySignals();

}  // namespace annod

#endif  // ANNOD_CORE_STANDARD_STREAMS_H_
