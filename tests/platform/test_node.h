// A node for the control plane's own tests: a key, a certificate request and requests with the
// agent's manners, over real TLS with cpp-httplib's client. Nothing of the agent is in it.
#pragma once

#include <memory>
#include <string>

#include "tests/platform/certificates.h"
#include "tests/platform/fixture.h"
#include "tests/platform/http_library.h"
#include "tests/platform/keys.h"
#include "tests/platform/message.h"

namespace powernode::platform {

struct Reply {
  bool answered = false;  // false: the connection broke
  int status = 0;
  httplib::Headers headers;
  std::string text;
  json document;  // discarded when the text is not JSON

  json Data() const { return document.value("data", json()); }
  std::string Error() const { return document.value("error", ""); }
  std::string Header(const std::string& name) const;
};

// A certificate request for the key, signed by `signer` (the key itself when null).
std::string MakeRequestPem(EVP_PKEY* key, EVP_PKEY* signer = nullptr,
                           const std::string& common_name = "node");

class TestNode {
 public:
  TestNode(const Fixture& plane, const FixtureNode& identity);

  // Enrols and uses the certificate from then on; the reply is that of the enrolment.
  Reply Enroll();
  // The same without keeping anything; `members` go over those of the request.
  Reply TryEnroll(const json& members = json::object()) const;
  Reply Refresh();

  Reply Get(const std::string& path, const httplib::Headers& more = {}) const;
  Reply Post(const std::string& path, const json& body, const httplib::Headers& more = {}) const;
  // What arrives of the body until the connection breaks, falls silent for a second, or `limit` is
  // reached.
  std::string ReadSome(const std::string& path, std::size_t limit) const;
  // Without the client certificate.
  Reply GetBare(const std::string& path, const httplib::Headers& more = {}) const;
  Reply PostBare(const std::string& path, const json& body,
                 const httplib::Headers& more = {}) const;

  // A connection with the client certificate.
  std::unique_ptr<httplib::SSLClient> Connect() const { return Connect(true); }

  // Trusts these roots from now on, and no longer the fixture's current one.
  void Trust(const std::string& roots_pem);
  const std::string& id() const { return identity_.id; }
  const std::string& certificate_pem() const { return certificate_pem_; }
  void UseCertificate(const std::string& pem) { certificate_pem_ = pem; }
  EVP_PKEY* key() const { return key_.get(); }
  void ChangeKey();

 private:
  std::unique_ptr<httplib::SSLClient> Connect(bool with_certificate) const;

  const Fixture& plane_;
  FixtureNode identity_;
  Key key_;
  std::string certificate_pem_;
  std::string roots_path_;  // empty: the fixture's root
};

// A heartbeat without fault.
json GoodHeartbeat();
// A file of `size` bytes that begins like nothing known.
std::string WriteImage(const Fixture& plane, const std::string& name, std::size_t size);
// The bytes of that file.
std::string ReadWhole(const std::string& path);
// A new ECDSA P-256 key in a file.
std::string WriteSignKey(const Fixture& plane);

// True when the base64 text is a signature over the bytes by the private key in the file.
bool SignatureHolds(const std::string& key_path, const std::string& signature,
                    const std::string& bytes);

// How often the control plane complained about something with `part` in it.
std::int64_t Complaints(const Fixture& plane, const std::string& part);

}  // namespace powernode::platform
