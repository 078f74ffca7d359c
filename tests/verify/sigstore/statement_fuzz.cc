// A payload, as a statement and inside of an envelope.
//
// Invariants: of a statement that is accepted, another reader of JSON sees the same subjects; the
// encoding that is signed can be taken apart in one way only, into what it was made of.
#include <charconv>
#include <string>

#include "agent/base/json.h"
#include "tests/fuzz/fuzz_input.h"
#include "verify/sigstore/dsse.h"
#include "verify/sigstore/statement.h"

namespace {

using namespace powernode::verify::sigstore;
using powernode::fuzz::Require;

// " <length> <bytes>", taken from the front.
std::string_view TakePart(std::string_view& encoding) {
  Require(encoding.starts_with(' '), "a space before a length");
  encoding.remove_prefix(1);
  std::size_t length = 0;
  const auto [end, problem] =
      std::from_chars(encoding.data(), encoding.data() + encoding.size(), length);
  Require(problem == std::errc(), "a length");
  encoding.remove_prefix(static_cast<std::size_t>(end - encoding.data()));
  Require(encoding.starts_with(' ') && encoding.size() > length, "a space before the bytes");
  const std::string_view part = encoding.substr(1, length);
  encoding.remove_prefix(1 + length);
  return part;
}

void CheckEncoding(std::string_view type, std::string_view payload) {
  const std::string encoding = PreAuthenticationEncoding(type, payload);
  std::string_view rest = encoding;
  Require(rest.starts_with("DSSEv1"), "it begins with the protocol");
  rest.remove_prefix(6);
  Require(TakePart(rest) == type && TakePart(rest) == payload && rest.empty(),
          "type and payload are read back");
}

void CheckAgainstReference(const Statement& statement, std::string_view payload) {
  const auto json = powernode::ParseJson(payload);
  Require(json.ok() && json->is_object(), "the other reader reads it");
  const powernode::Json& subjects = (*json)["subject"];
  Require(subjects.is_array() && subjects.size() == statement.subjects.size(), "as many subjects");
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    const powernode::Json& digests = subjects[i]["digest"];
    Require(digests.size() == statement.subjects[i].digests.size(), "as many digests");
    for (const auto& [algorithm, digest] : statement.subjects[i].digests)
      Require(digests.contains(algorithm) && digests[algorithm] == digest, "the same digests");
  }
  Require(json->value("_type", "") == statement.type, "the same type");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view payload = powernode::fuzz::TextOf(data, size);
  CheckEncoding(payload.substr(0, size / 3), payload.substr(size / 3));
  const powernode::Result<Statement> statement = ParseStatement(payload);
  if (!statement) {
    const std::string& stage = statement.error().code();
    Require(stage == "statement" || stage == "subject", "a refusal is of these stages");
    return 0;
  }
  CheckAgainstReference(*statement, payload);
  Require(!CheckSubject(*statement, Artifact()).ok(), "nothing is about an unknown artifact");
  return 0;
}
