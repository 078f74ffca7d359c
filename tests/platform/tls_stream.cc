#include "tests/platform/tls_stream.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <thread>
#include <utility>

#include "tests/platform/certificates.h"

namespace powernode::platform {
namespace {

constexpr int kStopPollMs = 100;

using NameFunction = int (*)(int, sockaddr*, socklen_t*);

std::pair<std::string, int> Name(int socket, NameFunction function) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (function(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {"", 0};
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    const auto* four = reinterpret_cast<const sockaddr_in*>(&address);
    ::inet_ntop(AF_INET, &four->sin_addr, text, sizeof text);
    return {text, ntohs(four->sin_port)};
  }
  const auto* six = reinterpret_cast<const sockaddr_in6*>(&address);
  ::inet_ntop(AF_INET6, &six->sin6_addr, text, sizeof text);
  return {text, ntohs(six->sin6_port)};
}

}  // namespace

TlsStream::TlsStream(Tls tls, int socket, const std::atomic<bool>& stopping)
    : tls_(std::move(tls)), socket_(socket), stopping_(stopping) {
  SSL_set_app_data(tls_.get(), this);
}

TlsStream::~TlsStream() {
  if (!dead_) ::SSL_shutdown(tls_.get());
}

bool TlsStream::WaitForRequest() {
  char byte = 0;
  if (plan_.add_to_length != 0) Kill();  // the two ends no longer agree where the answer ended
  return !dead_ && ::SSL_peek(tls_.get(), &byte, 1) == 1;
}

void TlsStream::BeginAnswer(const WirePlan& plan) {
  plan_ = plan;
  headers_sent_ = false;
  body_sent_ = 0;
}

Peer TlsStream::DescribePeer() const {
  Peer peer;
  peer.address = Name(socket_, &::getpeername).first;
  peer.tls_version = ::SSL_get_version(tls_.get());
  const Certificate certificate(::SSL_get1_peer_certificate(tls_.get()));
  if (!certificate) return peer;
  peer.certificate_presented = true;
  peer.common_name = CommonName(certificate.get());
  peer.serial = SerialHex(certificate.get());
  peer.fingerprint = FingerprintHex(certificate.get());
  return peer;
}

bool TlsStream::is_readable() const { return !dead_ && ::SSL_pending(tls_.get()) > 0; }

ssize_t TlsStream::read(char* data, size_t size) {
  if (dead_) return -1;
  const int got = ::SSL_read(tls_.get(), data, static_cast<int>(std::min<size_t>(size, 1 << 20)));
  return got > 0 ? got : (::SSL_get_error(tls_.get(), got) == SSL_ERROR_ZERO_RETURN ? 0 : -1);
}

ssize_t TlsStream::write(const char* data, size_t size) {
  if (dead_) return -1;
  if (!headers_sent_) {
    headers_sent_ = true;
    if (plan_.lose_answer) Kill();
    return !dead_ && Send(data, size) ? static_cast<ssize_t>(size) : -1;
  }
  return SendBody(data, size) ? static_cast<ssize_t>(size) : -1;
}

bool TlsStream::Send(const char* data, std::size_t size) {
  while (size > 0 && !dead_) {
    const int sent =
        ::SSL_write(tls_.get(), data, static_cast<int>(std::min<std::size_t>(size, 1 << 20)));
    if (sent <= 0) {
      Kill();
      break;
    }
    data += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return !dead_;
}

bool TlsStream::SendBody(const char* data, std::size_t size) {
  constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t stall_at = plan_.stall_after.value_or(kNever);
  const std::uint64_t close_at = plan_.close_after.value_or(kNever);
  while (!dead_) {
    if (body_sent_ >= stall_at) StaySilent();
    if (body_sent_ >= close_at) Kill();
    if (size == 0 || dead_) break;
    std::uint64_t slice =
        std::min<std::uint64_t>({size, stall_at - body_sent_, close_at - body_sent_});
    if (plan_.bytes_per_second > 0) {
      slice = std::min(slice, std::max<std::uint64_t>(plan_.bytes_per_second / 20, 1));
      std::this_thread::sleep_for(
          std::chrono::microseconds(slice * 1000000 / plan_.bytes_per_second));
    }
    if (plan_.flip_at && *plan_.flip_at >= body_sent_ && *plan_.flip_at < body_sent_ + slice) {
      std::string changed(data, slice);
      char& byte = changed[*plan_.flip_at - body_sent_];
      byte = static_cast<char>(~byte);
      Send(changed.data(), slice);
    } else {
      Send(data, slice);
    }
    data += slice;
    size -= slice;
    body_sent_ += slice;
  }
  return !dead_;
}

void TlsStream::StaySilent() {
  pollfd peer{.fd = socket_, .events = POLLRDHUP, .revents = 0};
  while (!stopping_ && ::poll(&peer, 1, kStopPollMs) == 0) {
  }
  Kill();
}

void TlsStream::Kill() {
  dead_ = true;
  ::shutdown(socket_, SHUT_RDWR);
}

void TlsStream::get_remote_ip_and_port(std::string& ip, int& port) const {
  std::tie(ip, port) = Name(socket_, &::getpeername);
}

void TlsStream::get_local_ip_and_port(std::string& ip, int& port) const {
  std::tie(ip, port) = Name(socket_, &::getsockname);
}

}  // namespace powernode::platform
