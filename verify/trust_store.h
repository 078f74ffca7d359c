// The public keys whose signatures this node accepts, as one immutable value that threads may
// share. Keys come from places the owner controls (the initramfs, the operator's directory) and
// never from the platform.
//
// A key is an EC P-256 SubjectPublicKeyInfo; its id is the hex SHA-256 of that DER (node-api.md
// §12.2).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.h"
#include "verify/blob_digest.h"

namespace powernode::verify {

struct TrustedKey {
  std::string id;      // 64 lower-case hex digits
  std::string der;     // SubjectPublicKeyInfo, uncompressed point
  std::string origin;  // where it was found, for messages
};

class TrustStore {
 public:
  // Adds every "PUBLIC KEY" block of `pem`, all or none; a key that is already there is no error.
  // kInvalid "bad_trust_key": no block, not a public key; kUnsupported "unsupported_trust_key": not
  // P-256.
  Status Add(std::string_view pem, const std::string& origin);
  // Names a place that was searched, for the message when there is no key.
  void AddPlace(std::string place) { places_.push_back(std::move(place)); }

  const std::vector<TrustedKey>& keys() const { return keys_; }
  const std::vector<std::string>& places() const { return places_; }
  bool empty() const { return keys_.empty(); }
  const TrustedKey* Find(std::string_view id) const;

 private:
  std::vector<TrustedKey> keys_;
  std::vector<std::string> places_;
};

enum class SignatureVerdict { kHolds, kDoesNotHold, kMalformed };

// `signature` is a DER ECDSA-Sig-Value over the SHA-256 `digest` (cosign sign-blob).
SignatureVerdict CheckSignature(const TrustedKey& key, const BlobDigest& digest,
                                std::string_view signature);

}  // namespace powernode::verify
