// HTTP as a seam: what a request is, what came back, and how long and how much is allowed. The one
// implementation is CurlTransport; tests put a real loopback server behind it rather than a fake.
//
// The limits are those of node-api.md §1.3. A body over its cap closes the connection with kInvalid
// "response_too_large"; it is never cut and parsed. No encoding is asked for and none is taken
// (kInvalid "content_encoded"): what is small on the wire stays small. Redirects are never
// followed: a 3xx is returned as it is.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/base/result.h"
#include "agent/base/secret.h"

namespace powernode {

struct HttpLimits {
  std::chrono::milliseconds connect{15'000};     // TCP and TLS together
  std::chrono::milliseconds first_byte{10'000};  // from the request sent to the first header byte
  std::chrono::milliseconds total{30'000};       // zero: no limit (downloads)
  std::chrono::seconds stall{30};  // abort when slower than stall_bytes_per_second for so long
  std::uint64_t stall_bytes_per_second = 1;
  // Abort when less than slow_bytes_per_second came over that long; zero: no such limit.
  std::chrono::seconds slow{120};
  std::uint64_t slow_bytes_per_second = 0;
  std::uint64_t max_body = 256 * 1024;  // bytes
};

// The classes of node-api.md §1.3.
constexpr HttpLimits kSmallCall{};
constexpr HttpLimits kListCall{.max_body = 4 * 1024 * 1024};
constexpr HttpLimits kModuleCall{.max_body = 1024 * 1024};
constexpr HttpLimits kEnrollCall{.first_byte = std::chrono::milliseconds(30'000),
                                 .total = std::chrono::milliseconds(60'000),
                                 .max_body = 1024 * 1024};
constexpr HttpLimits kDownload{.first_byte = std::chrono::milliseconds(30'000),
                               .total = std::chrono::milliseconds(0),
                               .slow_bytes_per_second = 4096,
                               .max_body = std::uint64_t{8} * 1024 * 1024 * 1024};

struct HttpHeader {
  std::string name;
  std::string value;
};

struct HttpResponse {
  int status = 0;
  std::vector<HttpHeader> headers;  // names in lower case, in order
  std::string body;                 // empty when a sink took it
  // Since when and until when every certificate of the peer's chain is valid; 0 without TLS.
  std::int64_t peer_valid_from = 0;  // seconds since 1970
  std::int64_t peer_valid_until = 0;

  // First header of that (lower-case) name.
  std::optional<std::string_view> Header(std::string_view name) const;
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<HttpHeader> headers;
  std::string body;
  HttpLimits limits;
  // Called once when the headers are complete, before any body byte; an error ends the transfer.
  std::function<Status(const HttpResponse&)> on_head;
  // Takes the body as it arrives (then HttpResponse::body stays empty); an error ends the transfer.
  std::function<Status(std::span<const std::byte>)> sink;
};

enum class TlsVersion { k12, k13 };

// kNotJudged: a chain that has expired or is not valid yet is taken, everything else is checked as
// ever. For asking the time and nothing else: no credential and no data go over such a connection.
enum class CertificateDates { kJudged, kNotJudged };

// How the peer is proven and what we prove ourselves with. PEM texts, because nothing of it may
// come from a path that changes underneath.
struct TlsIdentity {
  std::string ca_pem;           // the only roots; there is no fall-back to system roots
  std::string certificate_pem;  // empty: no client certificate
  Secret key_pem;
  TlsVersion minimum = TlsVersion::k13;
  CertificateDates dates = CertificateDates::kJudged;
};

class HttpTransport {
 public:
  virtual ~HttpTransport() = default;
  // kUnavailable: resolve, connect, time-out, connection lost ("connect_failed", "timeout",
  // "stalled", "connection_lost"); kDenied "tls_untrusted": the peer's certificate; kInvalid: not
  // HTTP, too large; any error of on_head and sink as it is. Statuses of 400 and more are
  // responses, not errors.
  virtual Result<HttpResponse> Perform(const HttpRequest& request, std::stop_token stop) = 0;
};

}  // namespace powernode
