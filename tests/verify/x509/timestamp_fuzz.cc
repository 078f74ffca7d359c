// The input is the length of a signature (two bytes, big endian), the signature, and a token; the
// authorities are those of the vectors.
//
// Invariants: a token that is taken apart has its parts in the input; one that is verified is of
// that signature and of a time at which its authority, and the authority's certificates, were
// valid; without authorities none is verified.
#include "tests/fuzz/fuzz_input.h"
#include "tests/verify/x509/vector_case.h"
#include "verify/x509/timestamp.h"
#include "verify/x509/timestamp_token.h"

namespace {

using namespace powernode::verify::x509;
using powernode::fuzz::Require;

const std::vector<Authority>& Authorities() {
  static const std::vector<Authority> authorities = [] {
    std::vector<Authority> all;
    for (const char* root :
         {"roots/lab-default.json", "roots/lab-tsa-noleaf.json", "roots/sigstore-public-good.json",
          "roots/conformance-ed6a9cf4e7c2.json"})
      for (const Authority& each : powernode::testing::ReadVectorRoot(root).timestamp_authorities)
        all.push_back(each);
    return all;
  }();
  return authorities;
}

void CheckParts(const TimestampToken& token, std::string_view input) {
  for (const std::string_view part :
       {token.content, token.imprint, token.signer_issuer, token.signer_serial,
        token.signed_attributes, token.content_digest, token.signature})
    Require(part.data() >= input.data() && part.data() + part.size() <= input.data() + input.size(),
            "a part lies in the input");
  Require(token.algorithm.hash || token.algorithm.family == SignatureAlgorithm::Family::kEd25519,
          "a signature has its hash");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input = powernode::fuzz::TextOf(data, size);
  if (input.size() < 2) return 0;
  const std::size_t length = std::size_t{data[0]} << 8 | data[1];
  input.remove_prefix(2);
  const std::string_view signature = input.substr(0, length);
  const std::string_view der = input.substr(signature.size());

  const auto token = ParseTimestampToken(der);
  if (token) CheckParts(*token, der);
  const auto unknown = VerifyTimestamp(der, signature, {});
  Require(unknown.ok() == token.ok() && (!unknown || !unknown->has_value()),
          "without authorities nothing is verified");
  const auto verdict = VerifyTimestamp(der, signature, Authorities());
  if (!verdict) {
    Require(verdict.error().code() == "time", "a refusal is of this stage");
    return 0;
  }
  Require(token.ok(), "what is not a token is refused");
  if (!verdict->has_value()) return 0;
  const VerifiedTimestamp& stamp = **verdict;
  Require(stamp.time == token->time && token->imprint == Digest(token->imprint_hash, signature),
          "what is verified is this token of this signature");
  const Authority& authority = Authorities().at(stamp.authority);
  Require(authority.valid_for().Contains(stamp.time) &&
              authority.anchor().validity().Contains(stamp.time),
          "the authority was valid at that time");
  const Certificate& first = authority.chain().front();
  Require(first.is_ca() || first.validity().Contains(stamp.time),
          "the signer was valid at that time");
  return 0;
}
