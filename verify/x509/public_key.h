// A public key that may verify: P-256, P-384, P-521, RSA of 2048 to 8192 bits, Ed25519.
//
// The type of the key decides which hashes and which form of signature count, never a field of the
// signed material (signatures.md §2.1). A value, cheap to copy; its state is immutable, so threads
// may share it.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "verify/x509/hash.h"

namespace powernode::verify::x509 {

enum class KeyType { kP256, kP384, kP521, kRsa, kEd25519 };

class PublicKey {
 public:
  // SubjectPublicKeyInfo (RFC 5280 §4.1.2.7); an elliptic curve is named, its point uncompressed.
  // kRefuted "parse": malformed, or not a point of its curve; kCannotTell "sig": another algorithm,
  // curve or size.
  static Result<PublicKey> FromSpki(std::string_view der);
  // RSAPublicKey (RFC 8017 §A.1.1), as some trusted roots hold it.
  static Result<PublicKey> FromRsaPkcs1(std::string_view der);

  // SubjectPublicKeyInfo, whichever form was read.
  const std::string& spki() const;
  KeyType type() const;
  unsigned bits() const;

  // The hashes of an artifact's signature in the order to try them; none for Ed25519, which signs
  // the bytes.
  std::span<const HashAlgorithm> hashes() const;

  // An artifact's signature over its digest: ECDSA in strict DER; RSA PKCS#1 v1.5 or PSS. False for
  // a digest of another size, and for Ed25519.
  bool VerifyDigest(HashAlgorithm hash, std::string_view digest, std::string_view signature) const;
  // The same without PSS: for certificates and tokens, whose algorithm identifier says so.
  bool VerifyDigestWithoutPss(HashAlgorithm hash, std::string_view digest,
                              std::string_view signature) const;
  // Ed25519 over the message; the others over its digest by the first of hashes().
  bool VerifyMessage(std::string_view message, std::string_view signature) const;

  friend bool operator==(const PublicKey& a, const PublicKey& b) { return a.spki() == b.spki(); }

 private:
  struct State;
  explicit PublicKey(std::shared_ptr<const State> state) : state_(std::move(state)) {}

  std::shared_ptr<const State> state_;
};

}  // namespace powernode::verify::x509
