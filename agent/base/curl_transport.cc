#include "agent/base/curl_transport.h"

#include <curl/curl.h>
#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <mutex>
#include <optional>

#include "agent/base/clock.h"
#include "agent/base/peer_certificate.h"
#include "agent/base/printable.h"
#include "agent/base/random.h"

namespace powernode {
namespace {

constexpr std::size_t kMaxHeaders = 100;
constexpr std::size_t kMaxHeaderBytes = 32 * 1024;

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, FreeList>;

// Everything one transfer needs; the callbacks get a pointer to it.
struct Transfer {
  CURL* handle;
  const HttpRequest& request;
  const std::stop_token& stop;
  HttpResponse response;
  std::optional<Error> error;
  std::size_t header_bytes = 0;
  std::uint64_t body_bytes = 0;
  bool head_delivered = false;
  std::chrono::milliseconds started{};
  std::chrono::milliseconds pace_since{};  // when the rate was last looked at, and the bytes then
  std::uint64_t pace_bytes = 0;

  // Ends the transfer with `problem`; the callbacks then return a value libcurl takes for failure.
  void Fail(Error problem) {
    if (!error) error = std::move(problem);
  }
  bool DeliverHead() {
    if (head_delivered) return true;
    head_delivered = true;
    const std::string_view encoding = response.Header("content-encoding").value_or("identity");
    if (encoding != "identity" && !encoding.empty()) {
      Fail(Error(ErrorKind::kInvalid, "content_encoded",
                 "the answer is encoded (" + Printable(encoding) + "), which was not asked for"));
      return false;
    }
    if (!request.on_head) return true;
    if (Status accepted = request.on_head(response); !accepted) {
      Fail(std::move(accepted).error());
      return false;
    }
    return true;
  }
};

std::string_view Trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0)
    text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0)
    text.remove_suffix(1);
  return text;
}

