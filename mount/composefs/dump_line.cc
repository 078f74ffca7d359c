#include "mount/composefs/dump_line.h"

#include <sys/stat.h>

#include <array>
#include <limits>
#include <optional>
#include <span>

#include "agent/base/encoding.h"
#include "mount/composefs/dump_text.h"
#include "mount/composefs/tree_rules.h"

namespace powernode::mount::composefs {
namespace {

enum Field {
  kPath,
  kSize,
  kMode,
  kLinks,
  kUid,
  kGid,
  kDevice,
  kMtime,
  kPayload,
  kContent,
  kDigest
};
constexpr std::size_t kFields = kDigest + 1;
constexpr std::size_t kMaxAttributeText = 65535;
constexpr std::uint64_t kMostSeconds = std::numeric_limits<std::int64_t>::max();

using Fields = std::array<std::string_view, kFields>;

// Fields that are missing at the end are empty. Returns the attributes' text, nullopt when there is
// none: a space at the end of the line is none.
std::optional<std::string_view> Split(std::string_view line, Fields& fields) {
  for (std::string_view& field : fields) {
    const std::size_t space = line.find(' ');
    field = line.substr(0, space);
    if (space == std::string_view::npos) return std::nullopt;
    line.remove_prefix(space + 1);
  }
  return line.empty() ? std::nullopt : std::optional(line);
}

Error BadNumber(std::string_view field, std::string_view text) {
  return BadDump(std::string(field) + " " + Quoted(text) + " is not a decimal number below 2^64");
}

Result<std::uint64_t> Number(std::string_view field, std::string_view text) {
  const std::optional<std::uint64_t> value = DumpNumber(text);
  if (!value) return BadNumber(field, text);
  return *value;
}

// The format keeps the low 32 bits.
Result<std::uint32_t> Number32(std::string_view field, std::string_view text) {
  ASSIGN_OR_RETURN(const std::uint64_t value, Number(field, text));
  return static_cast<std::uint32_t>(value);
}

Result<std::uint32_t> ParseMode(std::string_view text) {
  const std::optional<std::uint64_t> value = DumpNumber(text, 8);
  if (!value) return BadDump("MODE " + Quoted(text) + " is not an octal number");
  if (*value > std::numeric_limits<std::uint16_t>::max())
    return BadDump("MODE " + Quoted(text) + " has bits above 0177777");
  if ((*value & S_IFMT) == 0)
    return BadDump("MODE " + Quoted(text) + " has no file type, such as 100644 for a regular file");
  return static_cast<std::uint32_t>(*value);
}

Result<Timestamp> ParseMtime(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos)
    return BadDump("MTIME " + Quoted(text) + " has no nanosecond part (SECONDS.NANOSECONDS)");
  std::string_view seconds = text.substr(0, dot);
  const bool negative = seconds.starts_with('-');
  if (negative || seconds.starts_with('+')) seconds.remove_prefix(1);
  const std::optional<std::uint64_t> magnitude = DumpNumber(seconds);
  const std::optional<std::uint64_t> nanoseconds = DumpNumber(text.substr(dot + 1));
  if (!magnitude || !nanoseconds)
    return BadDump("MTIME " + Quoted(text) + " is not two decimal numbers with a dot between");
  if (*magnitude > kMostSeconds + (negative ? 1 : 0))
    return BadDump("MTIME " + Quoted(text) + " is beyond 2^63 seconds");
  if (*nanoseconds >= 1'000'000'000)
    return BadDump("MTIME " + Quoted(text) + " has a second or more of nanoseconds");
  const std::uint64_t two_complement = negative ? 0 - *magnitude : *magnitude;
  return Timestamp{static_cast<std::int64_t>(two_complement),
                   static_cast<std::uint32_t>(*nanoseconds)};
}

Result<std::string> Bytes(std::string_view field, std::string_view text) {
  Result<std::string> bytes = UnescapeDump(text);
  if (!bytes) return std::move(bytes).error().WithContext(field);
  return bytes;
}

// Where C ends a string at a zero byte, mkcomposefs loses what is behind it.
Result<std::string> Words(std::string_view field, std::string_view text) {
  ASSIGN_OR_RETURN(std::string words, Bytes(field, text));
  if (words.find('\0') != std::string::npos)
    return BadDump(std::string(field) + " holds a zero byte");
  return words;
}

Result<std::optional<verify::ObjectVerity>> ParseDigest(std::string_view text) {
  if (text == "-") return std::optional<verify::ObjectVerity>();
  ASSIGN_OR_RETURN(const std::string digits, Bytes("DIGEST", text));
  const std::optional<std::string> bytes = HexDecode(digits);
  if (bytes) {
    const auto digest = verify::FsVerityDigest::FromBytes(verify::FsVerityAlgorithm::kSha256,
                                                          std::as_bytes(std::span(*bytes)));
    if (digest) return std::optional(verify::ObjectVerity(*digest));
  }
  return BadDump("DIGEST " + Quoted(digits) + " is not 64 hexadecimal digits");
}

Result<std::vector<Attribute>> ParseAttributes(std::string_view text) {
  if (text.size() > kMaxAttributeText)
    return BadDump("the attributes' text has " + std::to_string(text.size()) + " bytes, " +
                   std::to_string(kMaxAttributeText) + " are the most");
  std::vector<Attribute> attributes;
  while (!text.empty()) {  // so that one space at the end is ignored
    const std::size_t space = text.find(' ');
    const std::string_view pair = text.substr(0, space);
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
    if (pair.empty()) return BadDump("an attribute is empty (two spaces in a row)");
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos)
      return BadDump("the attribute " + Quoted(pair) + " has no = sign");
    ASSIGN_OR_RETURN(std::string name, Words("an attribute's name", pair.substr(0, equals)));
    ASSIGN_OR_RETURN(std::string value, Bytes("an attribute's value", pair.substr(equals + 1)));
    attributes.push_back({std::move(name), std::move(value)});
  }
  return attributes;
}

Status ParseNumbers(const Fields& fields, Node& node) {
  ASSIGN_OR_RETURN(node.mode, ParseMode(fields[kMode]));
  ASSIGN_OR_RETURN(node.size, Number("SIZE", fields[kSize]));
  ASSIGN_OR_RETURN(node.link_count, Number32("NLINK", fields[kLinks]));
  ASSIGN_OR_RETURN(node.uid, Number32("UID", fields[kUid]));
  ASSIGN_OR_RETURN(node.gid, Number32("GID", fields[kGid]));
  ASSIGN_OR_RETURN(node.device, Number32("RDEV", fields[kDevice]));
  ASSIGN_OR_RETURN(node.mtime, ParseMtime(fields[kMtime]));
  return Ok();
}

Status ParseContent(std::string_view text, Node& node) {
  if (text == "-") return Ok();
  ASSIGN_OR_RETURN(node.content, Bytes("CONTENT", text));
  if (node.content.size() != node.size)
    return BadDump("the content has " + std::to_string(node.content.size()) + " bytes, SIZE says " +
                   std::to_string(node.size));
  if (!node.IsSymlink() && node.content.size() > kMaxContent)
    return BadDump("the content has " + std::to_string(node.content.size()) + " bytes, " +
                   std::to_string(kMaxContent) + " are the most");
  return Ok();
}

// The other fields of a hard link's line are not even read.
Status ParseLink(const Fields& fields, DumpLine& parsed) {
  parsed.is_link = true;
  ASSIGN_OR_RETURN(const std::uint32_t mode, ParseMode(fields[kMode].substr(1)));
  if (S_ISDIR(mode)) return BadDump("a hard link cannot name a directory");
  Node probe;
  probe.mode = mode;
  probe.payload = "-";
  RETURN_IF_ERROR(CheckNode(probe));
  if (fields[kPayload] == "-" || fields[kPayload].empty())
    return BadDump("the hard link has no target (PAYLOAD)");
  ASSIGN_OR_RETURN(parsed.link_target, Words("PAYLOAD", fields[kPayload]));
  return Ok();
}

}  // namespace

