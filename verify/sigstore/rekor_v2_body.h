// The body of an entry that a Rekor v2 log makes of a signature (signatures.md, section 10.6;
// sigstore/rekor-tiles). It is made anew from what was verified and compared byte for byte, so that
// nothing in a body from outside needs to be understood.
#pragma once

#include <string>

#include "agent/base/result.h"
#include "verify/sigstore/signed_content.h"

namespace powernode::verify::sigstore {

// kCannotTell, stage "tlog-body": keys that have no name there (Ed25519 is logged in its pre-hash
// variant; RSA of odd sizes), and a digest of the artifact that is not known.
Result<std::string> RekorV2Body(const SignedContent& content);

}  // namespace powernode::verify::sigstore
