#include "tests/platform/json_file.h"

#include "agent/base/files.h"

namespace powernode::platform {
namespace {

constexpr std::size_t kMaxFile = 4 << 20;

}  // namespace

Result<json> ReadJsonFile(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMaxFile));
  json document = json::parse(text, nullptr, false);
  if (document.is_discarded()) return Error(ErrorKind::kInvalid, "bad_json", path + " is not JSON");
  return document;
}

}  // namespace powernode::platform
