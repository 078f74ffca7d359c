// Timestamp tokens as a test wants them: by default one that holds, of P-256 keys and SHA-256.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/verify/x509/signing_key.h"
#include "verify/x509/certificate.h"
#include "verify/x509/oids.h"

namespace powernode::testing {

struct TokenPlan {
  std::string signature = "the signature that is stamped";
  std::string time = "20260601120000Z";

  std::string status = std::string(1, '\0');
  std::string signed_data_version = "\x03";
  std::string_view content_type = verify::x509::kOidTstInfo;
  std::string tst_version = "\x01";
  std::string_view imprint_hash = verify::x509::kOidSha256;
  std::string more_tst;  // DER behind genTime

  std::vector<verify::x509::Certificate> certificates;
  std::string behind_certificates;  // DER
  unsigned signers = 1;
  std::string signer_version = "\x01";
  std::string_view digest_hash = verify::x509::kOidSha256;
  std::string_view attribute_content_type = verify::x509::kOidTstInfo;
  bool has_message_digest = true;
  bool has_content_type = true;
  std::vector<std::string> more_attributes;  // DER
  std::string_view algorithm = verify::x509::kOidEcdsaSha256;
  std::string behind_signature;  // DER
};

// The DER of an Attribute with one value.
std::string MakeAttribute(std::string_view type, std::string_view value);

// A TimeStampResp whose signer info names `signer` and which `key` signed.
std::string MakeToken(const TokenPlan& plan, const verify::x509::Certificate& signer,
                      const SigningKey& key);

}  // namespace powernode::testing
