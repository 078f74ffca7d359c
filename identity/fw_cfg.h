// Identity from QEMU's fw_cfg device (node-files.md §2.4): one file a key below
// /sys/firmware/qemu_fw_cfg/by_name/opt/com.powernode/<key>/raw, made by the kernel's qemu_fw_cfg
// module. A key that cannot be read is reported and counts as missing; the others still count.
#pragma once

#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "identity/record.h"
#include "identity/source.h"

namespace powernode::identity {

// The item `directory`/`key`, at most 64 KiB, in one read. kNotFound when there is none.
Result<std::string> ReadFwCfgItem(const std::string& directory, std::string_view key);

Record ReadFwCfg(const SourceContext& context);

}  // namespace powernode::identity
