#include "verify/x509/public_key.h"

#include <array>
#include <optional>
#include <utility>
#include <variant>

#include "verify/x509/der.h"
#include "verify/x509/ecdsa.h"
#include "verify/x509/ed25519.h"
#include "verify/x509/oids.h"
#include "verify/x509/rsa.h"

namespace powernode::verify::x509 {

struct EcKey {
  Curve curve;
  std::string point;
};

struct Ed25519Key {
  std::string bytes;
};

using Material = std::variant<EcKey, RsaKey, Ed25519Key>;

namespace {

constexpr std::array kSha256Only{HashAlgorithm::kSha256};
constexpr std::array kSha384First{HashAlgorithm::kSha384, HashAlgorithm::kSha256};
constexpr std::array kSha512First{HashAlgorithm::kSha512, HashAlgorithm::kSha256};

Error Unsupported(std::string_view what) {
  return Error(ErrorKind::kCannotTell, "sig", std::string(what) + " is not supported");
}

std::optional<Curve> CurveByOid(std::string_view oid) {
  if (oid == kOidP256) return Curve::kP256;
  if (oid == kOidP384) return Curve::kP384;
  if (oid == kOidP521) return Curve::kP521;
  return std::nullopt;
}

Result<Material> ParseEcKey(DerReader parameters, std::string_view bytes) {
  if (!parameters.NextIs(kDerOid)) return Unsupported("an elliptic curve without a name");
  ASSIGN_OR_RETURN(const std::string_view oid, parameters.ReadOid());
  RETURN_IF_ERROR(parameters.End());
  const std::optional<Curve> curve = CurveByOid(oid);
  if (!curve) return Unsupported("the key's elliptic curve");
  if (bytes.starts_with('\x02') || bytes.starts_with('\x03'))
    return Unsupported("a compressed elliptic curve point");
  if (!IsPointOf(*curve, bytes)) return DerError("the key is not a point of its curve");
  return Material(EcKey{.curve = *curve, .point = std::string(bytes)});
}

Result<Material> ParseMaterial(std::string_view spki) {
  ASSIGN_OR_RETURN(const DerElement whole, ReadOnlyElement(spki, kDerSequence));
  DerReader reader(whole.contents);
  ASSIGN_OR_RETURN(DerReader algorithm, reader.Enter(kDerSequence));
  ASSIGN_OR_RETURN(const std::string_view bytes, reader.ReadBitString());
  RETURN_IF_ERROR(reader.End());
  ASSIGN_OR_RETURN(const std::string_view oid, algorithm.ReadOid());

  if (oid == kOidEcPublicKey) return ParseEcKey(algorithm, bytes);
  if (oid == kOidRsaEncryption) {
    ASSIGN_OR_RETURN(const DerElement null, algorithm.Read(kDerNull));
    if (!null.contents.empty()) return DerError("NULL with contents");
    RETURN_IF_ERROR(algorithm.End());
    ASSIGN_OR_RETURN(RsaKey key, ParseRsaKey(bytes));
    return Material(std::move(key));
  }
  if (oid == kOidEd25519) {
    RETURN_IF_ERROR(algorithm.End());
    if (bytes.size() != kEd25519KeySize) return DerError("Ed25519 key not of 32 bytes");
    return Material(Ed25519Key{std::string(bytes)});
  }
  return Unsupported("the key's algorithm");
}

}  // namespace

struct PublicKey::State {
  std::string spki;
  Material material;
};

Result<PublicKey> PublicKey::FromSpki(std::string_view der) {
  ASSIGN_OR_RETURN_CONTEXT(Material material, ParseMaterial(der), "public key");
  return PublicKey(std::make_shared<const State>(
      State{.spki = std::string(der), .material = std::move(material)}));
}

Result<PublicKey> PublicKey::FromRsaPkcs1(std::string_view der) {
  const std::string algorithm =
      DerEncode(kDerOid, kOidRsaEncryption) + DerEncode(kDerNull, std::string_view());
  return FromSpki(DerEncode(kDerSequence,
                            DerEncode(kDerSequence, algorithm) +
                                DerEncode(kDerBitString, std::string(1, '\0') + std::string(der))));
}

const std::string& PublicKey::spki() const { return state_->spki; }

KeyType PublicKey::type() const {
  if (std::holds_alternative<RsaKey>(state_->material)) return KeyType::kRsa;
  const auto* ec = std::get_if<EcKey>(&state_->material);
  if (ec == nullptr) return KeyType::kEd25519;
  switch (ec->curve) {
    case Curve::kP256:
      return KeyType::kP256;
    case Curve::kP384:
      return KeyType::kP384;
    case Curve::kP521:
      break;
  }
  return KeyType::kP521;
}

unsigned PublicKey::bits() const {
  switch (type()) {
    case KeyType::kP256:
    case KeyType::kEd25519:
      return 256;
    case KeyType::kP384:
      return 384;
    case KeyType::kP521:
      return 521;
    case KeyType::kRsa:
      break;
  }
  return std::get<RsaKey>(state_->material).bits();
}

std::span<const HashAlgorithm> PublicKey::hashes() const {
  switch (type()) {
    case KeyType::kP256:
    case KeyType::kRsa:
      return kSha256Only;
    case KeyType::kP384:
      return kSha384First;
    case KeyType::kP521:
      return kSha512First;
    case KeyType::kEd25519:
      break;
  }
  return {};
}

bool PublicKey::VerifyDigestWithoutPss(HashAlgorithm hash, std::string_view digest,
                                       std::string_view signature) const {
  if (digest.size() != DigestSize(hash)) return false;
  if (const auto* ec = std::get_if<EcKey>(&state_->material))
    return VerifyEcdsa(ec->curve, ec->point, digest, signature);
  if (const auto* rsa = std::get_if<RsaKey>(&state_->material))
    return VerifyRsaPkcs1(*rsa, hash, digest, signature);
  return false;
}

bool PublicKey::VerifyDigest(HashAlgorithm hash, std::string_view digest,
                             std::string_view signature) const {
  if (VerifyDigestWithoutPss(hash, digest, signature)) return true;
  const auto* rsa = std::get_if<RsaKey>(&state_->material);
  return rsa != nullptr && VerifyRsaPss(*rsa, hash, digest, signature);
}

bool PublicKey::VerifyMessage(std::string_view message, std::string_view signature) const {
  if (const auto* ed25519 = std::get_if<Ed25519Key>(&state_->material))
    return VerifyEd25519(ed25519->bytes, message, signature);
  const HashAlgorithm hash = hashes().front();
  return VerifyDigest(hash, Digest(hash, message), signature);
}

}  // namespace powernode::verify::x509
