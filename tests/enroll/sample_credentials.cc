#include "tests/enroll/sample_credentials.h"

#include <doctest/doctest.h>

#include "agent/base/files.h"
#include "enroll/certificate.h"
#include "enroll/key.h"

namespace powernode::enroll::testing {

Credentials SampleCredentials(const Authority& authority, const LeafWish& wish) {
  Credentials out;
  out.instance_id = wish.common_name;
  out.mtls_subject = wish.common_name;
  out.certificate_id = "c-1";
  out.platform = *ParseOrigin("https://p.test:8443");
  out.ca_pem = authority.root_pem();
  out.chain_pem = authority.root_pem();
  out.key_pem = *GenerateKey();
  out.certificate_pem = authority.Issue(out.key_pem, wish);
  const CertificateFacts facts = *ReadCertificate(out.certificate_pem);
  out.not_before = facts.not_before;
  out.not_after = facts.not_after;
  out.serial = facts.serial;
  out.fingerprint = facts.fingerprint;
  return out;
}

void WriteFlatSet(const std::string& pki_directory, const Credentials& credentials,
                  const std::string& meta) {
  REQUIRE(MakeDirectories(pki_directory, 0700));
  const auto write = [&](std::string_view name, const std::string& content) {
    REQUIRE(WriteFile(JoinPath(pki_directory, name), content, 0600));
  };
  write("node.key", credentials.key_pem.Reveal());
  write("node.crt", credentials.certificate_pem);
  write("ca-chain.crt", credentials.chain_pem);
  write("ca-bundle.crt", credentials.ca_pem);
  write("meta.json", meta);
}

}  // namespace powernode::enroll::testing
