// Whom the transport trusts, and how it proves itself.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>

#include "agent/base/clock.h"
#include "agent/base/curl_transport.h"
#include "agent/base/json.h"
#include "tests/base/certificate_authority.h"
#include "tests/base/tls_server.h"

namespace powernode::tls_trust_test {
namespace {

using testing::CertificateAuthority;
using testing::CertificateRequest;
using testing::KeyPair;
using testing::TlsServer;

TEST_SUITE_BEGIN("tls trust");

constexpr std::int64_t kDay = 24 * 3600;

Result<HttpResponse> Get(const TlsServer& server, const TlsIdentity& tls,
                         const std::string& host = "127.0.0.1") {
  auto transport = CurlTransport::Create(tls);
  if (!transport) return std::move(transport).error();
  return (*transport)->Perform({.url = server.Url("echo", host)}, {});
}

bool Contains(const Error& error, const std::string& text) {
  return error.message().find(text) != std::string::npos;
}

TEST_CASE("a server is accepted by its name or its address, as the certificate lists them") {
  const CertificateAuthority authority("CA");
  const TlsServer server(authority.Issue({.dns_name = "localhost", .address4 = "127.0.0.1"}));
  for (const char* host : {"localhost", "127.0.0.1"}) {
    const Result<HttpResponse> response = Get(server, {.ca_pem = authority.pem()}, host);
    CHECK_MESSAGE(response.ok(), (response ? "" : response.error().message()));
  }
}

TEST_CASE("a certificate of another authority is refused, and the message says so") {
  const CertificateAuthority authority("CA");
  const CertificateAuthority stranger("CA");  // the same name does not help
  const TlsServer server(stranger.Issue({.common_name = "impostor", .address4 = "127.0.0.1"}));
  const Result<HttpResponse> response = Get(server, {.ca_pem = authority.pem()});
  REQUIRE_FALSE(response);
  CHECK(response.error().kind() == ErrorKind::kDenied);
  CHECK(response.error().code() == "tls_untrusted");
  CHECK_MESSAGE(Contains(response.error(), "CN=impostor"), response.error().message());
  CHECK(Contains(response.error(), "was not issued by a certificate authority this node trusts"));
}

TEST_CASE("a certificate for another name or another address is refused") {
  const CertificateAuthority authority("CA");
  const TlsServer server(authority.Issue({.dns_name = "other.example", .address4 = "127.0.0.2"}));
  for (const char* host : {"localhost", "127.0.0.1"}) {
    const Result<HttpResponse> response = Get(server, {.ca_pem = authority.pem()}, host);
    REQUIRE_FALSE(response);
    CHECK(response.error().kind() == ErrorKind::kDenied);
    CHECK(response.error().code() == "tls_untrusted");
    CHECK_MESSAGE(Contains(response.error(), "is for another host name"),
                  response.error().message());
  }
}

TEST_CASE(
    "an expired certificate is a matter of the clock: the message has its time and the node's") {
  const std::int64_t now = SystemClock().UnixSeconds();
  const CertificateAuthority authority("CA");
  const TlsServer server(authority.Issue(
      {.address4 = "127.0.0.1", .not_before = now - 9 * kDay, .not_after = now - 2 * kDay}));
  const Result<HttpResponse> response = Get(server, {.ca_pem = authority.pem()});
  REQUIRE_FALSE(response);
  CHECK(response.error().kind() == ErrorKind::kDenied);
  CHECK(response.error().code() == "tls_expired");
  CHECK_MESSAGE(Contains(response.error(), "expired at " + FormatTime(now - 2 * kDay)),
                response.error().message());
  CHECK(Contains(response.error(), "this node's clock says " + FormatTime(now).substr(0, 13)));
}

TEST_CASE("so is one that is not yet valid") {
  const std::int64_t now = SystemClock().UnixSeconds();
  const CertificateAuthority authority("CA");
  const TlsServer server(authority.Issue(
      {.address4 = "127.0.0.1", .not_before = now + 5 * kDay, .not_after = now + 9 * kDay}));
  const Result<HttpResponse> response = Get(server, {.ca_pem = authority.pem()});
  REQUIRE_FALSE(response);
  CHECK(response.error().code() == "tls_not_yet_valid");
  CHECK_MESSAGE(Contains(response.error(), "is valid only from " + FormatTime(now + 5 * kDay)),
                response.error().message());
  CHECK(Contains(response.error(), "this node's clock says " + FormatTime(now).substr(0, 13)));
}

TEST_CASE("where dates are not judged, they are reported, and a stranger is a stranger still") {
  const std::int64_t now = SystemClock().UnixSeconds();
  const CertificateAuthority authority("CA");
  const CertificateAuthority other("other CA");
  for (const std::int64_t shift : {-20 * kDay, 20 * kDay}) {
    const TlsServer server(authority.Issue({.address4 = "127.0.0.1",
                                            .not_before = now + shift - kDay,
                                            .not_after = now + shift + kDay}));
    const Result<HttpResponse> response =
        Get(server, {.ca_pem = authority.pem(), .dates = CertificateDates::kNotJudged});
    REQUIRE_MESSAGE(response.ok(), response.error().message());
    CHECK(response->peer_valid_from >= now + shift - kDay);
    CHECK(response->peer_valid_until <= now + shift + kDay);
    CHECK(Get(server, {.ca_pem = other.pem(), .dates = CertificateDates::kNotJudged})
              .error()
              .code() == "tls_untrusted");
  }
}

TEST_CASE("an expired certificate of a stranger is not excused by the clock") {
  const std::int64_t now = SystemClock().UnixSeconds();
  const CertificateAuthority authority("CA");
  const CertificateAuthority stranger("other CA");
  const TlsServer server(stranger.Issue(
      {.address4 = "127.0.0.1", .not_before = now - 9 * kDay, .not_after = now - kDay}));
  CHECK(Get(server, {.ca_pem = authority.pem()}).error().code() == "tls_untrusted");
}

TEST_CASE("of several roots one is enough, and without any nothing is trusted") {
  const CertificateAuthority authority("CA");
  const CertificateAuthority other("other CA");
  const TlsServer server(authority.Issue({.address4 = "127.0.0.1"}));
  CHECK(Get(server, {.ca_pem = other.pem() + authority.pem()}).ok());
  for (const char* pem : {"", "no certificate"}) {
    const Result<HttpResponse> response = Get(server, {.ca_pem = pem});
    REQUIRE_FALSE(response);
    INFO(response.error().message());
    CHECK(response.error().code() == "no_trust_anchor");
    CHECK(response.error().kind() == ErrorKind::kInvalid);
  }
}

TEST_CASE(
    "a server that knows only TLS 1.2 is refused by default and accepted when that is allowed") {
  const CertificateAuthority authority("CA");
  const TlsServer server(authority.Issue({.address4 = "127.0.0.1"}), {.tls12_only = true});
  const Result<HttpResponse> refused = Get(server, {.ca_pem = authority.pem()});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind() == ErrorKind::kUnavailable);
  CHECK(refused.error().code() == "tls_handshake_failed");