std::size_t OnHeader(char* data, std::size_t size, std::size_t count, void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  const std::string_view line = Trim({data, size * count});
  transfer.header_bytes += size * count;
  if (transfer.header_bytes > kMaxHeaderBytes || transfer.response.headers.size() >= kMaxHeaders) {
    transfer.Fail(
        Error(ErrorKind::kInvalid, "response_too_large", "the answer's header is too large"));
    return 0;
  }
  if (line.starts_with("HTTP/")) {  // a new head: the one before was 1xx
    transfer.response.headers.clear();
    return size * count;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size * count;
  HttpHeader header{.name = std::string(line.substr(0, colon)),
                    .value = std::string(Trim(line.substr(colon + 1)))};
  std::transform(header.name.begin(), header.name.end(), header.name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  transfer.response.headers.push_back(std::move(header));
  return size * count;
}

std::size_t OnBody(char* data, std::size_t size, std::size_t count, void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  const std::size_t length = size * count;
  if (!transfer.head_delivered) {
    long status = 0;
    curl_easy_getinfo(transfer.handle, CURLINFO_RESPONSE_CODE, &status);
    transfer.response.status = static_cast<int>(status);
    if (!transfer.DeliverHead()) return 0;
  }
  transfer.body_bytes += length;
  if (transfer.body_bytes > transfer.request.limits.max_body) {
    transfer.Fail(Error(ErrorKind::kInvalid, "response_too_large",
                        "the answer is longer than the " +
                            std::to_string(transfer.request.limits.max_body) + " bytes allowed"));
    return 0;
  }
  if (!transfer.request.sink) {
    transfer.response.body.append(data, length);
    return length;
  }
  if (Status taken = transfer.request.sink(std::as_bytes(std::span(data, length))); !taken) {
    transfer.Fail(std::move(taken).error());
    return 0;
  }
  return length;
}

// True while enough comes, judged once per stretch of time.
bool KeepsPace(Transfer& transfer) {
  const HttpLimits& limits = transfer.request.limits;
  const auto now = SystemClock().Monotonic();
  if (now - transfer.pace_since < limits.slow) return true;
  const auto expected =
      limits.slow_bytes_per_second * static_cast<std::uint64_t>(limits.slow.count());
  const std::uint64_t came = transfer.body_bytes - transfer.pace_bytes;
  transfer.pace_since = now;
  transfer.pace_bytes = transfer.body_bytes;
  if (came >= expected) return true;
  transfer.Fail(Error(ErrorKind::kUnavailable, "stalled",
                      "only " + std::to_string(came) + " bytes came in " +
                          std::to_string(limits.slow.count()) + " s"));
  return false;
}

// Called at least once a second: the stop request and the first-byte limit are looked at here.
int OnProgress(void* context, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto& transfer = *static_cast<Transfer*>(context);
  if (transfer.stop.stop_requested()) {
    transfer.Fail(
        Error(ErrorKind::kUnavailable, "stopped", "stopped while waiting for the platform"));
    return 1;
  }
  if (transfer.header_bytes > 0) return KeepsPace(transfer) ? 0 : 1;
  curl_off_t connected_us =
      0;  // 0 as long as name, connection and TLS are not done; those have their own limit
  curl_easy_getinfo(transfer.handle, CURLINFO_PRETRANSFER_TIME_T, &connected_us);
  const auto limit = transfer.request.limits.first_byte;
  const auto waited = SystemClock().Monotonic() - transfer.started;
  if (connected_us == 0 || waited <= std::chrono::milliseconds(connected_us / 1000) + limit)
    return 0;
  transfer.Fail(Error(ErrorKind::kUnavailable, "timeout",
                      "connected, but no answer within " + std::to_string(limit.count()) + " ms"));
  return 1;
}

CURLcode OnTlsReady(CURL*, void* config, void* context) {
  WatchPeerCertificate(static_cast<mbedtls_ssl_config*>(config),
                       static_cast<PeerCertificateProblem*>(context));
  return CURLE_OK;
}

// libcurl has one code for a transfer that took too long and for one that went too slow.
bool Stalled(const Transfer& transfer) {
  const auto total = transfer.request.limits.total;
  return transfer.header_bytes > 0 &&
         (total.count() == 0 || SystemClock().Monotonic() - transfer.started < total);
}

Error ErrorOf(CURLcode code, const Transfer& transfer, const char* detail,
              const PeerCertificateProblem& peer) {
  const std::string text = *detail != '\0' ? detail : curl_easy_strerror(code);
  if (peer.flags != 0)
    return Error(ErrorKind::kDenied, peer.Code(),
                 "TLS: " + peer.Describe(SystemClock().UnixSeconds()));
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return Error(ErrorKind::kUnavailable, "resolve_failed", text);
    case CURLE_COULDNT_CONNECT:
      return Error(ErrorKind::kUnavailable, "connect_failed", text);
    case CURLE_OPERATION_TIMEDOUT:
      return Error(ErrorKind::kUnavailable, Stalled(transfer) ? "stalled" : "timeout", text);
    case CURLE_PEER_FAILED_VERIFICATION:
      return Error(ErrorKind::kDenied, "tls_untrusted", "TLS: " + text);
    case CURLE_SSL_CACERT_BADFILE:
      return Error(ErrorKind::kInvalid, "no_trust_anchor", "TLS: " + text);
    case CURLE_SSL_CERTPROBLEM:
      return Error(ErrorKind::kInvalid, "bad_certificate", "TLS: " + text);
    case CURLE_SSL_CONNECT_ERROR:
      return Error(ErrorKind::kUnavailable, "tls_handshake_failed", "TLS: " + text);
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
      return Error(ErrorKind::kInvalid, "not_http", text);
    default:
      return Error(ErrorKind::kUnavailable, "connection_lost", text);
  }
}

// It was reached, and there is no tunnel.
bool ProxyRefused(CURL* handle, CURLcode code) {
  switch (code) {
    case CURLE_PROXY:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
      break;
    default:
      return false;
  }
  curl_off_t tunnelled_us = 0;  // 0 as long as TLS with the platform is not done
  curl_easy_getinfo(handle, CURLINFO_APPCONNECT_TIME_T, &tunnelled_us);
  return tunnelled_us == 0;
}

curl_blob BlobOf(const std::string& text) {
  return {.data = const_cast<char*>(text.data()), .len = text.size(), .flags = CURL_BLOB_NOCOPY};
}

// At least one certificate that the library reads.
bool HasCertificate(const std::string& pem) {
  mbedtls_x509_crt chain;
  mbedtls_x509_crt_init(&chain);
  const int unread = mbedtls_x509_crt_parse(
      &chain, reinterpret_cast<const unsigned char*>(pem.c_str()), pem.size() + 1);
  mbedtls_x509_crt_free(&chain);
  return unread >= 0;  // negative: all of them
}

int RandomForLibrary(void*, unsigned char* out, std::size_t size) {
  RandomBytes(std::as_writable_bytes(std::span(out, size)));
  return 0;
}

bool IsPrivateKey(const std::string& pem) {
  mbedtls_pk_context key;
  mbedtls_pk_init(&key);
  const int problem =
      mbedtls_pk_parse_key(&key, reinterpret_cast<const unsigned char*>(pem.c_str()),
                           pem.size() + 1, nullptr, 0, RandomForLibrary, nullptr);
  mbedtls_pk_free(&key);
  return problem == 0;
}

// Looked at before libcurl gets it: that has one code for all that can be wrong with any of the
// three, and leaks what it had read before (8.14, mbed_connect_step1).
Status CheckPem(const TlsIdentity& tls) {
  if (!tls.ca_pem.empty() && !HasCertificate(tls.ca_pem))
    return Error(ErrorKind::kInvalid, "no_trust_anchor", "TLS: no CA certificate could be read");
  if (tls.certificate_pem.empty()) return Ok();
  if (!HasCertificate(tls.certificate_pem))
    return Error(ErrorKind::kInvalid, "bad_certificate",
                 "TLS: the client certificate cannot be read");
  if (!IsPrivateKey(tls.key_pem.Reveal()))
    return Error(ErrorKind::kInvalid, "bad_certificate",
                 "TLS: the client certificate's private key cannot be read");
  return Ok();
}

HeaderList HeadersOf(const HttpRequest& request) {
  curl_slist* list = nullptr;
  auto add = [&list](const std::string& line) { list = curl_slist_append(list, line.c_str()); };
  add("Expect:");
  add("Accept-Encoding: identity");
  for (const HttpHeader& header : request.headers) add(header.name + ": " + header.value);
  return HeaderList(list);
}

}  // namespace

