// fs-verity digests by the shortest way from the kernel's document (filesystems/fsverity.rst), with
// the whole file in memory and mbedTLS: what the shipped code is compared with. Shares nothing with
// it.
#pragma once

#include <string>
#include <string_view>

namespace powernode::testing {

// "sha256:<hex>" or "sha512:<hex>", as fsverity(1) prints it; `algorithm` is one of these words.
std::string ReferenceFsVerity(std::string_view data, const std::string& algorithm = "sha256",
                              std::string salt = "");

}  // namespace powernode::testing
