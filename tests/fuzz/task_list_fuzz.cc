// Invariant: each task of a list has an id that may stand in a path and is there once, a command of
// one line, and options that a journal may hold; no element is lost without a note.
#include <set>
#include <string>

#include "agent/base/url.h"
#include "enroll/task.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace powernode;
  const Result<Json> json = ParseJson(fuzz::TextOf(data, size));
  if (!json) return 0;
  if (const auto lease = enroll::ParseTaskLease(*json))
    fuzz::Require(!lease->token.empty() && lease->length.count() >= 1, "a lease can be used");
  const Result<enroll::TaskList> list = enroll::ParseTaskList(*json);
  if (!list) return 0;
  fuzz::Require(list->tasks.size() + list->notes.size() == (*json)["tasks"].size(),
                "no element was lost");
  std::set<std::string> ids;
  for (const enroll::Task& task : list->tasks) {
    fuzz::Require(IsPathId(task.id), "an id may stand in a path");
    fuzz::Require(ids.insert(task.id).second, "no id is there twice");
    fuzz::Require(!task.command.empty() && !fuzz::HasControl(task.command), "a command is a line");
    fuzz::Require(task.options.is_object(), "options are an object");
    fuzz::Require(DumpJson(task.options).size() <= 64 * 1024, "options are small");
  }
  for (const std::string& note : list->notes)
    fuzz::Require(!fuzz::HasControl(note), "a note is one line");
  return 0;
}
