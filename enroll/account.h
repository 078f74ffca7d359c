// The accounts that a module's services need (node-api.md §10.2, `users` and `groups`), checked so
// that each may stand in /etc/passwd and its like: no colon, no control character, no id that
// belongs to the distribution or to people. A bad one is left out and noted.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/base/json.h"

namespace powernode::enroll {

struct ModuleGroup {
  std::string name;      // ^[a-z_][a-z0-9_-]{0,30}$
  std::uint32_t id = 0;  // 1 to 999, or from 70000: the platform's own (node-files.md §12.3)
};

struct ModuleUser {
  std::string name;
  std::uint32_t id = 0;  // also of the group of the same name, if nothing says otherwise
  std::string home;
  std::string shell;
  std::vector<std::string> groups;  // besides its own
};

std::vector<ModuleGroup> ParseGroups(const Json& module, std::vector<std::string>& notes);
std::vector<ModuleUser> ParseUsers(const Json& module, std::vector<std::string>& notes);

}  // namespace powernode::enroll
