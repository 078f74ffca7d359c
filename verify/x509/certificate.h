// An X.509 certificate (RFC 5280) taken apart, as far as verification looks at it.
//
// The walk is our own since every byte of it matters: nothing behind the certificate, no extension
// twice, TBSCertificate and names as they stand in the DER. What a certificate must say to be a
// leaf or an authority is asked elsewhere (certificate_path.h, timestamp_token.h). A value, cheap
// to copy; its state is immutable and its views live as long as any copy.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.h"
#include "verify/x509/instant.h"
#include "verify/x509/public_key.h"

namespace powernode::verify::x509 {

struct Extension {
  std::string_view oid;  // contents of the OBJECT IDENTIFIER
  bool critical = false;
  std::string_view value;     // contents of the OCTET STRING
  std::string_view encoding;  // the whole Extension
};

class Certificate {
 public:
  // At most 64 KiB. kRefuted "parse": malformed; kRefuted "cert": an extension occurs twice.
  static Result<Certificate> Parse(std::string_view der);

  const std::string& der() const;
  std::string_view tbs() const;      // the encoding of TBSCertificate
  std::string_view serial() const;   // the contents of the INTEGER
  std::string_view issuer() const;   // the encoding of the Name
  std::string_view subject() const;  // the same
  std::string_view spki() const;     // the encoding of SubjectPublicKeyInfo
  const Window& validity() const;

  // kCannotTell "sig" where the key is of a kind that is not supported, kRefuted "parse" where it
  // is malformed; the certificate is read all the same.
  const Result<PublicKey>& public_key() const;

  std::span<const Extension> extensions() const;
  const Extension* FindExtension(std::string_view oid) const;

  // Basic constraints; false without the extension.
  bool is_ca() const;
  std::optional<std::uint32_t> path_length() const;
  // Key usage; without the extension neither is said.
  bool has_key_usage() const;
  bool may_sign_data() const;          // digitalSignature
  bool may_sign_certificates() const;  // keyCertSign
  // Extended key usage; empty without the extension, never empty with it.
  std::span<const std::string_view> purposes() const;
  bool HasPurpose(std::string_view oid) const;

  // No critical extension but key usage, SAN, basic constraints and extended key usage. kRefuted
  // "cert".
  Status CheckCriticalExtensions() const;
  // `issuer`'s key made this certificate's signature; names are not compared. kRefuted "cert", or
  // kCannotTell "cert" where the algorithm or the key is not supported.
  Status CheckSignature(const Certificate& issuer) const;

 private:
  struct State;
  explicit Certificate(std::shared_ptr<const State> state) : state_(std::move(state)) {}

  std::shared_ptr<const State> state_;
};

}  // namespace powernode::verify::x509
