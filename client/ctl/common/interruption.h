#ifndef ANNOD_CLIENT_CTL_COMMON_INTERRUPTION_H_
#define ANNOD_CLIENT_CTL_COMMON_INTERRUPTION_H_

#include <functional>
#include <string>

namespace annod::ctl {

// Ctrl-C (SIGINT) and SIGTERM: a command says what is stored, what goes on and
// how to stop or resume it, files that are not whole are removed, and the
// process ends with 128 plus the signal's number.

// Takes the signals over. Called once, before the process has a second thread.
// One that the caller had ignored, as in the background of a script, stays so.
void HandleInterruptions();

// While it lives, `say` gives the line that is printed on stderr, on a thread
// of its own; the innermost one speaks. The destructor waits for `say`.
class Interruption {
 public:
  // What the signal does then.
  enum class Then {
    kEnd,  // the process ends
    kGoOn  // `say` has made the command end soon; a second signal ends it
  };
  explicit Interruption(std::function<std::string()> say,
                        Then then = Then::kEnd);
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;
};

// The exit status if a signal came and the command went on; else 0.
// Thread-safe.
int InterruptedStatus();

// A file to be removed if a signal ends the process.
void RemoveWhenInterrupted(const std::string& path);
// It is whole, or gone.
void KeepWhenInterrupted(const std::string& path);

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_COMMON_INTERRUPTION_H_
