#include "tests/platform/serve.h"

#include <chrono>
#include <csignal>
#include <iostream>
#include <thread>

#include "agent/base/syscalls.h"
#include "tests/platform/control.h"
#include "tests/platform/control_plane.h"
#include "tests/platform/tls_listener.h"

namespace powernode::platform {
namespace {

struct HostPort {
  std::string host;
  int port = 0;
};

// "127.0.0.1:8443", "[::]:8443"
Result<HostPort> ParseHostPort(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  const std::string port = colon == std::string::npos ? "" : text.substr(colon + 1);
  if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string::npos)
    return Error(ErrorKind::kInvalid, "bad_address", "'" + text + "' is not HOST:PORT");
  std::string host = text.substr(0, colon);
  if (host.starts_with("[") && host.ends_with("]")) host = host.substr(1, host.size() - 2);
  return HostPort{std::move(host), std::stoi(port)};
}

// Loopback is always among the names: commands and tests come that way.
void AddLoopbackNames(TlsSettings& tls) {
  tls.dns_names.emplace_back("localhost");
  tls.addresses.emplace_back("127.0.0.1");
  tls.addresses.emplace_back("::1");
}

std::string Url(const ServeOptions& options, int port) {
  if (!options.url.empty()) return options.url;
  const TlsSettings& tls = options.tls;
  const std::string name = !tls.dns_names.empty()   ? tls.dns_names.front()
                           : !tls.addresses.empty() ? tls.addresses.front()
                                                    : "127.0.0.1";
  const bool six = name.find(':') != std::string::npos;
  return "https://" + (six ? "[" + name + "]" : name) + ":" + std::to_string(port);
}

Status TellReady(const ServeOptions& options, const std::string& url, const std::string& control) {
  if (!options.pid_file.empty())
    RETURN_IF_ERROR(WriteFileAtomically(options.pid_file, std::to_string(::getpid()) + "\n", 0644));
  if (options.ready_fd >= 0) {
    const Fd ready(options.ready_fd);
    RETURN_IF_ERROR(
        WriteAll(ready, AsBytes(json{{"url", url}, {"control", control}}.dump() + "\n")));
  }
  std::cerr << "powernode-platform: serving " << url << ", control on " << control << "\n";
  return Ok();
}

sigset_t BlockEndSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

}  // namespace

Status Serve(const ServeOptions& given) {
  ServeOptions options = given;
  // Before any thread starts, so that all of them inherit it.
  const sigset_t end_signals = BlockEndSignals();
  ASSIGN_OR_RETURN(const HostPort listen, ParseHostPort(options.listen));
  ASSIGN_OR_RETURN(const HostPort control_at, ParseHostPort(options.control));
  ASSIGN_OR_RETURN(Store store, OpenStoreSoon(options.directory));
  ASSIGN_OR_RETURN(AuthorityKeeper authorities,
                   AuthorityKeeper::Open(options.directory, options.authorities, *store.Lock()));
  ControlPlane plane(store, std::move(authorities), *options.personality);
  AddLoopbackNames(options.tls);
  TlsListener listener(plane, options.tls);
  ControlListener control(store);
  ASSIGN_OR_RETURN(const int port, listener.Bind(listen.host, listen.port));
  ASSIGN_OR_RETURN(const std::string control_address,
                   control.Bind(control_at.host, control_at.port));
  const std::string url = Url(given, port);
  {
    const Store::Guard state = store.Lock();
    state->settings.platform_url = url;
    if (options.certificate_lifetime)
      state->settings.leaf_lifetime_seconds = *options.certificate_lifetime;
    RETURN_IF_ERROR(state.Save());
  }
  RETURN_IF_ERROR(control.Announce(control_address, url));

  std::thread control_thread([&control] { control.Run(); });
  std::thread listener_thread([&listener] { listener.Run(); });
  // The library forgets a stop() that comes before its loop has begun.
  while (!listener.is_running() || !control.is_running())
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const Status told = TellReady(options, url, control_address);
  int signal = 0;
  if (told) ::sigwait(&end_signals, &signal);
  plane.Stop();
  listener.Stop();
  control.Stop();
  listener_thread.join();
  control_thread.join();
  RETURN_IF_ERROR(Unlink(options.directory.control()));
  return told;
}

}  // namespace powernode::platform
