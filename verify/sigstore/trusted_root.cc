#include "verify/sigstore/trusted_root.h"

#include <algorithm>
#include <utility>

#include "verify/sigstore/message_reader.h"
#include "verify/sigstore/refusal.h"
#include "verify/sigstore/rfc3339.h"
#include "verify/sigstore/strict_json.h"

namespace powernode::verify::sigstore {
namespace {

constexpr std::string_view kMediaTypes[] = {
    "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    "application/vnd.dev.sigstore.trustedroot.v0.1+json",
    "application/vnd.dev.sigstore.trustedroot.v0.2+json",
};
constexpr std::size_t kMaxList = 256;
constexpr std::size_t kMaxChain = 16;
constexpr std::size_t kLogIdSize = 32;

Result<std::optional<x509::Instant>> ParseTime(const MessageReader& window, std::string_view name) {
  if (!window.Has(name)) return std::optional<x509::Instant>();
  ASSIGN_OR_RETURN(const std::string text, window.String(name));
  const std::optional<x509::Instant> instant = ParseRfc3339(text);
  if (!instant) return window.Refuse(name, "not a time in UTC");
  return instant;
}

Result<x509::Window> ParseWindow(const MessageReader& holder) {
  x509::Window window;
  ASSIGN_OR_RETURN(const std::optional<MessageReader> message, holder.Message("validFor"));
  if (!message) return window;
  ASSIGN_OR_RETURN(window.start, ParseTime(*message, "start"));
  ASSIGN_OR_RETURN(window.end, ParseTime(*message, "end"));
  return window;
}

// The DER decides what it is: SubjectPublicKeyInfo, or RSAPublicKey alone. None: not supported.
Result<std::optional<x509::PublicKey>> ParseKey(const MessageReader& message) {
  ASSIGN_OR_RETURN(const std::string der, message.RequiredBytes("rawBytes"));
  const Result<x509::PublicKey> key = x509::PublicKey::FromSpki(der);
  if (key) return std::optional(*key);
  const Result<x509::PublicKey> rsa = x509::PublicKey::FromRsaPkcs1(der);
  if (rsa) return std::optional(*rsa);
  if (key.error().kind() == ErrorKind::kCannotTell || rsa.error().kind() == ErrorKind::kCannotTell)
    return std::optional<x509::PublicKey>();
  return message.Refuse("rawBytes", key.error().message());
}

Result<x509::LogKey> ParseLogKey(const MessageReader& message) {
  x509::LogKey log;
  ASSIGN_OR_RETURN(const MessageReader key, message.RequiredMessage("publicKey"));
  ASSIGN_OR_RETURN(log.key, ParseKey(key));
  RETURN_IF_ERROR(key.String("keyDetails"));
  ASSIGN_OR_RETURN(const std::string hash, message.String("hashAlgorithm"));
  if (hash != "SHA2_256") log.key = std::nullopt;
  ASSIGN_OR_RETURN(log.window, ParseWindow(key));
  if (!log.window.start) return key.Refuse("validFor.start", "missing");
  ASSIGN_OR_RETURN(const MessageReader id, message.RequiredMessage("logId"));
  ASSIGN_OR_RETURN(log.id, id.Bytes("keyId"));
  if (log.id.size() != kLogIdSize) return id.Refuse("keyId", "not 32 bytes");
  return log;
}

std::vector<std::string> NamesOf(std::string_view url) {
  if (const std::size_t scheme = url.find("://"); scheme != std::string_view::npos)
    url.remove_prefix(scheme + 3);
  const std::string host(url.substr(0, url.find_first_of("/?#")));
  std::vector<std::string> names;
  if (host.empty()) return names;
  names.push_back(host);
  // A colon inside of brackets belongs to an IPv6 address.
  const std::size_t colon = host.rfind(':');
  if (colon != std::string::npos && colon != 0 && host.find(']', colon) == std::string::npos)
    names.push_back(host.substr(0, colon));
  return names;
}

Result<TransparencyLog> ParseLog(const MessageReader& message) {
  TransparencyLog log;
  ASSIGN_OR_RETURN(log.log, ParseLogKey(message));
  ASSIGN_OR_RETURN(const std::string url, message.String("baseUrl"));
  log.names = NamesOf(url);
  return log;
}

Result<x509::Authority> ParseAuthority(const MessageReader& message) {
  ASSIGN_OR_RETURN(const MessageReader chain, message.RequiredMessage("certChain"));
  ASSIGN_OR_RETURN(const std::vector<MessageReader> list,
                   chain.Messages("certificates", kMaxChain));
  if (list.empty()) return chain.Refuse("certificates", "empty");
  std::vector<x509::Certificate> certificates;
  for (const MessageReader& element : list) {
    ASSIGN_OR_RETURN(const std::string der, element.RequiredBytes("rawBytes"));
    ASSIGN_OR_RETURN_CONTEXT(x509::Certificate certificate, x509::Certificate::Parse(der),
                             element.path());
    certificates.push_back(std::move(certificate));
  }
  ASSIGN_OR_RETURN(const x509::Window window, ParseWindow(message));
  return x509::Authority(std::move(certificates), window);
}

Result<std::string> ParseUri(const MessageReader& message) { return message.String("uri"); }

template <typename T, typename Id>
bool HasDuplicateId(const std::vector<T>& all, Id id) {
  std::vector<std::string_view> ids;
  for (const T& each : all) ids.push_back(id(each));
  std::sort(ids.begin(), ids.end());
  return std::adjacent_find(ids.begin(), ids.end()) != ids.end();
}

template <typename T>
Status ParseList(const MessageReader& root, std::string_view name,
                 Result<T> (*parse)(const MessageReader&), std::vector<T>& out) {
  ASSIGN_OR_RETURN(const std::vector<MessageReader> list, root.Messages(name, kMaxList));
  for (const MessageReader& element : list) {
    ASSIGN_OR_RETURN(T value, parse(element));
    out.push_back(std::move(value));
  }
  return Ok();
}

Result<TrustedRoot> Parse(std::string_view text) {
  ASSIGN_OR_RETURN(const Json json, ParseStrictJson(text));
  const MessageReader message(json, "");
  ASSIGN_OR_RETURN(const std::string type, message.String("mediaType"));
  if (std::find(std::begin(kMediaTypes), std::end(kMediaTypes), type) == std::end(kMediaTypes))
    return message.Refuse("mediaType", "not that of a trusted root 0.1 or 0.2");

  TrustedRoot root;
  RETURN_IF_ERROR(ParseList(message, "tlogs", ParseLog, root.logs));
  RETURN_IF_ERROR(ParseList(message, "ctlogs", ParseLogKey, root.ct_logs));
  RETURN_IF_ERROR(
      ParseList(message, "certificateAuthorities", ParseAuthority, root.certificate_authorities));
  RETURN_IF_ERROR(
      ParseList(message, "timestampAuthorities", ParseAuthority, root.timestamp_authorities));
  RETURN_IF_ERROR(
      ParseList(message, "timestampAuthorities", ParseUri, root.timestamp_authority_uris));

  const auto log_id = [](const TransparencyLog& each) -> std::string_view { return each.log.id; };
  const auto ct_id = [](const x509::LogKey& each) -> std::string_view { return each.id; };
  if (HasDuplicateId(root.logs, log_id)) return message.Refuse("tlogs", "a log id is given twice");
  if (HasDuplicateId(root.ct_logs, ct_id))
    return message.Refuse("ctlogs", "a log id is given twice");
  return root;
}

}  // namespace

const TransparencyLog* TrustedRoot::FindLog(std::string_view id) const {
  const auto found = std::find_if(logs.begin(), logs.end(),
                                  [&](const TransparencyLog& each) { return each.log.id == id; });
  return found == logs.end() ? nullptr : &*found;
}

std::optional<x509::Instant> TrustedRoot::NewestLogStart() const {
  std::optional<x509::Instant> newest;
  for (const TransparencyLog& each : logs)
    if (!newest || *newest < *each.log.window.start) newest = each.log.window.start;
  return newest;
}

Result<TrustedRoot> ParseTrustedRoot(std::string_view text) {
  Result<TrustedRoot> root = Parse(text);
  if (!root) return Unchecked(stage::kRoot, "trusted root: " + root.error().message());
  return root;
}

}  // namespace powernode::verify::sigstore
