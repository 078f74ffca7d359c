#include "tests/verify/x509/vector_case.h"

#include <cstdio>
#include <cstdlib>

#include "tests/verify/vectors.h"

namespace powernode::testing {
namespace {

using verify::x509::Authority;
using verify::x509::Certificate;
using verify::x509::Instant;
using verify::x509::LogKey;
using verify::x509::PublicKey;
using verify::x509::Window;

template <typename T>
T OrExit(Result<T> value) {
  if (value) return *std::move(value);
  std::fprintf(stderr, "vectors: %s\n", value.error().message().c_str());
  std::exit(1);
}

// "2022-04-13T20:06:15.000Z"; no window in the vectors ends within a second.
std::optional<Instant> ReadInstant(const Json& window, const char* member) {
  const std::optional<std::string> text = GetString(window, member);
  if (!text) return std::nullopt;
  std::string digits;
  for (const char c : text->substr(0, 19))
    if (c >= '0' && c <= '9') digits += c;
  return verify::x509::InstantOfDigits(digits.substr(0, 4), digits.substr(4));
}

Window ReadWindow(const Json& entry) {
  const Json* window = GetObject(entry, "validFor");
  if (window == nullptr) return {};
  return {.start = ReadInstant(*window, "start"), .end = ReadInstant(*window, "end")};
}

std::vector<Authority> ReadAuthorities(const Json& root, const char* member) {
  std::vector<Authority> authorities;
  if (const Json* list = GetArray(root, member))
    for (const Json& entry : *list) {
      std::vector<Certificate> chain;
      for (const Json& certificate : entry["certChain"]["certificates"])
        chain.push_back(OrExit(Certificate::Parse(FromBase64(certificate["rawBytes"]))));
      authorities.emplace_back(std::move(chain), ReadWindow(entry));
    }
  return authorities;
}

std::vector<LogKey> ReadLogs(const Json& root) {
  std::vector<LogKey> logs;
  if (const Json* list = GetArray(root, "ctlogs"))
    for (const Json& entry : *list) {
      const Json& key = entry["publicKey"];
      const std::string der = FromBase64(key["rawBytes"]);
      logs.push_back(
          {.id = FromBase64(entry["logId"]["keyId"]),
           .key = OrExit(key["keyDetails"] == "PKCS1_RSA_PKCS1V5" ? PublicKey::FromRsaPkcs1(der)
                                                                  : PublicKey::FromSpki(der)),
           .window = ReadWindow(key)});
    }
  return logs;
}

}  // namespace

VectorRoot ReadVectorRoot(std::string_view path) {
  const Json root = ReadJsonVector(path);
  return {.certificate_authorities = ReadAuthorities(root, "certificateAuthorities"),
          .timestamp_authorities = ReadAuthorities(root, "timestampAuthorities"),
          .ct_logs = ReadLogs(root)};
}

VectorBundle ReadVectorBundle(std::string_view path) {
  const Json whole = ReadJsonVector(path);
  const Json& material = whole["verificationMaterial"];
  VectorBundle bundle;
  if (const Json* certificate = GetObject(material, "certificate"))
    bundle.leaf = FromBase64((*certificate)["rawBytes"]);
  else
    bundle.leaf = FromBase64(material["x509CertificateChain"]["certificates"][0]["rawBytes"]);
  if (const Json* data = GetObject(material, "timestampVerificationData"))
    if (const Json* tokens = GetArray(*data, "rfc3161Timestamps"))
      for (const Json& token : *tokens)
        bundle.tokens.push_back(FromBase64(token["signedTimestamp"]));
  if (const Json* message = GetObject(whole, "messageSignature"))
    bundle.signature = FromBase64((*message)["signature"]);
  else
    bundle.signature = FromBase64(whole["dsseEnvelope"]["signatures"][0]["sig"]);
  if (const Json* entries = GetArray(material, "tlogEntries"))
    for (const Json& entry : *entries)
      if (GetObject(entry, "inclusionPromise") != nullptr)
        bundle.promised.push_back({.seconds = GetInt(entry, "integratedTime").value_or(0)});
  return bundle;
}

std::vector<Json> KeylessBundleCases() {
  const Json index = ReadJsonVector("index.json");
  std::vector<Json> cases;
  for (const Json& each : index["cases"])
    if (each["material"]["kind"] == "bundle" && each["policy"]["mode"] == "keyless")
      cases.push_back(each);
  return cases;
}

Json VectorCase(std::string_view id) {
  for (Json& each : KeylessBundleCases())
    if (each["id"] == id) return std::move(each);
  std::fprintf(stderr, "vectors: no case %.*s\n", static_cast<int>(id.size()), id.data());
  std::exit(1);
}

VectorBundle BundleOf(const Json& one_case) {
  return ReadVectorBundle(one_case["material"]["file"].get<std::string>());
}

VectorRoot RootOf(const Json& one_case) {
  return ReadVectorRoot(one_case["policy"]["trusted_root"].get<std::string>());
}

}  // namespace powernode::testing
