// Invariants: a checkpoint that is read is its text, a blank line and its signature lines, to the
// byte; none of them is signed by a log whose key never signed anything.
#include <string>

#include "agent/base/encoding.h"
#include "tests/fuzz/fuzz_input.h"
#include "verify/sigstore/checkpoint.h"

namespace {

using namespace powernode::verify::sigstore;
using powernode::fuzz::Require;

// A point of P-256 whose private key nobody has.
constexpr std::string_view kKey =
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEISr5uI4HxWD1ywZLUlKGq+1IUXvnvbUl68zqI4wRfLTsZwpJ1/"
    "cKT+9y9jLg"
    "JkFvfRKYkprehDOQtAZINBrXpQ==";

std::string Print(const Checkpoint& checkpoint) {
  std::string note = checkpoint.text + "\n";
  for (const NoteSignature& line : checkpoint.signatures)
    note += "\xe2\x80\x94 " + line.name + " " +
            powernode::Base64Encode(line.key_id + line.signature) + "\n";
  return note;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto key =
      powernode::verify::x509::PublicKey::FromSpki(*powernode::Base64Decode(kKey));
  const std::string_view note = powernode::fuzz::TextOf(data, size);
  const powernode::Result<Checkpoint> checkpoint = ParseCheckpoint(note);
  if (!checkpoint) {
    const std::string& stage = checkpoint.error().code();
    Require(stage == "tlog-checkpoint" || stage == "parse", "a refusal is of these stages");
    return 0;
  }
  Require(Print(*checkpoint) == note, "nothing is lost and nothing is added");
  Require(checkpoint->tree_size >= 0 && checkpoint->root_hash.size() == 32 &&
              checkpoint->signatures.size() <= 32,
          "what was read is in its bounds");
  // The log has every name and every origin, so that only the signature is left to refuse.
  TransparencyLog log;
  log.log.key = *key;
  log.names.push_back(checkpoint->origin);
  for (const NoteSignature& line : checkpoint->signatures) log.names.push_back(line.name);
  for (const RekorVersion version : {RekorVersion::kV1, RekorVersion::kV2})
    Require(!CheckCheckpoint(*checkpoint, log, version).ok(), "nobody signed for the log");
  return 0;
}
