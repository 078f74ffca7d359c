#include "runtime/account_text.h"

#include <algorithm>

namespace powernode::runtime {
namespace {

constexpr std::size_t kId = 2;       // of passwd and group
constexpr std::size_t kMembers = 3;  // of group and gshadow

struct Line {
  std::size_t begin;
  std::size_t size;  // without the newline
};

std::optional<std::string_view> FieldOf(std::string_view line, std::size_t field) {
  for (; field > 0; --field) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    line.remove_prefix(colon + 1);
  }
  return line.substr(0, line.find(':'));
}

// The first line with that value in that field.
std::optional<Line> FindLine(std::string_view text, std::size_t field, std::string_view value) {
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t size = std::min(text.find('\n', begin), text.size()) - begin;
    if (FieldOf(text.substr(begin, size), field) == value) return Line{begin, size};
    begin += size + 1;
  }
  return std::nullopt;
}

void Append(std::string& text, const std::string& line) {
  if (!text.empty() && text.back() != '\n') text += '\n';
  text += line + '\n';
}

void AppendIfNew(std::optional<std::string>& text, const std::string& name, std::string_view rest) {
  if (text && !FindLine(*text, 0, name)) Append(*text, name + std::string(rest));
}

// Why `name` cannot have `id`; "" when it can, or has it.
std::string Clash(std::string_view kind, const std::string& text, const std::string& name,
                  const std::string& id) {
  const std::optional<std::string> own = AccountField(text, name, kId);
  if (own == id) return "";
  const std::string who = std::string(kind) + " " + name + " with id " + id + " refused: ";
  if (own) return who + "it is there with id " + *own;
  if (const std::optional<Line> other = FindLine(text, kId, id))
    return who + "the id belongs to " +
           text.substr(other->begin, text.find(':', other->begin) - other->begin);
  return "";
}

void AddMember(std::string& text, const std::string& group, const std::string& user) {
  const std::optional<Line> line = FindLine(text, 0, group);
  if (!line) return;
  const std::optional<std::string_view> members =
      FieldOf(std::string_view(text).substr(line->begin, line->size), kMembers);
  if (!members) return;
  const std::string list = "," + std::string(*members) + ",";
  if (list.find("," + user + ",") != std::string::npos) return;
  text.insert(line->begin + line->size, (members->empty() ? "" : ",") + user);
}

}  // namespace

std::optional<std::string> AccountField(std::string_view text, std::string_view name,
                                        std::size_t field) {
  const std::optional<Line> line = FindLine(text, 0, name);
  if (!line) return std::nullopt;
  const auto value = FieldOf(text.substr(line->begin, line->size), field);
  return value ? std::optional(std::string(*value)) : std::nullopt;
}

std::string AddGroup(const enroll::ModuleGroup& group, AccountTexts& texts) {
  const std::string id = std::to_string(group.id);
  if (std::string clash = Clash("group", texts.group, group.name, id); !clash.empty()) return clash;
  AppendIfNew(texts.gshadow, group.name, ":!::");
  if (!FindLine(texts.group, 0, group.name)) Append(texts.group, group.name + ":x:" + id + ":");
  return "";
}

std::string AddUser(const enroll::ModuleUser& user, AccountTexts& texts) {
  const std::string id = std::to_string(user.id);
  if (std::string clash = Clash("user", texts.passwd, user.name, id); !clash.empty()) return clash;
  if (!FindLine(texts.passwd, 0, user.name)) {
    std::optional<std::string> group = AccountField(texts.group, user.name, kId);
    if (!group) {
      if (std::string clash = AddGroup({.name = user.name, .id = user.id}, texts); !clash.empty())
        return clash;
      group = id;
    }
    // `*` is no password, and unlike `!` no locked account either: a key still lets it in.
    AppendIfNew(texts.shadow, user.name, ":*:::::::");
    Append(texts.passwd, user.name + (texts.shadow ? ":x:" : ":*:") + id + ":" + *group +
                             "::" + user.home + ":" + user.shell);
  }
  std::string missing;
  for (const std::string& group : user.groups) {
    if (FindLine(texts.group, 0, group)) {
      AddMember(texts.group, group, user.name);
      if (texts.gshadow) AddMember(*texts.gshadow, group, user.name);
    } else {
      missing = "user " + user.name + " is no member of " + group + ": there is no such group";
    }
  }
  return missing;
}

}  // namespace powernode::runtime
