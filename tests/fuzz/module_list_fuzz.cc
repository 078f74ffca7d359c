// Invariant: a list is complete, without an id twice, and with ids that may stand in a path; or it
// is partial.
#include "enroll/module_list.h"

#include <set>
#include <string>

#include "agent/base/url.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace powernode;
  const Result<Json> json = ParseJson(fuzz::TextOf(data, size));
  if (!json) return 0;
  const Result<enroll::ModuleList> list = enroll::ParseModuleList(*json);
  if (!list) {
    fuzz::Require(list.error().code() == "partial_answer", "what is not complete is partial");
    fuzz::Require(!fuzz::HasControl(list.error().message()), "the message is one line");
    return 0;
  }
  fuzz::Require(list->modules.size() == (*json)["modules"].size(), "no element was lost");
  std::set<std::string> ids;
  for (const enroll::ModuleEntry& entry : list->modules) {
    fuzz::Require(IsPathId(entry.id) && !entry.name.empty(), "an element has an id and a name");
    fuzz::Require(ids.insert(entry.id).second, "no id is there twice");
    fuzz::Require(entry.digest.empty() || entry.digest.size() == 64, "a digest is one");
    for (const std::string& id : entry.dependencies)
      fuzz::Require(IsPathId(id), "a dependency is an id");
  }
  for (const std::string& text : enroll::MissingDependencies(*list))
    fuzz::Require(!fuzz::HasControl(text), "a text is one line");
  return 0;
}