struct CurlTransport::State {
  struct FreeEasy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };
  TlsIdentity tls;
  std::optional<Origin> proxy;
  PeerCertificateProblem peer;
  std::array<char, CURL_ERROR_SIZE> detail{};
  std::mutex mutex;
  std::unique_ptr<CURL, FreeEasy>
      handle;  // last: it holds pointers to the others, and ends before them
};

CurlTransport::CurlTransport(std::unique_ptr<State> state) : state_(std::move(state)) {}
CurlTransport::~CurlTransport() = default;

Result<std::unique_ptr<CurlTransport>> CurlTransport::Create(TlsIdentity tls,
                                                             std::optional<Origin> proxy) {
  static const CURLcode initialized = curl_global_init(CURL_GLOBAL_DEFAULT);
  RETURN_IF_ERROR(CheckPem(tls));
  auto state = std::make_unique<State>();
  state->handle.reset(curl_easy_init());
  if (initialized != CURLE_OK || !state->handle)
    return Error(ErrorKind::kSystem, "curl_init_failed", "the HTTP library could not be started");
  state->tls = std::move(tls);
  state->peer.dates = state->tls.dates;
  state->proxy = std::move(proxy);

  CURL* handle = state->handle.get();
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR,
                   "https,http");  // http: only what ParseOrigin let through
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  const std::string through = state->proxy ? state->proxy->ToString() : "";
  curl_easy_setopt(handle, CURLOPT_PROXY, through.c_str());  // whatever the environment says
  curl_easy_setopt(handle, CURLOPT_NOPROXY, "");
  curl_easy_setopt(handle, CURLOPT_HTTPPROXYTUNNEL, 1L);
  curl_easy_setopt(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(handle, CURLOPT_BUFFERSIZE, 128L * 1024);
  curl_easy_setopt(handle, CURLOPT_MAXCONNECTS, 1L);
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(
      handle, CURLOPT_SSLVERSION,
      state->tls.minimum == TlsVersion::k13 ? CURL_SSLVERSION_TLSv1_3 : CURL_SSLVERSION_TLSv1_2);
  // A resumed session would skip the look at the peer's certificate, and its dates.
  curl_easy_setopt(handle, CURLOPT_SSL_SESSIONID_CACHE, 0L);
  curl_easy_setopt(handle, CURLOPT_CAINFO, nullptr);
  curl_easy_setopt(handle, CURLOPT_CAPATH, nullptr);
  const curl_blob roots = BlobOf(state->tls.ca_pem);
  curl_easy_setopt(handle, CURLOPT_CAINFO_BLOB, &roots);
  if (!state->tls.certificate_pem.empty()) {
    const curl_blob certificate = BlobOf(state->tls.certificate_pem);
    curl_blob key = BlobOf(state->tls.key_pem.Reveal());
    ++key.len;  // mbedtls_pk_parse_key wants the terminating zero of PEM counted, and libcurl
                // passes the key as it is
    curl_easy_setopt(handle, CURLOPT_SSLCERT_BLOB, &certificate);
    curl_easy_setopt(handle, CURLOPT_SSLCERTTYPE, "PEM");
    curl_easy_setopt(handle, CURLOPT_SSLKEY_BLOB, &key);
    curl_easy_setopt(handle, CURLOPT_SSLKEYTYPE, "PEM");
  }
  curl_easy_setopt(handle, CURLOPT_SSL_CTX_FUNCTION, OnTlsReady);
  curl_easy_setopt(handle, CURLOPT_SSL_CTX_DATA, &state->peer);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, state->detail.data());
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, OnHeader);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, OnBody);
  curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, OnProgress);
  curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  return std::unique_ptr<CurlTransport>(new CurlTransport(std::move(state)));
}

