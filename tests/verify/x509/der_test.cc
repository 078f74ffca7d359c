#include "verify/x509/der.h"

#include <doctest/doctest.h>

#include "tests/verify/vectors.h"
#include "verify/x509/ecdsa.h"

namespace powernode::verify::x509::der_test {
namespace {

std::string Bytes(const std::string& hex) { return testing::FromHex(hex); }

}  // namespace

TEST_CASE("reads an element, and leaves what is behind it") {
  const std::string bytes = Bytes(
      "0403616263"
      "0500");
  DerReader reader(bytes);
  CHECK(reader.NextIs(kDerOctetString));
  const Result<DerElement> element = reader.ReadAny();
  REQUIRE(element.ok());
  CHECK(element->contents == "abc");
  CHECK(element->encoding == bytes.substr(0, 5));
  CHECK_FALSE(reader.End().ok());
  CHECK(reader.Read(kDerNull).ok());
  CHECK(reader.AtEnd());
  CHECK(reader.End().ok());
  CHECK_FALSE(reader.ReadAny().ok());
}

TEST_CASE("refuses lengths that DER does not have") {
  for (const std::string hex : {
           "04",                // no length
           "0401",              // contents missing
           "040361",            // contents cut short
           "0480616200",        // indefinite
           "04810161",          // long form for a short length
           "0482000161",        // leading zero in the length
           "048100",            // long form for nothing
           "0485000000000161",  // five bytes of length
           "0482",              // length cut short
           "04ff",              // 127 bytes of length
           "1f8101016100",      // tag number above 30
           "0484ffffffff61",    // 4 GiB
       }) {
    CAPTURE(hex);
    const std::string bytes = Bytes(hex);
    const Result<DerElement> element = DerReader(bytes).ReadAny();
    REQUIRE_FALSE(element.ok());
    CHECK(element.error().kind() == ErrorKind::kRefuted);
    CHECK(element.error().code() == "parse");
  }
}

TEST_CASE("what it encodes it reads back, at every step of the length") {
  for (const std::size_t size : {0U, 1U, 127U, 128U, 255U, 256U, 65535U, 65536U, 70000U}) {
    CAPTURE(size);
    const std::string contents(size, 'x');
    const std::string encoding = DerEncode(kDerOctetString, contents);
    const Result<DerElement> element = ReadOnlyElement(encoding, kDerOctetString);
    REQUIRE(element.ok());
    CHECK(element->contents == contents);
    CHECK_FALSE(ReadOnlyElement(encoding + '\0', kDerOctetString).ok());
    CHECK_FALSE(ReadOnlyElement(encoding, kDerUtf8String).ok());
  }
}

TEST_CASE("reads an INTEGER in its shortest form only") {
  struct Row {
    const char* hex;
    bool integer;
    bool not_negative;
    std::int64_t small;  // -1: refused
  };
  for (const Row& row : std::initializer_list<Row>{{"020100", true, true, 0},
                                                   {"02017f", true, true, 127},
                                                   {"02020080", true, true, 128},
                                                   {"020180", true, false, -1},
                                                   {"0202ff7f", true, false, -1},
                                                   {"0202007f", false, false, -1},
                                                   {"0202ff80", false, false, -1},
                                                   {"0200", false, false, -1},
                                                   {"02047fffffff", true, true, 0x7fffffff},
                                                   {"02050080000000", true, true, -1},
                                                   {"0a0101", false, false, -1}}) {
    CAPTURE(row.hex);
    const std::string bytes = Bytes(row.hex);
    CHECK(DerReader(bytes).ReadInteger().ok() == row.integer);
    CHECK(DerReader(bytes).ReadUnsigned().ok() == row.not_negative);
    const Result<std::uint32_t> small = DerReader(bytes).ReadSmall();
    CHECK((small.ok() ? std::int64_t{*small} : -1) == row.small);
  }
}

TEST_CASE("reads BOOLEAN, OBJECT IDENTIFIER and BIT STRING as DER has them") {
  const std::string yes = Bytes("0101ff");
  const std::string no = Bytes("010100");
  REQUIRE(DerReader(yes).ReadBoolean().ok());
  CHECK(*DerReader(yes).ReadBoolean());
  REQUIRE(DerReader(no).ReadBoolean().ok());
  CHECK_FALSE(*DerReader(no).ReadBoolean());
  for (const std::string hex : {"010101", "0100", "0102ffff", "0201ff"})
    CHECK_FALSE(DerReader(Bytes(hex)).ReadBoolean().ok());

  for (const std::string hex : {"06032b6570", "060483bf3001"})
    CHECK(DerReader(Bytes(hex)).ReadOid().ok());
  for (const std::string hex : {"0600", "06032b65f0", "06032b8070", "060180"})
    CHECK_FALSE(DerReader(Bytes(hex)).ReadOid().ok());

  CHECK(DerReader(Bytes("03020061")).ReadBitString().ok());
  for (const std::string hex : {"0300", "03020160", "04020061"})
    CHECK_FALSE(DerReader(Bytes(hex)).ReadBitString().ok());
}

TEST_CASE("the shapes of an ECDSA signature are those of the vectors") {
  for (const Json& row : testing::PrimitiveVectors("ecdsa_der")) {
    CAPTURE(row["what"].get<std::string>());
    CHECK(IsEcdsaSignatureDer(testing::FromHex(row["der"])) == row["well_formed"].get<bool>());
  }
}

}  // namespace powernode::verify::x509::der_test
