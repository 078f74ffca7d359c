#include "agent/base/url.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>

#include "agent/base/printable.h"

namespace powernode {
namespace {

// The value as a message may show it: without a password, and without what an unclosed quote drew
// into it, which on a kernel command line can be the bootstrap token.
std::string Shown(std::string_view text) {
  text = text.substr(0, text.find_first_of(" \t\r\n"));
  const std::size_t scheme = text.find("://");
  const std::size_t user = scheme == std::string_view::npos ? 0 : scheme + 3;
  const std::size_t at = text.rfind('@');
  std::string shown(text);
  if (at != std::string_view::npos && at >= user)
    shown = std::string(text.substr(0, user)) + "***" + std::string(text.substr(at));
  return Printable(std::string_view(shown).substr(0, 200));
}

Error Bad(std::string_view text, std::string_view why) {
  return Error(ErrorKind::kInvalid, "bad_platform_url",
               "platform URL \"" + Shown(text) + "\": " + std::string(why) +
                   " (expected https://host[:port])");
}

bool IsNameChar(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
}

// Labels of 1 to 63 characters that do not begin with a hyphen; one dot may end the name. An IPv4
// address looks the same.
bool IsHostName(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.empty() || host.size() > 253) return false;
  while (true) {
    const std::string_view label = host.substr(0, host.find('.'));
    if (label.empty() || label.size() > 63 || label.front() == '-' ||
        !std::all_of(label.begin(), label.end(), IsNameChar))
      return false;
    if (label.size() == host.size()) return true;
    host.remove_prefix(label.size() + 1);
  }
}

// The one spelling of RFC 5952, so that equal addresses compare equal; nullopt when it is no IPv6
// address.
std::optional<std::string> Address6(std::string_view text) {
  in6_addr address{};
  std::array<char, INET6_ADDRSTRLEN> canonical{};
  if (text.find('\0') != std::string_view::npos ||
      ::inet_pton(AF_INET6, std::string(text).c_str(), &address) != 1 ||
      ::inet_ntop(AF_INET6, &address, canonical.data(), canonical.size()) == nullptr)
    return std::nullopt;
  return canonical.data();
}

bool IsLoopback(const std::string& host) {
  in_addr address{};  // "127.evil.example" is a name, not an address
  if (::inet_pton(AF_INET, host.c_str(), &address) == 1)
    return (ntohl(address.s_addr) >> 24) == 127;
  return host == "localhost" || host == "::1";
}

}  // namespace

std::string Origin::ToString() const {
  const bool address6 = host.find(':') != std::string::npos;
  std::string text = scheme + "://" + (address6 ? "[" + host + "]" : host);
  if (port != (scheme == "https" ? 443 : 80)) text += ":" + std::to_string(port);
  return text;
}

Result<Origin> ParseOrigin(std::string_view text) {
  Origin origin;
  std::string_view rest = text;
  const std::size_t separator = rest.find("://");
  if (separator == std::string_view::npos) return Bad(text, "no scheme");
  origin.scheme = std::string(rest.substr(0, separator));
  std::transform(origin.scheme.begin(), origin.scheme.end(), origin.scheme.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (origin.scheme != "https" && origin.scheme != "http") return Bad(text, "scheme is not https");
  rest.remove_prefix(separator + 3);
  while (!rest.empty() && rest.back() == '/') rest.remove_suffix(1);

  if (rest.starts_with('[')) {
    const std::size_t close = rest.find(']');
    if (close == std::string_view::npos) return Bad(text, "unclosed [");
    const std::optional<std::string> address = Address6(rest.substr(1, close - 1));
    if (!address) return Bad(text, "not an IPv6 address");
    origin.host = *address;
    rest.remove_prefix(close + 1);
  } else {
    origin.host = std::string(rest.substr(0, rest.find(':')));
    rest.remove_prefix(origin.host.size());
    if (!IsHostName(origin.host)) return Bad(text, "bad host name");
    std::transform(origin.host.begin(), origin.host.end(), origin.host.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  }

  origin.port = origin.scheme == "https" ? 443 : 80;
  if (!rest.empty()) {
    const char* begin = rest.data() + 1;
    const char* end = rest.data() + rest.size();
    const auto [stop, problem] = std::from_chars(begin, end, origin.port);
    if (rest.front() != ':' || begin == end || problem != std::errc() || stop != end ||
        origin.port < 1 || origin.port > 65535)
      return Bad(text, "bad port or something after the host");
  }
  if (origin.scheme == "http" && !IsLoopback(origin.host))
    return Bad(text, "http is not encrypted");
  return origin;
}

bool IsPathId(std::string_view id) {
  if (id.empty() || id.size() > 64 || std::isalnum(static_cast<unsigned char>(id.front())) == 0)
    return false;
  return std::all_of(id.begin(), id.end(), [](char c) { return c == '.' || IsNameChar(c); }) &&
         id.find("..") == std::string_view::npos;
}

}  // namespace powernode
