#include "verify/x509/der.h"

#include <utility>

namespace powernode::verify::x509 {
namespace {

constexpr std::uint8_t kTagNumber = 0x1f;
constexpr std::uint8_t kLongLength = 0x80;
constexpr std::size_t kMaxLengthBytes = 4;

std::uint8_t ByteAt(std::string_view bytes, std::size_t index) {
  return static_cast<std::uint8_t>(bytes[index]);
}

std::string TagText(std::uint8_t tag) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  return {'0', 'x', kDigits[tag >> 4], kDigits[tag & 0xf]};
}

}  // namespace

Error DerError(std::string_view why) {
  return Error(ErrorKind::kRefuted, "parse", "DER: " + std::string(why));
}

Result<DerElement> DerReader::ReadAny() {
  if (rest_.size() < 2) return DerError("an element is cut short");
  const std::uint8_t tag = ByteAt(rest_, 0);
  if ((tag & kTagNumber) == kTagNumber) return DerError("tag number above 30");

  std::size_t header = 2;
  std::size_t length = ByteAt(rest_, 1);
  if (length >= kLongLength) {
    const std::size_t count = length - kLongLength;
    if (count == 0) return DerError("indefinite length");
    if (count > kMaxLengthBytes) return DerError("length of more than four bytes");
    if (rest_.size() < header + count) return DerError("a length is cut short");
    length = 0;
    for (std::size_t i = 0; i < count; ++i) length = length << 8 | ByteAt(rest_, header + i);
    if (length < kLongLength || length >> (8 * (count - 1)) == 0)
      return DerError("length not in its shortest form");
    header += count;
  }
  if (length > rest_.size() - header) return DerError("an element is longer than its parent");

  const DerElement element{.tag = tag,
                           .contents = rest_.substr(header, length),
                           .encoding = rest_.substr(0, header + length)};
  rest_.remove_prefix(header + length);
  return element;
}

Result<DerElement> DerReader::Read(std::uint8_t tag) {
  if (rest_.empty()) return DerError("no element with tag " + TagText(tag));
  if (!NextIs(tag))
    return DerError("tag " + TagText(ByteAt(rest_, 0)) + " in place of " + TagText(tag));
  return ReadAny();
}

Result<DerReader> DerReader::Enter(std::uint8_t tag) {
  ASSIGN_OR_RETURN(const DerElement element, Read(tag));
  return DerReader(element.contents);
}

Result<bool> DerReader::ReadBoolean() {
  ASSIGN_OR_RETURN(const DerElement element, Read(kDerBoolean));
  if (element.contents == std::string_view("\x00", 1)) return false;
  if (element.contents == "\xff") return true;
  return DerError("BOOLEAN neither 00 nor ff");
}

Result<std::string_view> DerReader::ReadInteger() {
  ASSIGN_OR_RETURN(const DerElement element, Read(kDerInteger));
  const std::string_view contents = element.contents;
  if (contents.empty()) return DerError("INTEGER without contents");
  if (contents.size() > 1) {
    const bool next_is_negative = (ByteAt(contents, 1) & 0x80) != 0;
    if (ByteAt(contents, 0) == (next_is_negative ? 0xff : 0x00))
      return DerError("INTEGER not in its shortest form");
  }
  return contents;
}

Result<std::string_view> DerReader::ReadUnsigned() {
  ASSIGN_OR_RETURN(std::string_view contents, ReadInteger());
  if ((ByteAt(contents, 0) & 0x80) != 0) return DerError("INTEGER below zero");
  if (ByteAt(contents, 0) == 0) contents.remove_prefix(1);
  return contents;
}

Result<std::uint32_t> DerReader::ReadSmall() {
  ASSIGN_OR_RETURN(const std::string_view magnitude, ReadUnsigned());
  std::uint32_t value = 0;
  if (magnitude.size() > sizeof(value)) return DerError("INTEGER too large");
  for (const char byte : magnitude) value = value << 8 | static_cast<std::uint8_t>(byte);
  if (value > 0x7fffffffU) return DerError("INTEGER too large");
  return value;
}

Result<std::string_view> DerReader::ReadOid() {
  ASSIGN_OR_RETURN(const DerElement element, Read(kDerOid));
  // Each number is base 128, its last byte below 0x80, its first not 0x80 (a leading zero).
  bool at_start = true;
  for (const char c : element.contents) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (at_start && byte == 0x80) return DerError("OBJECT IDENTIFIER not in its shortest form");
    at_start = byte < 0x80;
  }
  if (element.contents.empty() || !at_start) return DerError("OBJECT IDENTIFIER cut short");
  return element.contents;
}

Result<std::string_view> DerReader::ReadBitString() {
  ASSIGN_OR_RETURN(const DerElement element, Read(kDerBitString));
  if (element.contents.empty() || element.contents.front() != 0)
    return DerError("BIT STRING with unused bits");
  return element.contents.substr(1);
}

Status DerReader::End() const {
  if (!rest_.empty()) return DerError(std::to_string(rest_.size()) + " bytes too many");
  return Ok();
}

Result<DerElement> ReadOnlyElement(std::string_view bytes, std::uint8_t tag) {
  DerReader reader(bytes);
  ASSIGN_OR_RETURN(const DerElement element, reader.Read(tag));
  RETURN_IF_ERROR(reader.End());
  return element;
}

std::string DerEncode(std::uint8_t tag, std::string_view contents) {
  std::string encoding(1, static_cast<char>(tag));
  const std::size_t length = contents.size();
  if (length < kLongLength) {
    encoding += static_cast<char>(length);
  } else {
    std::size_t count = 1;
    while (count < sizeof(length) && length >> (8 * count) != 0) ++count;
    encoding += static_cast<char>(kLongLength | count);
    while (count > 0) encoding += static_cast<char>(length >> (8 * --count) & 0xff);
  }
  return encoding.append(contents);
}

}  // namespace powernode::verify::x509
