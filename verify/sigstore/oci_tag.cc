#include "verify/sigstore/oci_tag.h"

#include "agent/base/encoding.h"

namespace powernode::verify::sigstore {
namespace {

std::string_view Suffix(OciTag tag) {
  switch (tag) {
    case OciTag::kSignature:
      return ".sig";
    case OciTag::kAttestation:
      return ".att";
    case OciTag::kSbom:
      return ".sbom";
    case OciTag::kReferrers:
      break;
  }
  return "";
}

}  // namespace

std::string OciTagName(std::string_view digest, OciTag tag) {
  return ("sha256-" + HexEncode(digest)).append(Suffix(tag));
}

std::string OciDigestName(std::string_view digest) { return "sha256:" + HexEncode(digest); }

}  // namespace powernode::verify::sigstore
