// The path from a certificate to an authority of the trusted root (signatures.md §8.2), at points
// in time that somebody in that root has signed: leaves live for minutes, and the clock says
// nothing.
//
// Only certificates of the authority's own entry take part; what came with a bundle does not.
#pragma once

#include <span>
#include <string_view>

#include "agent/base/result.h"
#include "verify/x509/authority.h"
#include "verify/x509/certificate.h"

namespace powernode::verify::x509 {

// The profile of a Fulcio leaf that its path does not say (§8.1): known critical extensions, not a
// CA. kRefuted "cert".
Status CheckLeaf(const Certificate& leaf);
// Key usage with digitalSignature, extended key usage with codeSigning. kRefuted "cert".
Status CheckCodeSigningUsage(const Certificate& leaf);

// At each of `times` some authority that was valid then has a path to `leaf` on which every
// certificate is valid; intermediates with purposes have `purpose` or any. Returns the certificate
// that signed the leaf. kRefuted "cert": there is none; kCannotTell "cert": none, and a signature
// could not be checked. Precondition: `times` is not empty.
Result<Certificate> VerifyPath(const Certificate& leaf, std::span<const Authority> authorities,
                               std::span<const Instant> times, std::string_view purpose);

// The same for one authority, whose window is not looked at, and one time.
Result<Certificate> FindPath(const Certificate& leaf, const Authority& authority, Instant time,
                             std::string_view purpose);

}  // namespace powernode::verify::x509
