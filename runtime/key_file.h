// A user's ~/.ssh/authorized_keys, read and replaced as that user (node-files.md §12.4, §7 W2): no
// part of the way from the home on is a link, whatever the user puts there, and what is there
// belongs to the user. The whole file is replaced at once, with mode 0600.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "agent/base/result.h"

namespace powernode::runtime {

struct KeyUser {
  std::string name;
  uid_t id = 0;
  gid_t group = 0;
  std::string home;
};

// From /etc/passwd below `root`. kNotFound "no_such_user".
Result<KeyUser> FindKeyUser(const std::string& root, const std::string& name);

// Empty when there is no file or no ~/.ssh yet. kRefused "not_the_users": a part of the way is a
// link, no directory or file, or somebody else's; kNotFound "no_home".
Result<std::string> ReadKeyFile(const std::string& root, const KeyUser& user);

// Makes ~/.ssh (0700) where it is missing. Errors as above.
Status WriteKeyFile(const std::string& root, const KeyUser& user, std::string_view content);

}  // namespace powernode::runtime
