// What a cloud or a seed disk hands a machine as user data (node-files.md §2.6), in the first form
// that fits: a JSON object with instance_uuid, bootstrap_token, platform_url and ca_pem;
// powernode.* words as on the kernel command line; or the lines of identity.cfg. Each may be
// wrapped in base64, also twice: some providers wrap what may be wrapped already.
#pragma once

#include <cstddef>
#include <string_view>

#include "identity/identity_file.h"
#include "identity/record.h"

namespace powernode::identity {

constexpr std::size_t kMaxUserData = 64 * 1024;

// What is meant for somebody else, such as a cloud-init document, is not found and no problem; the
// note says so. `read_ca` reads what CA_PEM_FILE names.
Record ParseUserData(std::string_view text, const CaFileReader& read_ca);

}  // namespace powernode::identity
