// The names in a control plane's state directory, in one place.
#pragma once

#include <cstddef>
#include <string>

#include "agent/base/files.h"

namespace powernode::platform {

inline constexpr std::size_t kMaxFormerRoots = 256 << 10;  // bytes

struct StateDirectory {
  std::string path;

  std::string state() const { return JoinPath(path, "state.json"); }
  std::string lock() const { return JoinPath(path, "lock"); }  // flock: who may change state.json
  std::string control() const {
    return JoinPath(path, "control.json");
  }  // how to reach a serving process
  std::string requests() const { return JoinPath(path, "requests.jsonl"); }
  std::string next_root() const { return JoinPath(path, "ca-next.pem"); }
  bool is_rolling() const { return Exists(next_root()); }  // of the certificate authority
  // PEM, newest first: authorities signed by their predecessors.
  std::string cross_certificates() const { return JoinPath(path, "ca-cross.pem"); }
  std::string former_roots() const { return JoinPath(path, "ca-former.pem"); }
  std::string blobs() const { return JoinPath(path, "blobs"); }
  std::string blob(const std::string& digest) const { return JoinPath(blobs(), digest); }
  std::string objects() const { return JoinPath(path, "objects"); }
  // `digest`: 64 hexadecimal digits, as a composefs image names its objects.
  std::string object(const std::string& digest) const {
    return JoinPath(JoinPath(objects(), digest.substr(0, 2)), digest.substr(2));
  }
  std::string object_lists() const { return JoinPath(path, "object-lists"); }
  std::string object_list(const std::string& blob_digest) const {
    return JoinPath(object_lists(), blob_digest);
  }
};

}  // namespace powernode::platform
