// The names of hashes in protocol buffers ("SHA2_256"; sigstore_common.proto).
#pragma once

#include <optional>
#include <string_view>

#include "verify/x509/hash.h"

namespace powernode::verify::sigstore {

constexpr std::string_view ProtoHashName(x509::HashAlgorithm algorithm) {
  switch (algorithm) {
    case x509::HashAlgorithm::kSha256:
      return "SHA2_256";
    case x509::HashAlgorithm::kSha384:
      return "SHA2_384";
    case x509::HashAlgorithm::kSha512:
      break;
  }
  return "SHA2_512";
}

constexpr std::optional<x509::HashAlgorithm> HashByProtoName(std::string_view name) {
  for (const x509::HashAlgorithm algorithm :
       {x509::HashAlgorithm::kSha256, x509::HashAlgorithm::kSha384, x509::HashAlgorithm::kSha512})
    if (ProtoHashName(algorithm) == name) return algorithm;
  return std::nullopt;
}

}  // namespace powernode::verify::sigstore
