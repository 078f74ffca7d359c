// What this program is: its version, and the commit it was built from.
//
// The values are stamped at build time by cmake/StampVersion.cmake, into one file that nothing else
// depends on. The time is the commit's (or SOURCE_DATE_EPOCH), never the builder's clock: the same
// source gives the same bytes. It also bounds a clock that lost its battery: no time before it can
// be now.
#pragma once

#include <cstdint>
#include <string_view>

namespace powernode {

// "0.1.0".
std::string_view Version();

// Twelve hex digits, with "-dirty" when the tree had changes; "unknown" outside a repository.
std::string_view Commit();

// Seconds since 1970.
std::int64_t BuildTimeUnix();

}  // namespace powernode
