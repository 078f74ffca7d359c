// Identity from systemd credentials: powernode.instance_uuid, powernode.bootstrap_token,
// powernode.platform_url and powernode.ca_pem, from the unit's own ($CREDENTIALS_DIRECTORY) and the
// machine's (/run/credentials/@system). Where no systemd has imported the machine's yet, as in an
// initramfs without it, they are read where it would: fw_cfg, then SMBIOS type 11.
#pragma once

#include "identity/record.h"
#include "identity/source.h"

namespace powernode::identity {

Record ReadSystemdCredentials(const SourceContext& context);

}  // namespace powernode::identity
