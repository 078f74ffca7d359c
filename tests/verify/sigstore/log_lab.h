// A signer with a key and a transparency log of its own, which make bundles that the vectors do not
// hold. Bundles are JSON, to be altered before they are verified.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/json.h"
#include "tests/verify/x509/signing_key.h"
#include "verify/sigstore/report.h"
#include "verify/sigstore/requirements.h"
#include "verify/sigstore/trusted_root.h"

namespace powernode::testing {

inline constexpr std::int64_t kLabTime = 1'772'366'490;

// SubjectPublicKeyInfo of a P-256 key.
std::string SpkiOf(const SigningKey& key);
std::string PemOf(std::string_view label, std::string_view der);

class LabLog {
 public:
  explicit LabLog(std::string name);

  const std::string& name() const { return name_; }
  std::string id() const;
  verify::sigstore::TransparencyLog AsTrusted() const;

  // An entry of a tree of three leaves, of which `body` is the second. `version` says how its
  // checkpoint names the log.
  Json Entry(const std::string& kind, const std::string& version, const std::string& body) const;
  std::string Promise(const std::string& body, std::int64_t time, std::int64_t index) const;
  // "— name base64(id ‖ signature)", a signature over `text`.
  std::string SignatureLine(const std::string& text) const;
  std::string SignatureLine(const std::string& text, const std::string& as) const;

 private:
  std::string name_;
  SigningKey key_;
};

// Body and entry are of what the bundle signs, and made by its key.
class KeyLab {
 public:
  KeyLab();

  const std::string& artifact() const { return artifact_; }
  const SigningKey& key() const { return key_; }
  std::string pem() const { return PemOf("PUBLIC KEY", SpkiOf(key_)); }

  std::string Sign(std::string_view bytes) const;
  // Without entries.
  Json MessageBundle() const;
  Json EnvelopeBundle() const;
  std::string payload() const;

  // Bodies for a bundle of one of the two.
  Json HashedRekord(const Json& bundle) const;
  Json Dsse(const Json& bundle) const;
  Json Intoto(const Json& bundle) const;
  std::string HashedRekordV2(const Json& bundle) const;

  verify::sigstore::Requirements Requirements(const std::vector<const LabLog*>& logs) const;

 private:
  std::string artifact_ = "what the lab signs";
  SigningKey key_;
};

void AddEntry(Json& bundle, Json entry);

}  // namespace powernode::testing
