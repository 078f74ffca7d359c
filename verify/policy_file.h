// The owner's policy.json as a Policy value; verify/README.md describes the format. Strict: an
// unknown member, word or file is an error, and an error refuses every module (fails closed), since
// a policy that is half understood is not the owner's.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "verify/policy.h"

namespace powernode::verify {

// The text of a file beside the trust keys, by its name alone.
using ReadTrustFile = std::function<Result<std::string>(const std::string& name)>;

// `trust` holds the image's keys, whose origins are the paths of their files. At most 1 MiB and 64
// rules. kInvalid "bad_policy", naming `origin` and the member.
Result<Policy> ParsePolicy(std::string_view text, const std::string& origin, TrustStore trust,
                           const ReadTrustFile& read);

}  // namespace powernode::verify
