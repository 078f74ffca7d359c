// Invariant: a file gives a state only when its checksum, length, format and version hold for
// exactly those bytes; everything else is corrupt or newer.
#include "agent/base/state_file.h"

#include <sys/mman.h>

#include <string>

#include "agent/base/fd.h"
#include "agent/base/sha256.h"
#include "agent/base/syscalls.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

using namespace powernode;

Result<std::optional<Json>> Read(std::string_view content) {
  const Fd file(::memfd_create("state", MFD_CLOEXEC));
  fuzz::Require(file.valid() && WriteAll(file, AsBytes(content)).ok(), "the file is written");
  return ReadState(
      {.path = "/proc/self/fd/" + std::to_string(file.get()), .format = "powernode-lkg"});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::TextOf(data, size);
  const Result<std::optional<Json>> state = Read(text);
  if (state) {
    fuzz::Require(state->has_value() && (*state)->is_object(), "a state is an object");
    std::string_view body = text.substr(text.find('\n') + 1);
    body.remove_suffix(1);
    const Result<Json> header = ParseJsonObject(text.substr(0, text.find('\n')));
    fuzz::Require(header.ok() && GetString(*header, "sha256") == Sha256Hex(body),
                  "the header has its checksum");
    fuzz::Require(*ParseJson(body) == **state, "it is the body");
  } else {
    fuzz::Require(state.error().code() == "state_corrupt" || state.error().code() == "state_newer",
                  "corrupt or newer");
  }

  // The input as a body, behind a header that is right for it.
  const std::string header = R"({"format":"powernode-lkg","version":1,"len":)" +
                             std::to_string(size) + R"(,"sha256":")" + Sha256Hex(text) + "\"}\n";
  const Result<std::optional<Json>> framed = Read(header + std::string(text) + "\n");
  fuzz::Require(framed.ok() == ParseJsonObject(text).ok(),
                "behind a right header any object is a state");
  return 0;
}
