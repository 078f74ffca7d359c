// Each rule about a timestamp, with a token that breaks it alone.
#include <doctest/doctest.h>

#include <functional>

#include "tests/verify/x509/certificate_maker.h"
#include "tests/verify/x509/timestamp_maker.h"
#include "verify/x509/der.h"
#include "verify/x509/hash.h"
#include "verify/x509/timestamp.h"

namespace powernode::verify::x509::timestamp_rules_test {
namespace {

using testing::CertificatePlan;
using testing::MakeAttribute;
using testing::MakeCertificate;
using testing::MakeExtension;
using testing::MakeToken;
using testing::SigningKey;
using testing::TokenPlan;

std::string PurposeExtension(bool critical, std::initializer_list<std::string_view> purposes) {
  std::string oids;
  for (const std::string_view purpose : purposes) oids += DerEncode(kDerOid, purpose);
  return MakeExtension(kOidExtendedKeyUsage, critical, DerEncode(kDerSequence, oids));
}

// A timestamp authority: its root has issued `signer`, whose key signs.
struct Tsa {
  SigningKey root_key{MBEDTLS_ECP_DP_SECP256R1};
  SigningKey signer_key{MBEDTLS_ECP_DP_SECP256R1};
  Certificate root =
      MakeCertificate(CertificatePlan::Authority("root", "root"), root_key, root_key);
  CertificatePlan signer_plan{.subject = "tsa",
                              .serial = "\x05",
                              .more_extensions = {PurposeExtension(true, {kOidTimeStamping})}};

  Certificate Signer() const { return MakeCertificate(signer_plan, signer_key, root_key); }

