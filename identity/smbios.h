// systemd credentials among the OEM strings of SMBIOS (type 11; DMTF DSP0134, 7.12), as systemd
// reads them (systemd.system-credentials(7)): "io.systemd.credential:NAME=VALUE" and
// "io.systemd.credential.binary:NAME=BASE64".
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace powernode::identity {

// Name and value of each credential in one SMBIOS structure, as the kernel shows it in
// /sys/firmware/dmi/entries/11-*/raw. A structure of another type or with broken bounds has none.
std::vector<std::pair<std::string, std::string>> SmbiosCredentials(std::string_view structure);

}  // namespace powernode::identity
