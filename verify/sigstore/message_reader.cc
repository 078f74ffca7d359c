#include "verify/sigstore/message_reader.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "agent/base/encoding.h"
#include "agent/base/printable.h"
#include "verify/quoted.h"
#include "verify/sigstore/refusal.h"

namespace powernode::verify::sigstore {
namespace {

constexpr std::size_t kMaxDigits = 19;

// "0" or digits without a leading zero; nullopt also beyond 2^63 - 1.
std::optional<std::int64_t> ReadDecimal(std::string_view text) {
  if (text.empty() || text.size() > kMaxDigits || (text.size() > 1 && text[0] == '0'))
    return std::nullopt;
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc()) return std::nullopt;
  return value;
}

}  // namespace

const Json* MessageReader::Find(std::string_view name) const {
  const auto found = object_->find(name);
  return found == object_->end() || found->is_null() ? nullptr : &*found;
}

std::string MessageReader::PathOf(std::string_view name) const {
  return path_.empty() ? std::string(name) : path_ + "." + std::string(name);
}

Error MessageReader::Refuse(std::string_view name, std::string_view why) const {
  return Wrong(stage::kParse, PathOf(name) + ": " + std::string(why));
}

Status MessageReader::AllowOnly(std::initializer_list<std::string_view> names) const {
  for (const auto& [name, value] : object_->items())
    if (std::find(names.begin(), names.end(), name) == names.end())
      return Refuse(Printable(std::string_view(name).substr(0, kQuotedAtMost)), "unknown member");
  return Ok();
}

Result<std::string> MessageReader::String(std::string_view name) const {
  const Json* value = Find(name);
  if (value == nullptr) return std::string();
  if (!value->is_string()) return Refuse(name, "not a string");
  return value->get_ref<const std::string&>();
}

Result<std::string> MessageReader::Bytes(std::string_view name) const {
  ASSIGN_OR_RETURN(const std::string text, String(name));
  std::optional<std::string> bytes = Base64Decode(text);
  if (!bytes) return Refuse(name, "not canonical base64");
  return *std::move(bytes);
}

Result<std::string> MessageReader::BytesOfSize(std::string_view name, std::size_t size) const {
  ASSIGN_OR_RETURN(std::string bytes, Bytes(name));
  if (!bytes.empty() && bytes.size() != size)
    return Refuse(name, std::to_string(bytes.size()) + " bytes, not " + std::to_string(size));
  return bytes;
}

Result<std::string> MessageReader::RequiredString(std::string_view name) const {
  ASSIGN_OR_RETURN(std::string text, String(name));
  if (text.empty()) return Refuse(name, "missing or empty");
  return text;
}

Result<std::string> MessageReader::RequiredBytes(std::string_view name) const {
  ASSIGN_OR_RETURN(std::string bytes, Bytes(name));
  if (bytes.empty()) return Refuse(name, "missing or empty");
  return bytes;
}

Result<std::int64_t> MessageReader::Int64(std::string_view name) const {
  const Json* value = Find(name);
  if (value == nullptr) return std::int64_t{0};
  if (value->is_number_unsigned()) {  // "-0" and all that has a sign is not
    const auto number = value->get<std::uint64_t>();
    if (number <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      return static_cast<std::int64_t>(number);
  } else if (value->is_string()) {
    if (const auto number = ReadDecimal(value->get_ref<const std::string&>())) return *number;
  }
  return Refuse(name, "not an integer of 0 to 2^63 - 1");
}

Result<std::optional<MessageReader>> MessageReader::Message(std::string_view name) const {
  const Json* value = Find(name);
  if (value == nullptr) return std::optional<MessageReader>();
  if (!value->is_object()) return Refuse(name, "not an object");
  return std::optional(MessageReader(*value, PathOf(name)));
}

Result<MessageReader> MessageReader::RequiredMessage(std::string_view name) const {
  ASSIGN_OR_RETURN(std::optional<MessageReader> message, Message(name));
  if (!message) return Refuse(name, "missing");
  return *std::move(message);
}

Result<const Json*> MessageReader::List(std::string_view name, std::size_t max) const {
  const Json* value = Find(name);
  if (value == nullptr) return nullptr;
  if (!value->is_array()) return Refuse(name, "not a list");
  if (value->size() > max) return Refuse(name, "more than " + std::to_string(max) + " elements");
  return value;
}

Result<std::vector<MessageReader>> MessageReader::Messages(std::string_view name,
                                                           std::size_t max) const {
  ASSIGN_OR_RETURN(const Json* list, List(name, max));
  std::vector<MessageReader> messages;
  if (list == nullptr) return messages;
  for (const Json& element : *list) {
    const std::string place = std::string(name) + "[" + std::to_string(messages.size()) + "]";
    if (!element.is_object()) return Refuse(place, "not an object");
    messages.emplace_back(element, PathOf(place));
  }
  return messages;
}

Result<std::vector<std::string>> MessageReader::ListOfBytes(std::string_view name, std::size_t max,
                                                            std::size_t size) const {
  ASSIGN_OR_RETURN(const Json* list, List(name, max));
  std::vector<std::string> all;
  if (list == nullptr) return all;
  for (const Json& element : *list) {
    const std::string place = std::string(name) + "[" + std::to_string(all.size()) + "]";
    if (!element.is_string()) return Refuse(place, "not a string");
    std::optional<std::string> bytes = Base64Decode(element.get_ref<const std::string&>());
    if (!bytes || bytes->size() != size)
      return Refuse(place, "not the base64 of " + std::to_string(size) + " bytes");
    all.push_back(*std::move(bytes));
  }
  return all;
}

}  // namespace powernode::verify::sigstore
