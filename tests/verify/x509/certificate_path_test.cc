#include "verify/x509/certificate_path.h"

#include <doctest/doctest.h>

#include "tests/verify/x509/certificate_maker.h"
#include "verify/x509/oids.h"

namespace powernode::verify::x509::certificate_path_test {
namespace {

using testing::CertificatePlan;
using testing::MakeCertificate;
using testing::MakeExtension;
using testing::SigningKey;

Instant At(std::string_view year, std::string_view rest = "0601120000") {
  return *InstantOfDigits(year, rest);
}

const Instant kNow = At("2026");

// leaf <- low <- high <- root; the tests spoil one plan at a time.
struct Pki {
  SigningKey leaf_key{MBEDTLS_ECP_DP_SECP256R1};
  SigningKey low_key{MBEDTLS_ECP_DP_SECP256R1};
  SigningKey high_key{MBEDTLS_ECP_DP_SECP256R1};
  SigningKey root_key{MBEDTLS_ECP_DP_SECP256R1};
  CertificatePlan leaf{.subject = "leaf", .issuer = "low"};
  CertificatePlan low = CertificatePlan::Authority("low", "high");
  CertificatePlan high = CertificatePlan::Authority("high", "root");
  CertificatePlan root = CertificatePlan::Authority("root", "root");

  Certificate Leaf() const { return MakeCertificate(leaf, leaf_key, low_key); }
  Certificate Low() const { return MakeCertificate(low, low_key, high_key); }
  Certificate High() const { return MakeCertificate(high, high_key, root_key); }
  Certificate Root() const { return MakeCertificate(root, root_key, root_key); }
  Authority Whole() const { return Authority({Low(), High(), Root()}, {}); }

  Status Path(Instant time = kNow) const {
    RETURN_IF_ERROR(FindPath(Leaf(), Whole(), time, kOidCodeSigning));
    return Ok();
  }
};

bool IsRefused(const Status& status, ErrorKind kind = ErrorKind::kRefuted) {
  return !status && status.error().kind() == kind && status.error().code() == "cert";
}

}  // namespace

TEST_CASE("finds a path through the authority's intermediates, in whichever order they stand") {
  const Pki pki;
  const Certificate low = pki.Low();
  for (const Authority& authority : {Authority({low, pki.High(), pki.Root()}, {}),
                                     Authority({pki.High(), low, pki.Root()}, {})}) {
    const auto issuer = FindPath(pki.Leaf(), authority, kNow, kOidCodeSigning);
    REQUIRE(issuer.ok());
    CHECK(issuer->der() == low.der());
    // Once more, with what was found out the first time.
    CHECK(FindPath(pki.Leaf(), authority, kNow, kOidCodeSigning).ok());
  }
  // The anchor may be any certificate that the owner configured as the last.
  CHECK(FindPath(pki.Leaf(), Authority({low}, {}), kNow, kOidCodeSigning).ok());
}

TEST_CASE("refuses a chain with a gap, and an end entity that is itself the anchor") {
  const Pki pki;
  const Certificate leaf = pki.Leaf();
  for (const Authority& authority :
       {Authority({pki.Low(), pki.Root()}, {}), Authority({pki.High(), pki.Root()}, {}),
        Authority({pki.Root()}, {}), Authority({leaf}, {}), Authority({pki.Low(), leaf}, {})}) {
    const auto refused = FindPath(leaf, authority, kNow, kOidCodeSigning);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code() == "cert");
  }
}

TEST_CASE("every certificate is valid at that time, the ends included") {
  const Pki pki;
  const Instant first = At("2026", "0101000000");
  const Instant last = At("2027", "1231235959");
  CHECK(pki.Path(first).ok());
  CHECK(pki.Path(last).ok());
  CHECK(IsRefused(pki.Path({.seconds = first.seconds - 1, .nanoseconds = 999'999'999})));
  CHECK(IsRefused(pki.Path({.seconds = last.seconds, .nanoseconds = 1})));
  for (CertificatePlan Pki::*which : {&Pki::leaf, &Pki::low, &Pki::high, &Pki::root}) {
    Pki expired;
    (expired.*which).not_after = "260531000000Z";
    CHECK(IsRefused(expired.Path()));
    CHECK(expired.Path(At("2026", "0530000000")).ok());
    Pki early;
    (early.*which).not_before = "260701000000Z";
    CHECK(IsRefused(early.Path()));
  }
}

TEST_CASE("an issuer is a CA that may sign certificates") {
  for (CertificatePlan Pki::*which : {&Pki::low, &Pki::high, &Pki::root}) {
    Pki no_ca;
    (no_ca.*which).is_ca = false;
    CHECK(IsRefused(no_ca.Path()));
    Pki no_constraints;
    (no_constraints.*which).is_ca.reset();
    CHECK(IsRefused(no_constraints.Path()));
    Pki no_usage;
    (no_usage.*which).key_usage = 0x80;
    CHECK(IsRefused(no_usage.Path()));
    Pki usage_not_said;
    (usage_not_said.*which).key_usage.reset();
    CHECK(usage_not_said.Path().ok());
  }
}

