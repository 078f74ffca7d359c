// How a command reaches the state: by itself when nothing serves it, through the control listener
// when a process does. The listener is plain HTTP on a loopback address with a secret from
// DIR/control.json (mode 0600), because a virtual machine with user-mode networking can reach its
// host's loopback.
//
//   POST /verb   X-Control-Secret: ...   {"verb":"node add","arguments":{...}}
//   200 {"result":...}   422 {"code":...,"error":...}   403
#pragma once

#include <memory>
#include <string>

#include "agent/base/result.h"
#include "tests/platform/http_library.h"
#include "tests/platform/store.h"

namespace powernode::platform {

class ControlListener {
 public:
  // `store` must outlive the listener.
  explicit ControlListener(Store& store);

  // Only loopback addresses; kRefused otherwise. Port 0 takes a free one. Returns "host:port".
  Result<std::string> Bind(const std::string& host, int port);
  // Tells commands where to find it: writes DIR/control.json.
  Status Announce(const std::string& address, const std::string& url);
  void Run();
  bool is_running() const { return server_.is_running(); }
  void Stop();

 private:
  void Answer(const httplib::Request& request, httplib::Response& response);

  Store& store_;
  std::string secret_;
  httplib::Server server_;
};

// Runs the verb on the directory's state, wherever it is held right now.
Result<json> RunOnState(const StateDirectory& directory, const std::string& verb,
                        const json& arguments);

// Opens the store, waiting a moment for a command that has it. kBusy when a process serves it.
Result<Store> OpenStoreSoon(const StateDirectory& directory);

}  // namespace powernode::platform
