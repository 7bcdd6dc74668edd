#ifndef ANNOD_CLIENT_CTL_MANUAL_SYNONYMS_H_
#define ANNOD_CLIENT_CTL_MANUAL_SYNONYMS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "client/ctl/manual/command_tree.h"

namespace annod::ctl {

// What people mean who know other programs, Annoy, Faiss and hnswlib among
// them, and write their words. All return what to say behind "annodctl query
// has no option --k", as "; did you mean -n?", or nothing.

// By an option of `command` that does not exist, "--k=3"; `root` has the
// options of every command. Misspelt ones are found, too.
std::string MeantByOption(const std::string& word, const CommandEntry& root,
                          const CommandEntry& command);

// By the name of a command of `group` that does not exist.
std::string MeantByCommand(const std::string& word, const CommandEntry& root,
                           const CommandEntry& group);

// By a word without an option before it, where `command` takes none.
std::string MeantByArgument(const std::string& word,
                            const CommandEntry& command);

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_MANUAL_SYNONYMS_H_
