// The block of authorized_keys that the platform manages (node-files.md §12.4): between two marker
// lines, everything outside them stays. Functions from text to text, and the rule by which one set
// of keys follows another without locking anybody out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace powernode::runtime {

// One line of authorized_keys(5) with a key of a known type, with or without options.
bool IsAuthorizedKey(std::string_view line);

std::vector<std::string> ManagedKeys(std::string_view content);
// Without keys there is no block either.
std::string WithManagedKeys(std::string_view content, const std::vector<std::string>& keys);

// What has to be remembered from one answer to the next.
struct KeyHistory {
  std::string user;
  std::vector<std::string> wanted;  // the last set that was put in place
  std::string survivor;             // a key of the set before, kept beside it
  std::string former_user;          // whose block goes, once the set is confirmed
  int empty_answers = 0;            // in a row

  bool operator==(const KeyHistory&) const = default;
};

struct KeyStep {
  std::vector<std::string> block;  // what the user's block has to be now
  std::string clear_user;          // whose block has to go
  KeyHistory history;
};

// `present`: the user's block as it is. A set without any present key is put beside one of them,
// and takes its place alone when it is answered a second time; an empty set counts when it has been
// answered three times.
KeyStep NextKeys(const KeyHistory& history, const std::string& user,
                 const std::vector<std::string>& answered, const std::vector<std::string>& present);

}  // namespace powernode::runtime
