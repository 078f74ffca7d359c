// Reads one protocol-buffer message from its JSON form (signatures.md, section 1): names are
// lowerCamelCase, a member that is absent or null has its default, 64-bit integers may be decimal
// strings, bytes are canonical base64. A member of another type refuses the document; the message
// names its path.
//
//   MessageReader entry(json, "tlogEntries[0]");
//   ASSIGN_OR_RETURN(out.log_index, entry.Int64("logIndex"));
//
// All errors are kRefuted, stage "parse". The JSON must outlive the reader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/json.h"
#include "agent/base/result.h"

namespace powernode::verify::sigstore {

class MessageReader {
 public:
  // `object` must be a JSON object.
  MessageReader(const Json& object, std::string path) : object_(&object), path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  // Of a member, for messages.
  std::string PathOf(std::string_view name) const;
  Error Refuse(std::string_view name, std::string_view why) const;

  // True when the member is there and not null.
  bool Has(std::string_view name) const { return Find(name) != nullptr; }
  Status AllowOnly(std::initializer_list<std::string_view> names) const;

  Result<std::string> String(std::string_view name) const;
  Result<std::string> Bytes(std::string_view name) const;
  // As above, and exactly `size` bytes, or none.
  Result<std::string> BytesOfSize(std::string_view name, std::size_t size) const;
  Result<std::string> RequiredString(std::string_view name) const;
  Result<std::string> RequiredBytes(std::string_view name) const;
  // 0 to 2^63 - 1.
  Result<std::int64_t> Int64(std::string_view name) const;
  Result<std::optional<MessageReader>> Message(std::string_view name) const;
  Result<MessageReader> RequiredMessage(std::string_view name) const;
  // At most `max` elements, each an object.
  Result<std::vector<MessageReader>> Messages(std::string_view name, std::size_t max) const;
  // At most `max` byte strings of `size` bytes each.
  Result<std::vector<std::string>> ListOfBytes(std::string_view name, std::size_t max,
                                               std::size_t size) const;

 private:
  const Json* Find(std::string_view name) const;
  Result<const Json*> List(std::string_view name, std::size_t max) const;

  const Json* object_;
  std::string path_;
};

}  // namespace powernode::verify::sigstore
