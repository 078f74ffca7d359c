#include "enroll/module_list.h"

#include <algorithm>
#include <set>

#include "agent/base/url.h"
#include "enroll/answer.h"
#include "enroll/digest_text.h"

namespace powernode::enroll {
namespace {

constexpr std::size_t kMaxModules = 1000;
constexpr std::size_t kMaxDependencies = 256;

Error Partial(std::string text) {
  return Error(ErrorKind::kCannotTell, "partial_answer",
               "the module list is not complete and is not used: " + std::move(text));
}

std::vector<std::string> IdsOf(const Json& object, std::string_view key) {
  std::vector<std::string> out;
  const Json* list = GetArray(object, key);
  if (list == nullptr) return out;
  for (const Json& element : *list)
    if (element.is_string() && IsPathId(element.get_ref<const std::string&>()) &&
        out.size() < kMaxDependencies)
      out.push_back(element.get<std::string>());
  return out;
}

Result<ModuleEntry> ParseEntry(const Json& element) {
  ModuleEntry entry;
  entry.id = GetString(element, "id").value_or("");
  entry.name = PrintableText(GetString(element, "name").value_or(""));
  if (!IsPathId(entry.id) || entry.name.empty())
    return Partial("an element has no usable id or name (\"" + PrintableText(entry.id) + "\")");
  entry.effective_priority =
      GetInt(element, "effective_priority").value_or(GetInt(element, "priority").value_or(0));
  entry.dependencies = IdsOf(element, "dependencies");
  const Result<std::string> digest = ParseDigest(GetString(element, "digest").value_or(""));
  if (digest) entry.digest = *digest;
  return entry;
}

}  // namespace

Result<ModuleList> ParseModuleList(const Json& data) {
  const Json* modules = GetArray(data, "modules");
  if (modules == nullptr) return Partial("there is no list in the answer");
  if (GetBool(data, "complete") == false) return Partial("the platform says so itself");
  const std::optional<std::int64_t> count = GetInt(data, "count");
  if (!count || *count < 0 || static_cast<std::uint64_t>(*count) != modules->size())
    return Partial("it has " + std::to_string(modules->size()) + " elements and says " +
                   (count ? std::to_string(*count) : "nothing of how many it should have"));
  if (modules->size() > kMaxModules) return Partial("more than 1000 modules");

  ModuleList out;
  std::set<std::string, std::less<>> seen;
  for (const Json& element : *modules) {
    ASSIGN_OR_RETURN(ModuleEntry entry, ParseEntry(element));
    if (!seen.insert(entry.id).second) return Partial("module " + entry.id + " is in it twice");
    out.modules.push_back(std::move(entry));
  }
  out.assignment_revision = GetInt(data, "assignment_revision");
  out.removed = IdsOf(data, "removed");
  if (const Json* envelope = GetObject(data, "signed_assignment"))
    out.signed_assignment = DumpJson(*envelope);
  return out;
}

std::vector<std::string> MissingDependencies(const ModuleList& list) {
  std::set<std::string, std::less<>> present;
  for (const ModuleEntry& entry : list.modules) present.insert(entry.id);
  std::vector<std::string> out;
  for (const ModuleEntry& entry : list.modules)
    for (const std::string& id : entry.dependencies)
      if (!present.contains(id))
        out.push_back("module " + entry.name + " (" + entry.id + ") needs module " + id +
                      ", which is not in the list");
  return out;
}

}  // namespace powernode::enroll
