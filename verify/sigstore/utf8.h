// UTF-8 (RFC 3629) as code points.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace powernode::verify::sigstore {

// nullopt: not UTF-8 (overlong forms, surrogates, beyond U+10FFFF, cut short).
std::optional<std::u32string> DecodeUtf8(std::string_view text);

}  // namespace powernode::verify::sigstore
