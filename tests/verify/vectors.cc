#include "tests/verify/vectors.h"

#include <cstdio>
#include <cstdlib>

#include "agent/base/encoding.h"
#include "agent/base/files.h"

namespace powernode::testing {
namespace {

constexpr std::size_t kMaxVector = std::size_t{16} * 1024 * 1024;

template <typename T>
T OrExit(std::optional<T> value, std::string_view what) {
  if (value) return *std::move(value);
  std::fprintf(stderr, "vectors: %.*s\n", static_cast<int>(what.size()), what.data());
  std::exit(1);
}

}  // namespace

std::string ReadVector(std::string_view path) {
  const std::string whole = std::string(POWERNODE_SHARED "/vectors/sigstore/").append(path);
  Result<std::string> bytes = ReadFile(whole, kMaxVector);
  return OrExit(bytes ? std::optional(*std::move(bytes)) : std::nullopt, whole + " cannot be read");
}

Json ReadJsonVector(std::string_view path) {
  Result<Json> value = ParseJson(ReadVector(path));
  return OrExit(value ? std::optional(*std::move(value)) : std::nullopt,
                std::string(path) + " is not JSON");
}

Json PrimitiveVectors(std::string_view member) {
  const Json all = ReadJsonVector("primitives.json");
  const auto found = all.find(member);
  return OrExit(found != all.end() ? std::optional(*found) : std::nullopt,
                "primitives.json has no " + std::string(member));
}

std::string FromHex(const Json& text) {
  return OrExit(HexDecode(text.get<std::string>()), "not hexadecimal: " + DumpJson(text));
}

std::string FromBase64(const Json& text) {
  return OrExit(Base64Decode(text.get<std::string>()), "not base64: " + DumpJson(text));
}

}  // namespace powernode::testing
