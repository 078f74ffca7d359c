// The texts of /etc/passwd, group, shadow and gshadow with accounts added (passwd(5), shadow(5)):
// every line that is there stays as it is, and what would clash with one is not added (RT-12).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "enroll/account.h"

namespace powernode::runtime {

struct AccountTexts {
  std::string passwd;
  std::string group;
  std::optional<std::string> shadow;  // absent: this system has none
  std::optional<std::string> gshadow;

  bool operator==(const AccountTexts&) const = default;
};

// Each returns why something was refused, else "". What is there already is no refusal: a second
// call changes nothing.
std::string AddGroup(const enroll::ModuleGroup& group, AccountTexts& texts);
// With its memberships; a group of its own name and id when there is none of the name.
std::string AddUser(const enroll::ModuleUser& user, AccountTexts& texts);

// A field of the named entry, counted from 0; nullopt: no such entry, or too few fields.
std::optional<std::string> AccountField(std::string_view text, std::string_view name,
                                        std::size_t field);

}  // namespace powernode::runtime