TEST_CASE("an issuer's limit counts the intermediates below it") {
  struct Row {
    CertificatePlan Pki::*which;
    std::uint8_t enough;
  };
  for (const Row& row : {Row{&Pki::low, 0}, Row{&Pki::high, 1}, Row{&Pki::root, 2}}) {
    Pki pki;
    (pki.*row.which).path_length = row.enough;
    CHECK(pki.Path().ok());
    if (row.enough == 0) continue;
    (pki.*row.which).path_length = static_cast<std::uint8_t>(row.enough - 1);
    CHECK(IsRefused(pki.Path()));
  }
}

TEST_CASE("an intermediate with purposes has this one or any; the anchor's are not looked at") {
  for (CertificatePlan Pki::*which : {&Pki::low, &Pki::high}) {
    Pki pki;
    (pki.*which).purposes = {kOidTimeStamping};
    CHECK(IsRefused(pki.Path()));
    (pki.*which).purposes = {kOidTimeStamping, kOidCodeSigning};
    CHECK(pki.Path().ok());
    (pki.*which).purposes = {kOidAnyPurpose};
    CHECK(pki.Path().ok());
  }
  Pki pki;
  pki.root.purposes = {kOidTimeStamping};
  CHECK(pki.Path().ok());
}

TEST_CASE("an issuer with rules that are not evaluated here vouches for nobody") {
  const std::string constraints = MakeExtension(kOidNameConstraints, false, "\x30");
  const std::string unknown = MakeExtension("\x2b\x06\x01", true, "x");
  for (CertificatePlan Pki::*which : {&Pki::low, &Pki::high, &Pki::root})
    for (const std::string& extension : {constraints, unknown}) {
      Pki pki;
      (pki.*which).more_extensions = {extension};
      CHECK(IsRefused(pki.Path()));
    }
}

TEST_CASE("a certificate of the same name with another key neither signs nor stands in the way") {
  const Pki pki;
  const SigningKey other(MBEDTLS_ECP_DP_SECP256R1);
  const Certificate look_alike = MakeCertificate(pki.low, other, pki.high_key);
  CHECK(FindPath(pki.Leaf(), Authority({look_alike, pki.Low(), pki.High(), pki.Root()}, {}), kNow,
                 kOidCodeSigning)
            .ok());
  CHECK_FALSE(FindPath(pki.Leaf(), Authority({look_alike, pki.High(), pki.Root()}, {}), kNow,
                       kOidCodeSigning)
                  .ok());
}

TEST_CASE("an issuer's key under another name does not count") {
  Pki pki;
  pki.low.subject = "lower";
  CHECK(IsRefused(pki.Path()));
  pki.leaf.issuer = "lower";
  CHECK(pki.Path().ok());
}

TEST_CASE("what is known of one pair of certificates is not known of another") {
  const Pki pki;
  const Authority authority = pki.Whole();
  for (int i = 0; i < 2; ++i) {
    CHECK(authority.CheckSignature(0, 1).ok());
    CHECK(authority.CheckSignature(1, 2).ok());
    CHECK_FALSE(authority.CheckSignature(0, 2).ok());
    CHECK_FALSE(authority.CheckSignature(1, 0).ok());
  }
}

TEST_CASE("authorities that vouch for each other make no endless path") {
  Pki pki;
  pki.high.issuer = "low";
  const Certificate high = MakeCertificate(pki.high, pki.high_key, pki.low_key);
  const Authority circle({pki.Low(), high, pki.Root()}, {});
  CHECK_FALSE(FindPath(pki.Leaf(), circle, kNow, kOidCodeSigning).ok());
}

TEST_CASE("a path is needed at every time, by an authority of that time") {
  const Pki pki;
  const Certificate leaf = pki.Leaf();
  const std::vector<Certificate> chain{pki.Low(), pki.High(), pki.Root()};
  const Instant later = At("2027");
  const Authority first(chain, {.start = std::nullopt, .end = kNow});
  const Authority second(chain, {.start = later, .end = std::nullopt});
  const auto verify = [&](std::vector<Authority> authorities, std::vector<Instant> times) {
    return VerifyPath(leaf, authorities, times, kOidCodeSigning).ok();
  };
  CHECK(verify({first}, {kNow}));
  CHECK(verify({first, second}, {kNow, later}));
  CHECK_FALSE(verify({first}, {kNow, later}));
  CHECK_FALSE(verify({second}, {kNow}));
  CHECK_FALSE(verify({first, second}, {{.seconds = kNow.seconds + 1}}));
  CHECK_FALSE(verify({first, second}, {kNow, At("2028")}));
  CHECK_FALSE(verify({}, {kNow}));
  CHECK_FALSE(verify({first}, {}));
}

TEST_CASE("a path that only an unsupported key would complete could not be checked") {
  Pki pki;
  pki.low.spki = std::string("\x30\x0b\x30\x05\x06\x03\x2b\x65\x6f\x03\x02\x00x", 13);
  CHECK(IsRefused(pki.Path(), ErrorKind::kCannotTell));
}

}  // namespace powernode::verify::x509::certificate_path_test
