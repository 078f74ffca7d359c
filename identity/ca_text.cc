#include "identity/ca_text.h"

#include <optional>

#include "agent/base/encoding.h"

namespace powernode::identity {
namespace {

constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
constexpr std::string_view kEnd = "-----END CERTIFICATE-----";
constexpr std::size_t kLineLength = 64;

// What stands between the next pair of markers (up to the end of the text when the second is
// missing); `rest` moves behind it.
std::optional<std::string_view> NextMember(std::string_view& rest) {
  const std::size_t begin = rest.find(kBegin);
  if (begin == std::string_view::npos) return std::nullopt;
  rest.remove_prefix(begin + kBegin.size());
  const std::size_t end = rest.find(kEnd);
  const std::string_view member = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + kEnd.size());
  return member;
}

// The DER bytes between the markers; nullopt when it is not base64 of an ASN.1 SEQUENCE.
std::optional<std::string> DecodeMember(std::string_view text) {
  std::optional<std::string> der = Base64DecodeLines(text);
  if (!der || !der->starts_with('\x30')) return std::nullopt;
  return der;
}

}  // namespace

std::string PemOfCertificate(std::string_view der) {
  const std::string base64 = Base64Encode(der);
  std::string pem(kBegin);
  pem += '\n';
  for (std::size_t i = 0; i < base64.size(); i += kLineLength)
    pem += base64.substr(i, kLineLength) + '\n';
  pem += kEnd;
  pem += '\n';
  return pem;
}

CaText ReadCaText(std::string_view text) {
  CaText out;
  if (text.size() > kMaxCaBytes) {
    out.problems.push_back("longer than " + std::to_string(kMaxCaBytes / 1024) + " KiB");
    return out;
  }
  std::size_t number = 0;
  std::size_t taken = 0;
  while (const std::optional<std::string_view> member = NextMember(text)) {
    ++number;
    const std::optional<std::string> der = DecodeMember(*member);
    if (!der) {
      out.problems.push_back("certificate " + std::to_string(number) +
                             " is not base64 of a certificate");
      continue;
    }
    if (++taken > kMaxCaCertificates) {
      out.problems.push_back("more than " + std::to_string(kMaxCaCertificates) + " certificates");
      out.pem.clear();
      return out;
    }
    out.pem += PemOfCertificate(*der);
  }
  if (out.pem.empty() && out.problems.empty()) out.problems.push_back("no certificate in it");
  return out;
}

std::vector<std::string> DerOfCertificates(std::string_view pem) {
  std::vector<std::string> out;
  while (const std::optional<std::string_view> member = NextMember(pem))
    if (std::optional<std::string> der = DecodeMember(*member)) out.push_back(std::move(*der));
  return out;
}

}  // namespace powernode::identity
