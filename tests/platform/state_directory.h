// The names in a control plane's state directory, in one place.
#pragma once

#include <string>

#include "agent/base/files.h"

namespace powernode::platform {

struct StateDirectory {
  std::string path;

  std::string state() const { return JoinPath(path, "state.json"); }
  std::string lock() const { return JoinPath(path, "lock"); }  // flock: who may change state.json
  std::string control() const {
    return JoinPath(path, "control.json");
  }  // how to reach a serving process
  std::string requests() const { return JoinPath(path, "requests.jsonl"); }
  std::string blobs() const { return JoinPath(path, "blobs"); }
  std::string blob(const std::string& digest) const { return JoinPath(blobs(), digest); }
};

}  // namespace powernode::platform