Result<DumpLine> ParseDumpLine(std::string_view line) {
  if (line.empty()) return BadDump("the line is empty");
  if (line.find('\0') != std::string_view::npos) return BadDump("the line holds a zero byte");
  Fields fields;
  const std::optional<std::string_view> attributes = Split(line, fields);
  DumpLine parsed;
  ASSIGN_OR_RETURN(parsed.path, Words("PATH", fields[kPath]));
  if (parsed.path.empty()) return BadDump("the path is empty");
  if (fields[kMode].starts_with('@')) {
    RETURN_IF_ERROR(ParseLink(fields, parsed));
    return parsed;
  }

  Node& node = parsed.node;
  RETURN_IF_ERROR(ParseNumbers(fields, node));
  if (fields[kPayload] != "-") {
    ASSIGN_OR_RETURN(node.payload, Words("PAYLOAD", fields[kPayload]));
  }
  RETURN_IF_ERROR(ParseContent(fields[kContent], node));
  ASSIGN_OR_RETURN(node.digest, ParseDigest(fields[kDigest]));
  if (attributes) {
    ASSIGN_OR_RETURN(node.attributes, ParseAttributes(*attributes));
  }
  return parsed;
}

Error BadDump(std::string message) {
  return Error(ErrorKind::kInvalid, "bad_dump", std::move(message));
}

}  // namespace powernode::mount::composefs
