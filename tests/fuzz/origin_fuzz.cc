// Invariant: an origin that is accepted has a plain host and a port, is https or loopback, and has
// one spelling that reads as the same; a path id has no character that means something in a URL.
#include <string>

#include "agent/base/url.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace powernode;
  const std::string_view text = fuzz::TextOf(data, size);
  if (IsPathId(text)) {
    fuzz::Require(text.size() <= 64 && text.find("..") == text.npos,
                  "a path id is short and has no ..");
    fuzz::Require(text.find_first_of(std::string_view("/\\?#%@:&= \0", 11)) == text.npos,
                  "and no URL syntax");
  }
  const Result<Origin> origin = ParseOrigin(text);
  if (!origin) {
    fuzz::Require(!fuzz::HasControl(origin.error().message()), "the message is one line");
    fuzz::Require(origin.error().message().size() < 600, "the message is short");
    return 0;
  }
  fuzz::Require(origin->port >= 1 && origin->port <= 65535, "the port is one");
  fuzz::Require(origin->host.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-_:") ==
                    std::string::npos,
                "the host is plain and in lower case");
  fuzz::Require(!origin->host.empty() && origin->host.size() <= 254, "the host has a length");
  const bool is_loopback =
      origin->host == "localhost" || origin->host == "::1" || origin->host.starts_with("127.");
  fuzz::Require(origin->scheme == "https" || (origin->scheme == "http" && is_loopback),
                "encrypted or loopback");
  const Result<Origin> again = ParseOrigin(origin->ToString());
  fuzz::Require(again.ok() && *again == *origin, "its spelling reads as the same");
  fuzz::Require(again->ToString() == origin->ToString(), "and is the only one");
  return 0;
}
