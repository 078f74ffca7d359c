// DER (ITU-T X.690 §10) as a cursor over bytes that somebody else wrote: tag, length, contents.
//
// Only what DER allows is read: definite lengths in their shortest form and of at most four bytes,
// tag numbers below 31, a value inside its parent, and a parent used up exactly (End()). What is
// read is a view of the input. There is no recursion here: a parser goes as deep as its format has
// names. Errors are kRefuted "parse".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/base/result.h"

namespace powernode::verify::x509 {

enum DerTag : std::uint8_t {
  kDerBoolean = 0x01,
  kDerInteger = 0x02,
  kDerBitString = 0x03,
  kDerOctetString = 0x04,
  kDerNull = 0x05,
  kDerOid = 0x06,
  kDerUtf8String = 0x0c,
  kDerUtcTime = 0x17,
  kDerGeneralizedTime = 0x18,
  kDerSequence = 0x30,
  kDerSet = 0x31,
};

// [number] of a primitive, and of a constructed value.
constexpr std::uint8_t DerContext(unsigned number) {
  return static_cast<std::uint8_t>(0x80U | number);
}
constexpr std::uint8_t DerContextConstructed(unsigned number) {
  return static_cast<std::uint8_t>(0xa0U | number);
}

struct DerElement {
  std::uint8_t tag = 0;
  std::string_view contents;
  std::string_view encoding;  // tag, length and contents
};

class DerReader {
 public:
  explicit DerReader(std::string_view contents) : rest_(contents) {}

  bool AtEnd() const { return rest_.empty(); }
  // Whether an element with this tag comes next: for what is optional.
  bool NextIs(std::uint8_t tag) const {
    return !rest_.empty() && static_cast<std::uint8_t>(rest_.front()) == tag;
  }

  Result<DerElement> ReadAny();
  Result<DerElement> Read(std::uint8_t tag);
  // The contents of a constructed element, to be read in turn.
  Result<DerReader> Enter(std::uint8_t tag);

  Result<bool> ReadBoolean();
  // The contents of an INTEGER in its shortest form, sign included.
  Result<std::string_view> ReadInteger();
  // The big-endian value of an INTEGER that is not negative, without leading zeros; empty for 0.
  Result<std::string_view> ReadUnsigned();
  // An INTEGER from 0 to 2^31 - 1.
  Result<std::uint32_t> ReadSmall();
  // The contents of an OBJECT IDENTIFIER, not decoded.
  Result<std::string_view> ReadOid();
  // The bytes of a BIT STRING that has no unused bits.
  Result<std::string_view> ReadBitString();

  // Nothing may be left.
  Status End() const;

 private:
  std::string_view rest_;
};

// The one element that `bytes` consist of.
Result<DerElement> ReadOnlyElement(std::string_view bytes, std::uint8_t tag);

// One element: `tag`, the shortest length, `contents`.
std::string DerEncode(std::uint8_t tag, std::string_view contents);

Error DerError(std::string_view why);

}  // namespace powernode::verify::x509
