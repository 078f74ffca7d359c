#include "verify/x509/public_key.h"

#include <doctest/doctest.h>

#include "tests/verify/vectors.h"
#include "tests/verify/x509/signing_key.h"
#include "verify/x509/der.h"
#include "verify/x509/oids.h"
#include "verify/x509/signature_algorithm.h"

namespace powernode::verify::x509::public_key_test {
namespace {

using testing::SigningKey;

std::string Spki(std::string_view algorithm, std::string_view parameters, std::string_view key) {
  const std::string identifier = DerEncode(kDerOid, algorithm) + std::string(parameters);
  return DerEncode(kDerSequence, DerEncode(kDerSequence, identifier) +
                                     DerEncode(kDerBitString, std::string(1, '\0').append(key)));
}

std::string EcSpki(std::string_view curve, std::string_view point) {
  return Spki(kOidEcPublicKey, DerEncode(kDerOid, curve), point);
}

// A DER INTEGER of big-endian digits, which may have leading zeros.
std::string Integer(std::string_view digits) {
  while (digits.size() > 1 && digits.front() == 0) digits.remove_prefix(1);
  std::string contents(digits);
  if ((static_cast<unsigned char>(contents.front()) & 0x80) != 0) contents.insert(0, 1, '\0');
  return DerEncode(kDerInteger, contents);
}

std::string RsaSpki(const std::string& modulus, const std::string& exponent) {
  return Spki(kOidRsaEncryption, DerEncode(kDerNull, ""),
              DerEncode(kDerSequence, Integer(modulus) + Integer(exponent)));
}

std::string PemContents(std::string_view path) {
  const std::string pem = testing::ReadVector(path);
  std::string text;
  for (std::size_t at = 0; at < pem.size();) {
    const std::size_t end = std::min(pem.find('\n', at), pem.size());
    const std::string line = pem.substr(at, end - at);
    if (!line.starts_with("-----")) text += line;
    at = end + 1;
  }
  return testing::FromBase64(text);
}

HashAlgorithm HashOfSize(std::size_t size) {
  return size == 32   ? HashAlgorithm::kSha256
         : size == 48 ? HashAlgorithm::kSha384
                      : HashAlgorithm::kSha512;
}

}  // namespace

TEST_CASE("ECDSA holds and does not hold as in the vectors") {
  int checked = 0;
  for (const Json& row : testing::PrimitiveVectors("ecdsa")) {
    CAPTURE(row["curve"].get<std::string>());
    CAPTURE(row["what"].get<std::string>());
    const std::string_view curve = row["curve"] == "P-256" ? kOidP256 : kOidP384;
    const Result<PublicKey> key =
        PublicKey::FromSpki(EcSpki(curve, testing::FromHex(row["public"])));
    const std::string signature = DerEncode(
        kDerSequence, Integer(testing::FromHex(row["r"])) + Integer(testing::FromHex(row["s"])));
    const std::string digest = testing::FromHex(row["digest"]);
    const bool holds = key.ok() && key->VerifyDigest(HashOfSize(digest.size()), digest, signature);
    CHECK(holds == row["valid"].get<bool>());
    if (!key.ok()) CHECK(row["what"].get<std::string>().starts_with("public key is"));
    ++checked;
  }
  CHECK(checked == 50);
}

TEST_CASE("Ed25519 holds and does not hold as in the vectors") {
  int checked = 0;
  for (const Json& row : testing::PrimitiveVectors("ed25519")) {
    CAPTURE(row.value("why", "good"));
    const Result<PublicKey> key =
        PublicKey::FromSpki(Spki(kOidEd25519, "", testing::FromHex(row["public"])));
    REQUIRE(key.ok());
    CHECK(key->type() == KeyType::kEd25519);
    CHECK(key->hashes().empty());
    const std::string message = testing::FromHex(row["message"]);
    const std::string signature = testing::FromHex(row["signature"]);
    CHECK(key->VerifyMessage(message, signature) == row["valid"].get<bool>());
    CHECK_FALSE(key->VerifyMessage(message, signature + '\0'));
    CHECK_FALSE(key->VerifyDigest(HashAlgorithm::kSha512, Digest(HashAlgorithm::kSha512, message),
                                  signature));
    ++checked;
  }
  CHECK(checked == 11);
}

TEST_CASE("Ed25519 with a point of small order holds for no message") {
  const std::string neutral = std::string(1, '\x01') + std::string(31, '\0');
  const Result<PublicKey> key = PublicKey::FromSpki(Spki(kOidEd25519, "", neutral));
  REQUIRE(key.ok());
  CHECK_FALSE(key->VerifyMessage("anything", neutral + std::string(32, '\0')));
}

TEST_CASE("RSA takes PKCS#1 v1.5 and PSS for an artifact, and v1.5 alone where it is named") {
  const std::string digest = Digest(HashAlgorithm::kSha256, testing::ReadVector("blobs/mod-b.bin"));
  const Result<PublicKey> key = PublicKey::FromSpki(PemContents("keys/rsa.pub"));
  REQUIRE(key.ok());
  CHECK(key->type() == KeyType::kRsa);
  CHECK(key->bits() == 3072);
  struct Row {
    const char* file;
    bool artifact;
    bool certificate;
  };
  for (const Row& row : std::initializer_list<Row>{{"keyed/rsa3072.sig", true, true},
                                                   {"keyed/rsa-pss.sig", true, false},
                                                   {"keyed/rsa-short.sig", false, false}}) {
    CAPTURE(row.file);
    std::string text = testing::ReadVector(row.file);
    if (text.ends_with('\n')) text.pop_back();
    std::string signature = testing::FromBase64(text);
    const auto artifact = [&](HashAlgorithm hash, std::string_view value) {
      return key->VerifyDigest(hash, value, signature);
    };
    CHECK(artifact(HashAlgorithm::kSha256, digest) == row.artifact);
    CHECK(key->VerifyDigestWithoutPss(HashAlgorithm::kSha256, digest, signature) ==
          row.certificate);
    CHECK_FALSE(artifact(HashAlgorithm::kSha512, digest));
    CHECK_FALSE(artifact(HashAlgorithm::kSha256, digest + '\0'));
    signature += '\0';
    CHECK_FALSE(artifact(HashAlgorithm::kSha256, digest));
    signature.pop_back();
    signature.back() = static_cast<char>(signature.back() ^ 1);
    CHECK_FALSE(artifact(HashAlgorithm::kSha256, digest));
  }
}

TEST_CASE("P-521 verifies what the library signs, with either of its hashes") {
  const SigningKey signer(MBEDTLS_ECP_DP_SECP521R1);
  const Result<PublicKey> key = PublicKey::FromSpki(EcSpki(kOidP521, signer.point()));
  REQUIRE(key.ok());
  CHECK(key->type() == KeyType::kP521);
  CHECK(key->bits() == 521);
  REQUIRE(key->hashes().size() == 2);
  for (const HashAlgorithm hash : key->hashes()) {
    const std::string digest = Digest(hash, "artifact");
    std::string signature = signer.Sign(digest);
    CHECK(key->VerifyDigest(hash, digest, signature));
    CHECK_FALSE(key->VerifyDigest(hash, Digest(hash, "another"), signature));
    CHECK_FALSE(key->VerifyDigest(HashAlgorithm::kSha384, digest, signature));
  }
}

TEST_CASE("a key it does not know could not be checked, and a malformed one is wrong") {
  const std::string modulus = "\xc1" + std::string(254, '\x5a') + "\x01";
  const std::string exponent("\x01\x00\x01", 3);
  REQUIRE(PublicKey::FromSpki(RsaSpki(modulus, exponent)).ok());
  const SigningKey p256(MBEDTLS_ECP_DP_SECP256R1);
  const std::string spki = EcSpki(kOidP256, p256.point());
  REQUIRE(PublicKey::FromSpki(spki).ok());
  const std::string compressed =
      (p256.point().back() & 1 ? "\x03" : "\x02") + p256.point().substr(1, 32);

  const std::string_view secp256k1("\x2b\x81\x04\x00\x0a", 5);
  for (const std::string& der :
       {EcSpki(secp256k1, p256.point()), EcSpki(kOidP256, compressed),
        Spki("\x2b\x65\x6f", "", std::string(32, 'x')),  // X448
        Spki(kOidEcPublicKey, DerEncode(kDerSequence, ""), p256.point()),
        RsaSpki(modulus.substr(1), exponent),                            // 2039 bits
        RsaSpki("\x01" + std::string(1023, 'x') + "\x01", exponent)}) {  // 8193 bits
    const Result<PublicKey> key = PublicKey::FromSpki(der);
    REQUIRE_FALSE(key.ok());
    CHECK(key.error().kind() == ErrorKind::kCannotTell);
    CHECK(key.error().code() == "sig");
  }

  std::string off_the_curve = p256.point();
  off_the_curve.back() = static_cast<char>(off_the_curve.back() ^ 1);
  for (const std::string& der :
       {std::string(), spki + '\0', spki.substr(0, spki.size() - 1),
        EcSpki(kOidP256, off_the_curve), EcSpki(kOidP256, p256.point() + '\0'),
        EcSpki(kOidP256, std::string(1, '\0')), EcSpki(kOidP384, p256.point()),
        Spki(kOidEcPublicKey, DerEncode(kDerOid, kOidP256) + DerEncode(kDerNull, ""), p256.point()),
        Spki(kOidEd25519, "", std::string(31, 'x')),
        Spki(kOidEd25519, DerEncode(kDerNull, ""), std::string(32, 'x')),
        Spki(kOidRsaEncryption, "", ""), RsaSpki(modulus, std::string(1, '\x01')),
        RsaSpki(modulus, std::string(1, '\x04')), RsaSpki(modulus, std::string(5, '\x01')),
        RsaSpki(modulus.substr(0, 255) + "\x02", exponent)}) {
    const Result<PublicKey> key = PublicKey::FromSpki(der);
    REQUIRE_FALSE(key.ok());
    CHECK(key.error().kind() == ErrorKind::kRefuted);
    CHECK(key.error().code() == "parse");
  }
}

TEST_CASE("an algorithm identifier is for keys of its kind, and needs a hash") {
  const SigningKey signer(MBEDTLS_ECP_DP_SECP256R1);
  const Result<PublicKey> key = PublicKey::FromSpki(EcSpki(kOidP256, signer.point()));
  REQUIRE(key.ok());
  const std::string signature = signer.Sign(Digest(HashAlgorithm::kSha256, "message"));
  const auto verify = [&](std::string_view oid) {
    const std::string identifier = DerEncode(kDerSequence, DerEncode(kDerOid, oid));
    DerReader reader(identifier);
    const Result<SignatureAlgorithm> algorithm = ReadSignatureAlgorithm(reader);
    return algorithm && VerifyWith(*algorithm, *key, "message", signature);
  };
  CHECK(verify(kOidEcdsaSha256));
  CHECK_FALSE(verify(kOidEcdsaSha384));
  CHECK_FALSE(verify(kOidEcPublicKey));
  CHECK_FALSE(verify(kOidRsaSha256));
  CHECK_FALSE(verify(kOidEd25519));
  CHECK_FALSE(verify(kOidSha256));
}

TEST_CASE("an RSA key without its wrapping becomes the key with it") {
  const Result<PublicKey> whole = PublicKey::FromSpki(PemContents("keys/rsa.pub"));
  REQUIRE(whole.ok());
  DerReader reader(ReadOnlyElement(whole->spki(), kDerSequence)->contents);
  REQUIRE(reader.Read(kDerSequence).ok());
  const Result<PublicKey> bare = PublicKey::FromRsaPkcs1(*reader.ReadBitString());
  REQUIRE(bare.ok());
  CHECK(*bare == *whole);
  CHECK_FALSE(PublicKey::FromRsaPkcs1(whole->spki()).ok());
}

}  // namespace powernode::verify::x509::public_key_test
