#include "verify/x509/signature_algorithm.h"

#include "verify/x509/oids.h"

namespace powernode::verify::x509 {
namespace {

using Family = SignatureAlgorithm::Family;

struct SignatureRow {
  std::string_view oid;
  SignatureAlgorithm algorithm;
};

constexpr SignatureRow kSignatures[] = {
    {kOidEcdsaSha256, {Family::kEcdsa, HashAlgorithm::kSha256}},
    {kOidEcdsaSha384, {Family::kEcdsa, HashAlgorithm::kSha384}},
    {kOidEcdsaSha512, {Family::kEcdsa, HashAlgorithm::kSha512}},
    {kOidRsaSha256, {Family::kRsa, HashAlgorithm::kSha256}},
    {kOidRsaSha384, {Family::kRsa, HashAlgorithm::kSha384}},
    {kOidRsaSha512, {Family::kRsa, HashAlgorithm::kSha512}},
    {kOidEcPublicKey, {Family::kEcdsa, std::nullopt}},
    {kOidRsaEncryption, {Family::kRsa, std::nullopt}},
    {kOidEd25519, {Family::kEd25519, std::nullopt}},
};

struct HashRow {
  std::string_view oid;
  HashAlgorithm algorithm;
};

constexpr HashRow kHashes[] = {
    {kOidSha256, HashAlgorithm::kSha256},
    {kOidSha384, HashAlgorithm::kSha384},
    {kOidSha512, HashAlgorithm::kSha512},
};

Family FamilyOf(KeyType type) {
  switch (type) {
    case KeyType::kP256:
    case KeyType::kP384:
    case KeyType::kP521:
      return Family::kEcdsa;
    case KeyType::kRsa:
      return Family::kRsa;
    case KeyType::kEd25519:
      break;
  }
  return Family::kEd25519;
}

template <typename Row, std::size_t size>
auto ReadAlgorithm(DerReader& reader, const Row (&rows)[size], std::string_view what)
    -> Result<decltype(rows[0].algorithm)> {
  ASSIGN_OR_RETURN(DerReader identifier, reader.Enter(kDerSequence));
  ASSIGN_OR_RETURN(const std::string_view oid, identifier.ReadOid());
  for (const Row& row : rows) {
    if (row.oid != oid) continue;
    if (!identifier.AtEnd()) {
      ASSIGN_OR_RETURN(const DerElement null, identifier.Read(kDerNull));
      if (!null.contents.empty()) return DerError("NULL with contents");
    }
    RETURN_IF_ERROR(identifier.End());
    return row.algorithm;
  }
  return Error(ErrorKind::kCannotTell, "sig", std::string(what) + " is not supported");
}

}  // namespace

Result<SignatureAlgorithm> ReadSignatureAlgorithm(DerReader& reader) {
  return ReadAlgorithm(reader, kSignatures, "the signature's algorithm");
}

Result<HashAlgorithm> ReadHashAlgorithm(DerReader& reader) {
  return ReadAlgorithm(reader, kHashes, "the hash");
}

bool VerifyWith(const SignatureAlgorithm& algorithm, const PublicKey& key, std::string_view message,
                std::string_view signature) {
  if (algorithm.family != FamilyOf(key.type())) return false;
  if (algorithm.family == Family::kEd25519) return key.VerifyMessage(message, signature);
  return algorithm.hash &&
         key.VerifyDigestWithoutPss(*algorithm.hash, Digest(*algorithm.hash, message), signature);
}

}  // namespace powernode::verify::x509
