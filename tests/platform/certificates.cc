#include "tests/platform/certificates.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "agent/base/encoding.h"

namespace powernode::platform {
namespace {

using Extension = std::unique_ptr<X509_EXTENSION, OpenSslFree<&X509_EXTENSION_free>>;

Status AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  ::X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(::X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  if (!extension || ::X509_add_ext(certificate, extension.get(), -1) != 1)
    return OpenSslError(std::string("add certificate extension ") + ::OBJ_nid2sn(nid));
  return Ok();
}

std::string AlternativeNames(const CertificateProfile& profile) {
  std::string names;
  const auto add = [&names](const char* kind, const std::string& name) {
    if (!names.empty()) names += ",";
    names += kind + name;
  };
  for (const std::string& name : profile.dns_names) add("DNS:", name);
  for (const std::string& address : profile.addresses) add("IP:", address);
  return names;
}

// 127 bits with the highest set: always 16 bytes, positive and below 2^127.
Status SetRandomSerial(X509* certificate) {
  const BigNumber serial(::BN_new());
  if (::BN_rand(serial.get(), 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) != 1 ||
      ::BN_to_ASN1_INTEGER(serial.get(), ::X509_get_serialNumber(certificate)) == nullptr)
    return OpenSslError("choose a serial number");
  return Ok();
}

Status AddProfileExtensions(X509* certificate, X509* issuer, const CertificateProfile& profile) {
  const bool authority = profile.use == CertificateUse::kAuthority;
  RETURN_IF_ERROR(AddExtension(certificate, issuer, NID_basic_constraints,
                               authority ? "critical,CA:TRUE" : "critical,CA:FALSE"));
  RETURN_IF_ERROR(
      AddExtension(certificate, issuer, NID_key_usage,
                   authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature"));
  if (!authority)
    RETURN_IF_ERROR(
        AddExtension(certificate, issuer, NID_ext_key_usage,
                     profile.use == CertificateUse::kServer ? "serverAuth" : "clientAuth"));
  RETURN_IF_ERROR(AddExtension(certificate, issuer, NID_subject_key_identifier, "hash"));
  if (!authority)
    RETURN_IF_ERROR(
        AddExtension(certificate, issuer, NID_authority_key_identifier, "keyid:always"));
  if (const std::string names = AlternativeNames(profile); !names.empty())
    RETURN_IF_ERROR(AddExtension(certificate, issuer, NID_subject_alt_name, names));
  return Ok();
}

Seconds ToSeconds(const ASN1_TIME* time) {
  std::tm parts{};
  ::ASN1_TIME_to_tm(time, &parts);
  return ::timegm(&parts);
}

}  // namespace

Result<Certificate> Issue(const CertificateProfile& profile, EVP_PKEY* subject_key,
                          const Issuer& issuer) {
  Certificate certificate(::X509_new());
  ::X509_set_version(certificate.get(), X509_VERSION_3);
  RETURN_IF_ERROR(SetRandomSerial(certificate.get()));
  ::ASN1_TIME_set(::X509_getm_notBefore(certificate.get()), profile.not_before);
  ::ASN1_TIME_set(::X509_getm_notAfter(certificate.get()), profile.not_after);
  ::X509_NAME_add_entry_by_txt(::X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(profile.common_name.data()),
                               static_cast<int>(profile.common_name.size()), -1, 0);
  X509* const issuer_certificate =
      issuer.certificate != nullptr ? issuer.certificate : certificate.get();
  ::X509_set_issuer_name(certificate.get(), ::X509_get_subject_name(issuer_certificate));
  ::X509_set_pubkey(certificate.get(), subject_key);
  RETURN_IF_ERROR(AddProfileExtensions(certificate.get(), issuer_certificate, profile));
  const EVP_MD* digest =
      ::EVP_PKEY_get_base_id(issuer.key) == EVP_PKEY_ED25519 ? nullptr : ::EVP_sha256();
  if (::X509_sign(certificate.get(), issuer.key, digest) == 0)
    return OpenSslError("sign certificate");
  return certificate;
}

Result<Certificate> CertificateFromPem(std::string_view pem) {
  const Bio bio = ReadBio(pem);
  Certificate certificate(::PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (!certificate) return OpenSslError("parse certificate");
  return certificate;
}

Result<std::vector<Certificate>> CertificatesFromPem(std::string_view pem) {
  std::vector<Certificate> certificates;
  const Bio bio = ReadBio(pem);
  while (X509* one = ::PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr))
    certificates.emplace_back(one);
  if (certificates.empty()) return OpenSslError("parse certificates");
  ::ERR_clear_error();  // the end of the text is an error to the library
  return certificates;
}

Certificate Share(X509* certificate) {
  ::X509_up_ref(certificate);
  return Certificate(certificate);
}

Result<std::string> CertificatePem(X509* certificate) {
  const Bio bio(::BIO_new(::BIO_s_mem()));
  if (::PEM_write_bio_X509(bio.get(), certificate) != 1) return OpenSslError("write certificate");
  return BioText(bio.get());
}

Result<SigningRequest> RequestFromPem(std::string_view pem) {
  const Bio bio = ReadBio(pem);
  SigningRequest request(::PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr));
  if (!request) return OpenSslError("parse certificate request");
  if (::X509_REQ_verify(request.get(), ::X509_REQ_get0_pubkey(request.get())) != 1)
    return OpenSslError("certificate request is not signed by its own key");
  return request;
}

std::string RequestDeviation(X509_REQ* request) {
  EVP_PKEY* const key = ::X509_REQ_get0_pubkey(request);
  std::array<char, 32> group{};
  std::size_t group_size = 0;
  if (::EVP_PKEY_get_base_id(key) != EVP_PKEY_EC ||
      ::EVP_PKEY_get_group_name(key, group.data(), group.size(), &group_size) != 1 ||
      std::string_view(group.data(), group_size) != "prime256v1")
    return "the key is not ECDSA P-256";
  if (::X509_REQ_get_signature_nid(request) != NID_ecdsa_with_SHA256)
    return "the signature is not ECDSA with SHA-256";
  X509_NAME* const subject = ::X509_REQ_get_subject_name(request);
  if (::X509_NAME_entry_count(subject) != 1 ||
      ::X509_NAME_get_index_by_NID(subject, NID_commonName, -1) != 0)
    return "the subject is not exactly one CN";
  STACK_OF(X509_EXTENSION)* extensions = ::X509_REQ_get_extensions(request);
  const int extension_count = extensions == nullptr ? 0 : sk_X509_EXTENSION_num(extensions);
  sk_X509_EXTENSION_pop_free(extensions, ::X509_EXTENSION_free);
  if (extension_count > 0) return "it asks for extensions";
  return "";
}

std::string CommonName(X509* certificate) {
  std::array<char, 128> name{};
  const int size = ::X509_NAME_get_text_by_NID(::X509_get_subject_name(certificate), NID_commonName,
                                               name.data(), static_cast<int>(name.size()));
  return size > 0 ? std::string(name.data(), static_cast<std::size_t>(size)) : std::string();
}

std::string SerialHex(X509* certificate) {
  const BigNumber serial(::ASN1_INTEGER_to_BN(::X509_get0_serialNumber(certificate), nullptr));
  char* hex = ::BN_bn2hex(serial.get());
  std::string text(hex);
  ::OPENSSL_free(hex);
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

std::string FingerprintHex(X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  ::X509_digest(certificate, ::EVP_sha256(), digest.data(), &size);
  return HexEncode({reinterpret_cast<const char*>(digest.data()), size});
}

Seconds NotAfter(X509* certificate) { return ToSeconds(::X509_get0_notAfter(certificate)); }
Seconds NotBefore(X509* certificate) { return ToSeconds(::X509_get0_notBefore(certificate)); }

}  // namespace powernode::platform
