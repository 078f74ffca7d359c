// The syntax of identity.cfg (node-files.md §2.5): `KEY=VALUE` lines with ID, KEY, SERVER, CA_PEM
// and CA_PEM_FILE; comments, blank lines, `export`, one pair of quotes, CRLF and a byte order mark
// are tolerated.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "identity/record.h"

namespace powernode::identity {

// Reads the file that CA_PEM_FILE names, as written there.
using CaFileReader = std::function<Result<std::string>(const std::string& name)>;

Record ParseIdentityFile(std::string_view text, const CaFileReader& read_ca);

// Reads and parses the file at `path`. An absolute CA_PEM_FILE is looked up below `root`, except
// that
// "/boot/..." is looked up in `boot_directory`; a relative one beside the file.
Record ReadIdentityFile(const std::string& path, const std::string& root,
                        const std::string& boot_directory);

}  // namespace powernode::identity
