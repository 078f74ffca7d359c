#include "verify/x509/sct.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "verify/x509/der.h"
#include "verify/x509/hash.h"
#include "verify/x509/oids.h"
#include "verify/x509/refusal.h"

namespace powernode::verify::x509 {
namespace {

constexpr std::size_t kMaxScts = 16;
constexpr std::size_t kLogIdSize = 32;
constexpr std::uint8_t kSha256 = 4;
constexpr std::uint8_t kRsa = 1;
constexpr std::uint8_t kEcdsa = 3;

Error Malformed(std::string_view why) { return Wrong(kStageSct, "SCT list: " + std::string(why)); }

// TLS encoding (RFC 8446 §3): big-endian numbers, vectors with their length in front.
class TlsReader {
 public:
  explicit TlsReader(std::string_view bytes) : rest_(bytes) {}

  bool AtEnd() const { return rest_.empty(); }

  Result<std::string_view> Take(std::size_t size) {
    if (size > rest_.size()) return Malformed("cut short");
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  Result<std::uint64_t> TakeNumber(std::size_t size) {
    ASSIGN_OR_RETURN(const std::string_view bytes, Take(size));
    std::uint64_t number = 0;
    for (const char byte : bytes) number = number << 8 | static_cast<std::uint8_t>(byte);
    return number;
  }
  Result<std::string_view> TakeVector() {
    ASSIGN_OR_RETURN(const std::uint64_t size, TakeNumber(2));
    return Take(size);
  }

 private:
  std::string_view rest_;
};

void AppendNumber(std::string& bytes, std::uint64_t number, std::size_t size) {
  while (size > 0) bytes += static_cast<char>(number >> (8 * --size) & 0xff);
}

Result<SignedCertificateTimestamp> ParseSct(std::string_view bytes) {
  TlsReader reader(bytes);
  SignedCertificateTimestamp sct;
  ASSIGN_OR_RETURN(const std::uint64_t version, reader.TakeNumber(1));
  sct.version = static_cast<std::uint8_t>(version);
  if (version != 0) return sct;
  ASSIGN_OR_RETURN(sct.log_id, reader.Take(kLogIdSize));
  ASSIGN_OR_RETURN(sct.timestamp_ms, reader.TakeNumber(8));
  ASSIGN_OR_RETURN(sct.extensions, reader.TakeVector());
  ASSIGN_OR_RETURN(const std::uint64_t hash, reader.TakeNumber(1));
  ASSIGN_OR_RETURN(const std::uint64_t signature, reader.TakeNumber(1));
  sct.hash_algorithm = static_cast<std::uint8_t>(hash);
  sct.signature_algorithm = static_cast<std::uint8_t>(signature);
  ASSIGN_OR_RETURN(sct.signature, reader.TakeVector());
  if (!reader.AtEnd()) return Malformed("bytes behind a signature");
  return sct;
}

bool Fits(const SignedCertificateTimestamp& sct, KeyType type) {
  if (sct.hash_algorithm != kSha256) return false;
  switch (type) {
    case KeyType::kP256:
    case KeyType::kP384:
    case KeyType::kP521:
      return sct.signature_algorithm == kEcdsa;
    case KeyType::kRsa:
      return sct.signature_algorithm == kRsa;
    case KeyType::kEd25519:
      break;
  }
  return false;
}

bool Holds(const SignedCertificateTimestamp& sct, const PublicKey& key,
           std::string_view signed_bytes) {
  return Fits(sct, key.type()) &&
         key.VerifyDigestWithoutPss(HashAlgorithm::kSha256,
                                    Digest(HashAlgorithm::kSha256, signed_bytes), sct.signature);
}

}  // namespace

Result<std::vector<SignedCertificateTimestamp>> ParseSctList(std::string_view extension_value) {
  const Result<DerElement> octets = ReadOnlyElement(extension_value, kDerOctetString);
  if (!octets) return Malformed(octets.error().message());
  TlsReader whole(octets->contents);
  ASSIGN_OR_RETURN(const std::string_view list, whole.TakeVector());
  if (!whole.AtEnd()) return Malformed("bytes behind the list");
  TlsReader reader(list);
  std::vector<SignedCertificateTimestamp> scts;
  do {
    if (scts.size() == kMaxScts) return Malformed("more than 16 timestamps");
    ASSIGN_OR_RETURN(const std::string_view bytes, reader.TakeVector());
    ASSIGN_OR_RETURN(const SignedCertificateTimestamp sct, ParseSct(bytes));
    scts.push_back(sct);
  } while (!reader.AtEnd());
  return scts;
}

Result<std::string> TbsWithoutScts(const Certificate& certificate) {
  if (certificate.FindExtension(kOidSctList) == nullptr)
    return Wrong(kStageSct, "the certificate holds no SCT");
  std::string extensions;
  for (const Extension& extension : certificate.extensions())
    if (extension.oid != kOidSctList) extensions += extension.encoding;

  // The extensions are the last element of TBSCertificate, and the only one with this tag.
  ASSIGN_OR_RETURN(const DerElement tbs, ReadOnlyElement(certificate.tbs(), kDerSequence));
  DerReader reader(tbs.contents);
  std::string contents;
  while (!reader.AtEnd()) {
    ASSIGN_OR_RETURN(const DerElement element, reader.ReadAny());
    if (element.tag != DerContextConstructed(3)) contents += element.encoding;
  }
  return DerEncode(kDerSequence, contents + DerEncode(DerContextConstructed(3),
                                                      DerEncode(kDerSequence, extensions)));
}

std::string SctSignedBytes(const SignedCertificateTimestamp& sct, std::string_view issuer_spki,
                           std::string_view tbs_without_scts) {
  std::string bytes;
  AppendNumber(bytes, sct.version, 1);
  AppendNumber(bytes, 0, 1);  // certificate_timestamp
  AppendNumber(bytes, sct.timestamp_ms, 8);
  AppendNumber(bytes, 1, 2);  // precert_entry
  bytes += Digest(HashAlgorithm::kSha256, issuer_spki);
  AppendNumber(bytes, tbs_without_scts.size(), 3);
  bytes += tbs_without_scts;
  AppendNumber(bytes, sct.extensions.size(), 2);
  return bytes.append(sct.extensions);
}

Result<std::vector<std::string>> VerifyScts(const Certificate& leaf, const Certificate& issuer,
                                            std::span<const LogKey> logs, std::size_t threshold) {
  std::vector<std::string> ids;
  const Extension* extension = leaf.FindExtension(kOidSctList);
  if (extension == nullptr) {
    if (threshold > 0) return Wrong(kStageSct, "the certificate holds no SCT");
    return ids;
  }
  ASSIGN_OR_RETURN(const std::vector<SignedCertificateTimestamp> scts,
                   ParseSctList(extension->value));
  ASSIGN_OR_RETURN(const std::string tbs, TbsWithoutScts(leaf));
  bool is_unchecked = false;
  for (const SignedCertificateTimestamp& sct : scts) {
    if (sct.version != 0 || std::find(ids.begin(), ids.end(), sct.log_id) != ids.end()) continue;
    const auto log = std::find_if(logs.begin(), logs.end(),
                                  [&](const LogKey& each) { return each.id == sct.log_id; });
    if (log == logs.end() || !log->window.Contains(Instant::FromMilliseconds(sct.timestamp_ms)))
      continue;
    if (!log->key)
      is_unchecked = true;
    else if (Holds(sct, *log->key, SctSignedBytes(sct, issuer.spki(), tbs)))
      ids.emplace_back(sct.log_id);
  }
  if (ids.size() >= threshold) return ids;
  Error refusal = Wrong(kStageSct, std::to_string(ids.size()) + " of " + std::to_string(threshold) +
                                       " CT logs vouch for the certificate");
  if (!is_unchecked) return refusal;
  return Error(ErrorKind::kCannotTell, refusal.code(),
               refusal.message() + "; the key of another is not supported");
}

}  // namespace powernode::verify::x509
