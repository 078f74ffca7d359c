// Where a registry keeps what was signed about an image: tags of its own repository, named after
// the digest of the manifest (signatures.md, sections 13.2 and 13.4).
#pragma once

#include <string>
#include <string_view>

namespace powernode::verify::sigstore {

enum class OciTag {
  kSignature,    // sha256-HEX.sig
  kAttestation,  // sha256-HEX.att
  kSbom,         // sha256-HEX.sbom
  kReferrers,    // sha256-HEX: the index for registries without the referrers API
};

// `digest` is the SHA-256 of the manifest's bytes, 32 bytes of it, computed and never taken from a
// header.
std::string OciTagName(std::string_view digest, OciTag tag);

// "sha256:HEX" of the same 32 bytes.
std::string OciDigestName(std::string_view digest);

}  // namespace powernode::verify::sigstore
