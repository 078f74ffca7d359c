// The public keys whose signatures this node accepts, as one immutable value that threads may
// share. Keys come from places the owner controls (the initramfs) and never from the platform.
//
// A key's id is the hex SHA-256 of its SubjectPublicKeyInfo (node-api.md §12.2).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.h"
#include "verify/x509/public_key.h"

namespace powernode::verify {

struct TrustedKey {
  std::string id;  // 64 lower-case hex digits
  x509::PublicKey key;
  std::string origin;  // where it was found, for messages
};

class TrustStore {
 public:
  // Adds every "PUBLIC KEY" block of `pem`, all or none; a key that is already there is no error.
  // kInvalid "bad_trust_key": no block, or not a public key; kUnsupported "unsupported_trust_key":
  // of a kind that this build cannot verify with.
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

}  // namespace powernode::verify
