#include "enroll/account.h"

#include <algorithm>

#include "enroll/answer.h"

namespace powernode::enroll {
namespace {

constexpr std::size_t kMaxAccounts = 256;
constexpr std::size_t kMaxPath = 256;
constexpr std::int64_t kFixedIds = 1000;      // below: fixed by the distribution or the module
constexpr std::int64_t kPlatformIds = 70000;  // from here: the platform's
constexpr std::int64_t kMaxId = 0x7fffffff;

bool IsAccountName(std::string_view name) {
  const auto starts = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  return !name.empty() && name.size() <= 31 && starts(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return starts(c) || (c >= '0' && c <= '9') || c == '-'; });
}

std::string PathOr(const Json& object, std::string_view key, std::string_view otherwise) {
  std::string path = GetString(object, key).value_or("");
  const bool good =
      path.starts_with('/') && path.size() <= kMaxPath &&
      (path + "/").find("/../") == std::string::npos &&
      std::all_of(path.begin(), path.end(), [](char c) { return c > ' ' && c < 0x7f && c != ':'; });
  return good ? path : std::string(otherwise);
}

// Reads name and id of one element; false, with a note, when they are none.
bool ReadNameAndId(const Json& element, std::string_view id_key, std::string& name,
                   std::uint32_t& id, std::vector<std::string>& notes) {
  name = GetString(element, "name").value_or("");
  const std::int64_t given = GetInt(element, id_key).value_or(0);
  const bool good_id =
      (given > 0 && given < kFixedIds) || (given >= kPlatformIds && given < kMaxId);
  if (!IsAccountName(name) || !good_id) {
    notes.push_back(
        "account \"" + PrintableText(name) + "\" left out: " +
        (good_id ? "not an account name" : "its id is neither below 1000 nor from 70000 on"));
    return false;
  }
  id = static_cast<std::uint32_t>(given);
  return true;
}

template <typename Account, typename Read>
std::vector<Account> ReadAll(const Json& module, std::string_view key, Read read) {
  std::vector<Account> out;
  const Json* list = GetArray(module, key);
  if (list == nullptr) return out;
  for (const Json& element : *list) {
    Account account;
    if (out.size() < kMaxAccounts && read(element, account)) out.push_back(std::move(account));
  }
  return out;
}

}  // namespace

std::vector<ModuleGroup> ParseGroups(const Json& module, std::vector<std::string>& notes) {
  return ReadAll<ModuleGroup>(module, "groups", [&](const Json& element, ModuleGroup& group) {
    return ReadNameAndId(element, "gid", group.name, group.id, notes);
  });
}

std::vector<ModuleUser> ParseUsers(const Json& module, std::vector<std::string>& notes) {
  return ReadAll<ModuleUser>(module, "users", [&](const Json& element, ModuleUser& user) {
    if (!ReadNameAndId(element, "uid", user.name, user.id, notes)) return false;
    user.home = PathOr(element, "home", "/nonexistent");
    user.shell = PathOr(element, "shell", "/usr/sbin/nologin");
    if (const Json* groups = GetArray(element, "groups"))
      for (const Json& group : *groups)
        if (group.is_string() && IsAccountName(group.get_ref<const std::string&>()) &&
            user.groups.size() < kMaxAccounts)
          user.groups.push_back(group.get<std::string>());
    return true;
  });
}

}  // namespace powernode::enroll
