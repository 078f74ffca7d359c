// JSON from outside, read with limits and without exceptions (node-api.md §3.2, T1, T2, T4).
//
// ParseJson refuses trailing data, invalid UTF-8, a depth over 64 and strings over 1 MiB. The
// readers below treat null and a wrong type as "absent": the caller decides whether absent is an
// error.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "agent/base/result.h"

namespace powernode {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

// kInvalid "bad_json"; the message says where.
Result<Json> ParseJson(std::string_view text);
// As above, and the value must be an object.
Result<Json> ParseJsonObject(std::string_view text);

// Text of `value`; invalid UTF-8 inside is replaced, never thrown about. indent < 0: one line.
std::string DumpJson(const Json& value, int indent = -1);
std::string DumpJson(const OrderedJson& value, int indent = -1);

std::optional<std::string> GetString(const Json& object, std::string_view key);
std::optional<bool> GetBool(const Json& object, std::string_view key);
// Accepts a JSON integer or a decimal string.
std::optional<std::int64_t> GetInt(const Json& object, std::string_view key);
// nullptr when absent or of another type.
const Json* GetObject(const Json& object, std::string_view key);
const Json* GetArray(const Json& object, std::string_view key);

}  // namespace powernode
