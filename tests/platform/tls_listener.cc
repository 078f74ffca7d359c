#include "tests/platform/tls_listener.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <iostream>
#include <vector>

#include "agent/base/syscalls.h"
#include "tests/platform/tls_stream.h"

namespace powernode::platform {
namespace {

constexpr int kIdleSeconds = 75;
constexpr std::size_t kRequestsPerConnection = 1'000'000;
constexpr int kBacklog = 256;
constexpr std::size_t kThreads = 96;
constexpr std::size_t kMaxPayload = 2 << 20;
constexpr std::size_t kChunk = 512 << 10;

void SetTimeouts(int socket) {
  const timeval timeout{.tv_sec = kIdleSeconds, .tv_usec = 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
}

bool SendSlice(const FileSlice& slice, std::size_t offset, std::size_t length,
               httplib::DataSink& sink, std::vector<std::byte>& buffer) {
  const std::size_t wanted = std::min(length, buffer.size());
  const Result<std::size_t> got =
      Pread(*slice.file, std::span(buffer.data(), wanted), slice.offset + offset);
  if (!got || *got == 0) return false;
  InvertByte(std::span(buffer.data(), *got), slice.offset + offset, slice.inverted_byte);
  return sink.write(reinterpret_cast<const char*>(buffer.data()), *got);
}

bool SendRecords(ObjectRecordReader& reader, httplib::DataSink& sink,
                 std::vector<std::byte>& buffer) {
  const Result<std::size_t> got = reader.Read(buffer);
  return got && *got > 0 && sink.write(reinterpret_cast<const char*>(buffer.data()), *got);
}

void SetBody(platform::Answer& answer, httplib::Response& response) {
  const std::string& type = answer.content_type;
  if (json* document = std::get_if<json>(&answer.body)) {
    response.set_content(document->dump(-1, ' ', false, json::error_handler_t::replace), type);
  } else if (std::string* text = std::get_if<std::string>(&answer.body)) {
    response.set_content(*text, type);
  } else if (FileSlice* slice = std::get_if<FileSlice>(&answer.body)) {
    if (slice->length == 0) return response.set_content("", type);
    response.set_content_provider(
        slice->length, type,
        [slice = *slice, buffer = std::make_shared<std::vector<std::byte>>(kChunk)](
            std::size_t offset, std::size_t length, httplib::DataSink& sink) {
          return SendSlice(slice, offset, length, sink, *buffer);
        });
  } else if (ObjectRecords* records = std::get_if<ObjectRecords>(&answer.body)) {
    const std::uint64_t size = WireSize(*records);
    if (size == 0) return response.set_content("", type);
    response.set_content_provider(
        size, type,
        [reader = std::make_shared<ObjectRecordReader>(std::move(*records)),
         buffer = std::make_shared<std::vector<std::byte>>(kChunk)](std::size_t, std::size_t,
                                                                    httplib::DataSink& sink) {
          return SendRecords(*reader, sink, *buffer);
        });
  } else {
    response.set_chunked_content_provider(type, [](std::size_t, httplib::DataSink& sink) {
      return sink.write(std::string(4096, ' ').data(), 4096);
    });
  }
}

Request ToRequest(const httplib::Request& from, Peer peer) {
  Request request;
  request.method = from.method;
  SetTarget(request, from.target);
  for (const auto& [name, value] : from.headers) {
    // cpp-httplib adds these itself.
    if (name == "REMOTE_ADDR" || name == "REMOTE_PORT" || name == "LOCAL_ADDR" ||
        name == "LOCAL_PORT")
      continue;
    request.headers.emplace_back(name, value);
  }
  request.body = from.body;
  request.peer = std::move(peer);
  return request;
}

}  // namespace

TlsListener::TlsListener(ControlPlane& plane, TlsSettings settings)
    : plane_(plane), server_(std::move(settings)) {
  const auto handler = [this](const httplib::Request& request, httplib::Response& response) {
    Answer(request, response);
  };
  Get(".*", handler);
  Post(".*", handler);
  Put(".*", handler);
  Patch(".*", handler);
  Delete(".*", handler);
  set_post_routing_handler(&TlsListener::FalsifyLength);
  set_payload_max_length(kMaxPayload);
  set_keep_alive_timeout(kIdleSeconds);
  set_keep_alive_max_count(kRequestsPerConnection);
  new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
}

Result<int> TlsListener::Bind(const std::string& host, int port) {
  const Result<Tls> trial = server_.NewConnection(plane_.GoodConnection());
  if (!trial) return trial.error();
  set_tcp_nodelay(true);
  if (port == 0) {
    port = bind_to_any_port(host);
    if (port < 0)
      return Error(ErrorKind::kUnavailable, "listen_failed", "cannot listen on " + host);
  } else if (!bind_to_port(host, port)) {
    return Error(ErrorKind::kUnavailable, "listen_failed",
                 "cannot listen on " + host + " port " + std::to_string(port));
  }
  ::listen(svr_sock_,
           kBacklog);  // the library's own backlog of 5 is too short for 50 nodes at once
  return port;
}

void TlsListener::Run() { listen_after_bind(); }

void TlsListener::Stop() {
  stopping_ = true;
  stop();
  const std::scoped_lock lock(open_mutex_);
  for (const int socket : open_) ::shutdown(socket, SHUT_RDWR);
}

bool TlsListener::process_and_close_socket(socket_t socket) {
  {
    const std::scoped_lock lock(open_mutex_);
    open_.insert(socket);
  }
  if (!stopping_) ServeConnection(socket);
  {
    const std::scoped_lock lock(open_mutex_);
    open_.erase(socket);
  }
  ::close(socket);
  return true;
}

void TlsListener::ServeConnection(int socket) {
  SetTimeouts(socket);
  const ConnectionPlan plan = plane_.NextConnection();
  Result<Tls> tls = server_.NewConnection(plan);
  if (!tls) {
    std::cerr << "begin a connection: " << tls.error().message() << "\n";
    return;
  }
  ::SSL_set_fd(tls->get(), socket);
  if (plan.abort_handshake) {
    char hello[16];
    [[maybe_unused]] const ssize_t got = ::recv(socket, hello, sizeof hello, 0);
    return;
  }
  plane_.Wait(plan.handshake_delay_ms);
  if (::SSL_accept(tls->get()) != 1) {
    ::ERR_clear_error();
    return;
  }
  TlsStream stream(std::move(*tls), socket, stopping_);
  while (!stopping_ && stream.WaitForRequest()) {
    bool close = false;
    const bool served = process_request(stream, false, close, [&stream](httplib::Request& request) {
      request.ssl = stream.tls();
      request.ranges.clear();  // range.h answers them
    });
    if (!served || close || stream.dead()) break;
  }
}

void TlsListener::Answer(const httplib::Request& request, httplib::Response& response) {
  auto& stream = *static_cast<TlsStream*>(SSL_get_app_data(request.ssl));
  Outcome outcome = plane_.Handle(ToRequest(request, stream.DescribePeer()));
  response.status = outcome.answer.status;
  for (const auto& [name, value] : outcome.answer.headers) response.headers.emplace(name, value);
  SetBody(outcome.answer, response);
  stream.BeginAnswer(outcome.wire);
}

// The library has computed Content-Length by now; this is the last look at the headers.
void TlsListener::FalsifyLength(const httplib::Request& request, httplib::Response& response) {
  if (request.ssl == nullptr) return;
  const auto& stream = *static_cast<TlsStream*>(SSL_get_app_data(request.ssl));
  const auto length = response.headers.find("Content-Length");
  if (stream.plan().add_to_length == 0 || length == response.headers.end()) return;
  length->second = std::to_string(std::stoll(length->second) + stream.plan().add_to_length);
}

}  // namespace powernode::platform
