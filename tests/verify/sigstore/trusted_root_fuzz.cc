// Invariants: a trusted root is refused at stage "root" or read, and one that was read, written and
// read again is the same.
#include <string>

#include "agent/base/encoding.h"
#include "agent/base/json.h"
#include "tests/fuzz/fuzz_input.h"
#include "verify/sigstore/rfc3339.h"
#include "verify/sigstore/trusted_root.h"

namespace {

using namespace powernode::verify::sigstore;
using powernode::Json;
using powernode::fuzz::Require;
namespace x509 = powernode::verify::x509;

// Of P-224: a kind that is not supported, for logs that were read without a key.
constexpr std::string_view kUnsupported =
    "ME4wEAYHKoZIzj0CAQYFK4EEACEDOgAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AA"
    "AAAAAAAAAAA=";

Json Print(const x509::Window& window) {
  Json json = Json::object();
  if (window.start) json["start"] = PrintRfc3339(*window.start);
  if (window.end) json["end"] = PrintRfc3339(*window.end);
  return json;
}

Json Print(const x509::LogKey& log) {
  Json key = {{"validFor", Print(log.window)}};
  key["rawBytes"] = log.key ? powernode::Base64Encode(log.key->spki()) : std::string(kUnsupported);
  return {{"hashAlgorithm", "SHA2_256"},
          {"publicKey", key},
          {"logId", {{"keyId", powernode::Base64Encode(log.id)}}}};
}

Json Print(const x509::Authority& authority, const std::string& uri) {
  Json certificates = Json::array();
  for (const x509::Certificate& each : authority.chain())
    certificates.push_back({{"rawBytes", powernode::Base64Encode(each.der())}});
  return {{"uri", uri},
          {"certChain", {{"certificates", certificates}}},
          {"validFor", Print(authority.valid_for())}};
}

std::string Print(const TrustedRoot& root) {
  Json json = {{"mediaType", "application/vnd.dev.sigstore.trustedroot+json;version=0.1"}};
  for (const TransparencyLog& each : root.logs) {
    Json log = Print(each.log);
    if (!each.names.empty()) log["baseUrl"] = "https://" + each.names.front();
    json["tlogs"].push_back(log);
  }
  for (const x509::LogKey& each : root.ct_logs) json["ctlogs"].push_back(Print(each));
  for (const x509::Authority& each : root.certificate_authorities)
    json["certificateAuthorities"].push_back(Print(each, ""));
  for (std::size_t i = 0; i < root.timestamp_authorities.size(); ++i)
    json["timestampAuthorities"].push_back(
        Print(root.timestamp_authorities[i], root.timestamp_authority_uris.at(i)));
  return powernode::DumpJson(json);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const powernode::Result<TrustedRoot> root = ParseTrustedRoot(powernode::fuzz::TextOf(data, size));
  if (!root) {
    Require(root.error().code() == "root", "a refusal is of this stage");
    return 0;
  }
  for (const TransparencyLog& each : root->logs)
    Require(root->FindLog(each.log.id) == &each && each.log.window.start, "a log is found again");
  const std::string printed = Print(*root);
  const powernode::Result<TrustedRoot> again = ParseTrustedRoot(printed);
  Require(again.ok() && Print(*again) == printed, "written and read again it is the same");
  for (std::size_t i = 0; i < root->logs.size(); ++i)
    Require(again->logs[i].names == root->logs[i].names &&
                again->logs[i].log.key.has_value() == root->logs[i].log.key.has_value(),
            "with the same names and keys");
  return 0;
}