Result<HttpResponse> CurlTransport::Perform(const HttpRequest& request, std::stop_token stop) {
  const std::scoped_lock lock(state_->mutex);
  CURL* handle = state_->handle.get();
  Transfer transfer{.handle = handle, .request = request, .stop = stop};
  transfer.started = transfer.pace_since = SystemClock().Monotonic();
  if (state_->tls.ca_pem.empty() && request.url.starts_with("https:"))
    return Error(ErrorKind::kInvalid, "no_trust_anchor",
                 "TLS: no CA certificate to trust the platform by");
  state_->peer.flags = 0;
  state_->detail.front() = '\0';
  const HeaderList headers = HeadersOf(request);

  curl_easy_setopt(handle, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(request.limits.connect.count()));
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(request.limits.total.count()));
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT,
                   static_cast<long>(request.limits.stall_bytes_per_second));
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, static_cast<long>(request.limits.stall.count()));
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &transfer);
  curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, nullptr);
  if (request.method == "GET") {
    curl_easy_setopt(handle, CURLOPT_HTTPGET, 1L);
  } else {
    curl_easy_setopt(handle, CURLOPT_POST, 1L);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.data());
    if (request.method != "POST")
      curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }

  const CURLcode code = curl_easy_perform(handle);
  if (transfer.error) return *std::move(transfer.error);
  if (state_->proxy && ProxyRefused(handle, code))
    return Error(ErrorKind::kUnavailable, "proxy_refused",
                 "the proxy " + state_->proxy->ToString() +
                     " does not connect to the platform: " + state_->detail.data());
  if (code != CURLE_OK) return ErrorOf(code, transfer, state_->detail.data(), state_->peer);
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  transfer.response.status = static_cast<int>(status);
  transfer.response.peer_valid_from = state_->peer.chain_valid_from;
  transfer.response.peer_valid_until = state_->peer.chain_valid_until;
  if (!transfer.DeliverHead()) return *std::move(transfer.error);
  return std::move(transfer.response);
}

std::string HttpLibraryVersions() { return curl_version(); }

}  // namespace powernode
