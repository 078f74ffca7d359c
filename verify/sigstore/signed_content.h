// A signature that was found to hold, and by whom: what log entries are compared with
// (signatures.md, sections 7 and 10.1).
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "agent/base/result.h"
#include "verify/sigstore/artifact.h"
#include "verify/x509/certificate.h"
#include "verify/x509/hash.h"
#include "verify/x509/public_key.h"

namespace powernode::verify::sigstore {

struct Signer {
  x509::PublicKey key;
  std::optional<x509::HashAlgorithm> hash;  // that the signature uses; none for Ed25519
};

// The first of `keys` whose signature over `what` this is, with any hash of its kind. `what` is the
// artifact, or a pre-authentication encoding. kRefuted "sig"; kCannotTell "sig": nothing could be
// tried, since no key uses a digest that is known.
Result<Signer> FindSigner(std::span<const x509::PublicKey> keys, const Artifact& what,
                          std::string_view signature);

// Views of what outlives the check.
struct SignedContent {
  const Artifact& artifact;
  // The bytes under the signature when they are not the artifact's: the payload of an envelope and
  // its pre-authentication encoding.
  struct Enveloped {
    std::string_view payload;
    std::string_view encoding;
  };
  std::optional<Enveloped> envelope;
  std::string_view signature;
  x509::PublicKey key;
  std::optional<x509::Certificate> leaf;  // the certificate of the key, keyless
};

}  // namespace powernode::verify::sigstore
