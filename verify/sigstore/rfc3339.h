// Points in time as trusted roots and reports write them: RFC 3339, in UTC, with "Z".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "verify/x509/instant.h"

namespace powernode::verify::sigstore {

// "YYYY-MM-DDThh:mm:ss[.1 to 9 digits]Z" and nothing else; the fraction is kept.
std::optional<x509::Instant> ParseRfc3339(std::string_view text);

// The same form; a fraction only where there is one, without zeros at its end. Years 0 to 9999.
std::string PrintRfc3339(x509::Instant instant);

}  // namespace powernode::verify::sigstore