  const Result<HttpResponse> accepted =
      Get(server, {.ca_pem = authority.pem(), .minimum = TlsVersion::k12});
  REQUIRE_MESSAGE(accepted.ok(), (accepted ? "" : accepted.error().message()));
  CHECK((*ParseJson(accepted->body))["tls"] == "TLSv1.2");
}

TEST_CASE("the client certificate is sent when there is one") {
  const CertificateAuthority authority("CA");
  const TlsServer server(authority.Issue({.address4 = "127.0.0.1"}),
                         {.client_ca_pem = authority.pem()});
  const KeyPair node = authority.Issue({.common_name = "node-1"});
  for (const TlsVersion minimum : {TlsVersion::k13, TlsVersion::k12}) {
    const Result<HttpResponse> known = Get(server, {.ca_pem = authority.pem(),
                                                    .certificate_pem = node.certificate_pem,
                                                    .key_pem = Secret(std::string(node.key_pem)),
                                                    .minimum = minimum});
    REQUIRE_MESSAGE(known.ok(), (known ? "" : known.error().message()));
    CHECK((*ParseJson(known->body))["client"] == "node-1");
  }
  CHECK((*ParseJson(Get(server, {.ca_pem = authority.pem()})->body))["client"] == nullptr);
}

TEST_CASE(
    "a client certificate that cannot be used is an error of its own, and the key is not printed") {
  const CertificateAuthority authority("CA");
  const TlsServer server(authority.Issue({.address4 = "127.0.0.1"}));
  const KeyPair node = authority.Issue({.common_name = "node-1"});
  for (const auto& [certificate, key] :
       {std::pair(node.certificate_pem, std::string("not a key: hunter2")),
        std::pair(std::string("no certificate"), node.key_pem)}) {
    const Result<HttpResponse> response =
        Get(server,
            {.ca_pem = authority.pem(), .certificate_pem = certificate, .key_pem = Secret(key)});
    REQUIRE_FALSE(response);
    CHECK(response.error().kind() == ErrorKind::kInvalid);
    CHECK(response.error().code() == "bad_certificate");
    CHECK_FALSE(Contains(response.error(), "hunter2"));
  }
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::tls_trust_test
