// `serve`: the process that nodes talk to. It owns the store until SIGTERM or SIGINT, when it ends
// its connections and leaves; a kill -9 loses nothing that a client was told.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/base/result.h"
#include "tests/platform/authority.h"
#include "tests/platform/routes.h"
#include "tests/platform/state_directory.h"

namespace powernode::platform {

struct ServeOptions {
  StateDirectory directory;
  std::string listen = "127.0.0.1:0";
  std::string control = "127.0.0.1:0";
  std::vector<std::string> dns_names;
  std::vector<std::string> addresses;
  std::string url;  // what nodes are told; empty = made from the first name and the port
  const Personality* personality = nullptr;
  std::optional<KeyKind> authority;       // of DIR/ca.pem; default: what is there, else ECDSA
  std::optional<KeyKind> leaf_authority;  // a second authority for leaves, DIR/leaf-ca.pem
  ServerFlaw flaw = ServerFlaw::kNone;
  int ready_fd =
      -1;  // gets one line of JSON {"url","control"} when requests are answered, then is closed
  std::string pid_file;
};

Status Serve(const ServeOptions& options);

}  // namespace powernode::platform
