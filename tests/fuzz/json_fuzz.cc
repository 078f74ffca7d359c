// Invariant: what is read can be written and read again as the same value, and no reader gives a
// value of another type than it says.
#include "agent/base/json.h"

#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace powernode;
  const Result<Json> value = ParseJson(fuzz::TextOf(data, size));
  if (!value) {
    fuzz::Require(value.error().code() == "bad_json", "the code is bad_json");
    fuzz::Require(!fuzz::HasControl(value.error().message()), "the message is one line");
    return 0;
  }
  const Result<Json> again = ParseJson(DumpJson(*value));
  fuzz::Require(again.ok() && *again == *value, "written and read again it is the same");
  if (!value->is_object()) return 0;
  for (const auto& [key, member] : value->items()) {
    fuzz::Require(GetString(*value, key).has_value() == member.is_string(), "only text is text");
    fuzz::Require(GetBool(*value, key).has_value() == member.is_boolean(), "only a Boolean is one");
    fuzz::Require((GetObject(*value, key) != nullptr) == member.is_object(),
                  "only objects are objects");
    fuzz::Require((GetArray(*value, key) != nullptr) == member.is_array(), "only lists are lists");
    if (GetInt(*value, key))
      fuzz::Require(member.is_number_integer() || member.is_string(),
                    "no integer from anything else");
  }
  return 0;
}
