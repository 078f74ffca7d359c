// Invariant: a list that is accepted has 1 to 16 timestamps, and encoded again it is the input.
#include "tests/fuzz/fuzz_input.h"
#include "verify/x509/der.h"
#include "verify/x509/sct.h"

namespace {

using namespace powernode::verify::x509;

void AppendNumber(std::string& bytes, std::uint64_t number, unsigned size) {
  while (size > 0) bytes += static_cast<char>(number >> (8 * --size) & 0xff);
}

void AppendVector(std::string& bytes, std::string_view contents) {
  AppendNumber(bytes, contents.size(), 2);
  bytes += contents;
}

std::string Encode(const SignedCertificateTimestamp& sct) {
  std::string bytes;
  AppendNumber(bytes, sct.version, 1);
  bytes += sct.log_id;
  AppendNumber(bytes, sct.timestamp_ms, 8);
  AppendVector(bytes, sct.extensions);
  AppendNumber(bytes, sct.hash_algorithm, 1);
  AppendNumber(bytes, sct.signature_algorithm, 1);
  AppendVector(bytes, sct.signature);
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using powernode::fuzz::Require;
  const std::string_view input = powernode::fuzz::TextOf(data, size);
  const auto scts = ParseSctList(input);
  if (!scts) {
    Require(scts.error().code() == "sct", "a refusal is of this stage");
    return 0;
  }
  Require(!scts->empty() && scts->size() <= 16, "1 to 16 timestamps");
  std::string list;
  for (const SignedCertificateTimestamp& sct : *scts) {
    if (sct.version != 0) return 0;  // not taken apart
    AppendVector(list, Encode(sct));
  }
  std::string whole;
  AppendVector(whole, list);
  Require(DerEncode(kDerOctetString, whole) == input, "encoded again it is the input");
  return 0;
}
