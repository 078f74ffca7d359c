// `serve`: the process that nodes talk to. It owns the store until SIGTERM or SIGINT, when it ends
// its connections and leaves; a kill -9 loses nothing that a client was told.
#pragma once

#include <optional>
#include <string>

#include "agent/base/result.h"
#include "tests/platform/authorities.h"
#include "tests/platform/routes.h"
#include "tests/platform/state_directory.h"
#include "tests/platform/tls_server.h"

namespace powernode::platform {

struct ServeOptions {
  StateDirectory directory;
  std::string listen = "127.0.0.1:0";
  std::string control = "127.0.0.1:0";
  TlsSettings tls;  // loopback is always among the names
  std::string url;  // what nodes are told; empty = made from the first name and the port
  const Personality* personality = nullptr;
  AuthorityKinds authorities;
  std::optional<Seconds> certificate_lifetime;  // of leaves; default: what was set before
  int ready_fd =
      -1;  // gets one line of JSON {"url","control"} when requests are answered, then is closed
  std::string pid_file;
};

Status Serve(const ServeOptions& options);

}  // namespace powernode::platform