  // With the signer named by the authority, or with the token bringing its certificate.
  Result<std::optional<VerifiedTimestamp>> Pinned(const TokenPlan& plan) const {
    const Certificate signer = Signer();
    const std::vector<Authority> authorities{Authority({signer, root}, {})};
    return VerifyTimestamp(MakeToken(plan, signer, signer_key), TokenPlan().signature, authorities);
  }
  Result<std::optional<VerifiedTimestamp>> Carried(TokenPlan plan) const {
    const Certificate signer = Signer();
    plan.certificates.push_back(signer);
    const std::vector<Authority> authorities{Authority({root}, {})};
    return VerifyTimestamp(MakeToken(plan, signer, signer_key), TokenPlan().signature, authorities);
  }
};

bool Holds(const Result<std::optional<VerifiedTimestamp>>& verdict) {
  return verdict && verdict->has_value();
}

bool IsRefused(const Result<std::optional<VerifiedTimestamp>>& verdict,
               ErrorKind kind = ErrorKind::kRefuted) {
  return !verdict && verdict.error().code() == "time" && verdict.error().kind() == kind;
}

std::string SigningCertificate(std::string_view hash_of, bool name_the_hash) {
  const std::string algorithm =
      name_the_hash ? DerEncode(kDerSequence, DerEncode(kDerOid, kOidSha384)) : "";
  const HashAlgorithm hash = name_the_hash ? HashAlgorithm::kSha384 : HashAlgorithm::kSha256;
  const std::string id =
      DerEncode(kDerSequence, algorithm + DerEncode(kDerOctetString, Digest(hash, hash_of)));
  return MakeAttribute(kOidSigningCertificateV2,
                       DerEncode(kDerSequence, DerEncode(kDerSequence, id)));
}

}  // namespace

TEST_CASE("a token of the signer that the authority names, or that it issued, holds") {
  const Tsa tsa;
  CHECK(Holds(tsa.Pinned({})));
  CHECK(Holds(tsa.Carried({})));
  CHECK((*tsa.Pinned({}))->time == *InstantOfDigits("2026", "0601120000"));
  CHECK((*tsa.Pinned({.time = "20260601120000.25Z"}))->time.nanoseconds == 250'000'000);
  CHECK(Holds(tsa.Pinned({.status = "\x01"})));
  // Names the family only: the hash is the digest's.
  CHECK(Holds(tsa.Pinned({.algorithm = kOidEcPublicKey})));
  const std::string accuracy = DerEncode(kDerSequence, DerEncode(kDerInteger, "\x01"));
  const std::string nonce = DerEncode(kDerInteger, "\x09");
  const std::string name = DerEncode(DerContextConstructed(0), "x");
  const std::string extensions =
      DerEncode(DerContextConstructed(1), MakeExtension("\x2b\x06\x01", false, "x"));
  CHECK(Holds(tsa.Pinned({.more_tst = accuracy + nonce + name + extensions})));
}

TEST_CASE("the token is in every part what RFC 3161 says") {
  const Tsa tsa;
  const std::string content_type = MakeAttribute(kOidContentType, DerEncode(kDerOid, kOidTstInfo));
  std::vector<std::string> many;
  for (char i = 1; i <= 31; ++i)
    many.push_back(MakeAttribute(std::string("\x2b\x06\x01") + i, DerEncode(kDerNull, "")));
  for (const TokenPlan& plan : std::vector<TokenPlan>{
           {.time = "20260601120000"},
           {.time = "20260601120000.Z"},
           {.time = "20260601120000.50Z"},
           {.time = "20260601120000,5Z"},
           {.time = "20260601120000.1234567891Z"},
           {.time = "20260631120000Z"},
           {.status = "\x02"},
           {.signed_data_version = "\x01"},
           {.content_type = kOidSignedData},
           {.tst_version = "\x02"},
           {.more_tst = DerEncode(kDerNull, "")},
           {.more_tst =
                DerEncode(DerContextConstructed(1), MakeExtension("\x2b\x06\x01", true, "x"))},
           {.behind_certificates = DerEncode(DerContextConstructed(2), "")},
           {.signers = 0},
           {.signers = 2},
           {.signer_version = "\x03"},
           {.attribute_content_type = kOidSignedData},
           {.has_message_digest = false},
           {.has_content_type = false},
           {.more_attributes = {content_type}},
           {.more_attributes = {MakeAttribute("\x2b\x06\x01",
                                              DerEncode(kDerNull, "") + DerEncode(kDerNull, ""))}},
           {.more_attributes = {DerEncode(
                kDerSequence, DerEncode(kDerOid, "\x2b\x06\x01") + DerEncode(kDerSet, ""))}},
           {.more_attributes = many},
           {.behind_signature = DerEncode(DerContextConstructed(2), "")}}) {
    CHECK(IsRefused(tsa.Pinned(plan)));
    CHECK(IsRefused(tsa.Carried(plan)));
  }
  many.pop_back();
  CHECK(Holds(tsa.Pinned({.more_attributes = many})));
}

TEST_CASE("a hash or an algorithm that is not known could not be checked") {
  const Tsa tsa;
  const std::string_view sha1 = "\x2b\x0e\x03\x02\x1a";
  for (const TokenPlan& plan : std::vector<TokenPlan>{
           {.imprint_hash = sha1}, {.digest_hash = sha1}, {.algorithm = "\x2b\x06\x01"}})
    CHECK(IsRefused(tsa.Pinned(plan), ErrorKind::kCannotTell));
}

TEST_CASE("it is of this signature, with the digests of what it holds, by this key") {
  const Tsa tsa;
  CHECK(IsRefused(tsa.Pinned({.signature = "another"})));
  CHECK(IsRefused(tsa.Pinned({.imprint_hash = kOidSha512})));
  CHECK(IsRefused(tsa.Pinned({.digest_hash = kOidSha384})));
  CHECK(IsRefused(tsa.Pinned({.algorithm = kOidEcdsaSha384})));
  CHECK(IsRefused(tsa.Pinned({.algorithm = kOidRsaSha256})));
  const Certificate signer = tsa.Signer();
  const std::vector<Authority> authorities{Authority({signer, tsa.root}, {})};
  CHECK(IsRefused(
      VerifyTimestamp(MakeToken({}, signer, tsa.root_key), TokenPlan().signature, authorities)));
}

TEST_CASE("a signing-certificate attribute names the signer's certificate") {
  const Tsa tsa;
  const Certificate signer = tsa.Signer();
  const std::vector<Authority> authorities{Authority({signer, tsa.root}, {})};
  const auto verify = [&](std::string attribute) {
    const TokenPlan plan{.more_attributes = {std::move(attribute)}};
    return VerifyTimestamp(MakeToken(plan, signer, tsa.signer_key), plan.signature, authorities);
  };
  CHECK(Holds(verify(SigningCertificate(signer.der(), false))));
  CHECK(Holds(verify(SigningCertificate(signer.der(), true))));
  CHECK(IsRefused(verify(SigningCertificate(tsa.root.der(), false))));
  CHECK(IsRefused(verify(SigningCertificate(tsa.root.der(), true))));
  CHECK(IsRefused(verify(MakeAttribute(kOidSigningCertificateV2, DerEncode(kDerNull, "")))));
}

TEST_CASE("its signer is no CA, for timestamps alone, and valid then") {
  const auto refused = [](const std::function<void(CertificatePlan&)>& spoil) {
    Tsa tsa;
    spoil(tsa.signer_plan);
    return IsRefused(tsa.Carried({}));
  };
  using Plan = CertificatePlan;
  CHECK_FALSE(refused([](Plan&) {}));
  CHECK(refused([](Plan& plan) { plan.is_ca = true; }));
  CHECK(refused([](Plan& plan) { plan.more_extensions.clear(); }));
  CHECK(refused(
      [](Plan& plan) { plan.more_extensions = {PurposeExtension(false, {kOidTimeStamping})}; }));
  CHECK(refused(
      [](Plan& plan) { plan.more_extensions = {PurposeExtension(true, {kOidCodeSigning})}; }));
  CHECK(refused([](Plan& plan) {
    plan.more_extensions = {PurposeExtension(true, {kOidTimeStamping, kOidCodeSigning})};
  }));
  CHECK(refused([](Plan& plan) {
    plan.more_extensions.push_back(MakeExtension("\x2b\x06\x01", true, "x"));
  }));
  CHECK(refused([](Plan& plan) { plan.not_after = "260601115959Z"; }));
  CHECK(refused([](Plan& plan) { plan.not_before = "260601120001Z"; }));
  CHECK_FALSE(refused([](Plan& plan) { plan.not_after = "260601120000Z"; }));
}

TEST_CASE("its authority was trusted at that time, the ends included") {
  const Tsa tsa;
  const Certificate signer = tsa.Signer();
  const std::string token = MakeToken({}, signer, tsa.signer_key);
  const Instant then = *InstantOfDigits("2026", "0601120000");
  const auto verify = [&](Window window) {
    const std::vector<Authority> authorities{Authority({signer, tsa.root}, window)};
    return VerifyTimestamp(token, TokenPlan().signature, authorities);
  };
  CHECK(Holds(verify({.start = then, .end = then})));
  CHECK(IsRefused(verify({.start = std::nullopt, .end = Instant{.seconds = then.seconds - 1}})));
  CHECK(
      IsRefused(verify({.start = Instant{.seconds = then.seconds, .nanoseconds = 1}, .end = {}})));
}

TEST_CASE("the token's own certificates count only where the authority names none") {
  const Tsa tsa;
  const Tsa stranger;
  const Certificate signer = tsa.Signer();
  // A fit certificate first in the bag, and the signature by another: the one that is named counts.
  const Certificate decoy = MakeCertificate(
      {.subject = "decoy", .serial = "\x06", .more_extensions = tsa.signer_plan.more_extensions},
      stranger.signer_key, tsa.root_key);
  CHECK(Holds(tsa.Carried({.certificates = {decoy}})));
  const std::vector<Authority> carried{Authority({tsa.root}, {})};
  CHECK(
      IsRefused(VerifyTimestamp(MakeToken({.certificates = {signer, decoy}}, decoy, tsa.signer_key),
                                TokenPlan().signature, carried)));
  // Without the certificate, or issued by a name that the root does not have: not known.
  const auto absent =
      VerifyTimestamp(MakeToken({}, signer, tsa.signer_key), TokenPlan().signature, carried);
  CHECK((absent.ok() && !absent->has_value()));
  CertificatePlan other_issuer = tsa.signer_plan;
  other_issuer.issuer = "elsewhere";
  const Certificate foreign = MakeCertificate(other_issuer, tsa.signer_key, tsa.root_key);
  const auto unknown =
      VerifyTimestamp(MakeToken({.certificates = {foreign}}, foreign, tsa.signer_key),
                      TokenPlan().signature, carried);
  CHECK((unknown.ok() && !unknown->has_value()));
  // A root of the same name did not issue it.
  const std::vector<Authority> look_alike{Authority({stranger.root}, {})};
  CHECK(IsRefused(VerifyTimestamp(MakeToken({.certificates = {signer}}, signer, tsa.signer_key),
                                  TokenPlan().signature, look_alike)));
  // Where the authority names its signer, a like-named one in the token changes nothing.
  const std::vector<Authority> pinned{Authority({signer, tsa.root}, {})};
  const Certificate twin = MakeCertificate(tsa.signer_plan, stranger.signer_key, tsa.root_key);
  CHECK(IsRefused(VerifyTimestamp(MakeToken({.certificates = {twin}}, twin, stranger.signer_key),
                                  TokenPlan().signature, pinned)));
}

}  // namespace powernode::verify::x509::timestamp_rules_test
