#include "tests/platform/digest.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <array>
#include <vector>

#include "agent/base/encoding.h"
#include "agent/base/random.h"
#include "agent/base/syscalls.h"
#include "tests/platform/openssl.h"

namespace powernode::platform {
namespace {

std::string_view View(const unsigned char* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

std::string Sha256Hex(std::string_view bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  ::SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  return HexEncode(View(digest.data(), digest.size()));
}

Result<std::string> Sha256HexOfFile(const std::string& path) {
  ASSIGN_OR_RETURN_CONTEXT(const Fd file, Open(path, O_RDONLY | O_CLOEXEC), "digest");
  const DigestContext context(::EVP_MD_CTX_new());
  ::EVP_DigestInit_ex(context.get(), ::EVP_sha256(), nullptr);
  std::vector<std::byte> buffer(1 << 20);
  for (;;) {
    ASSIGN_OR_RETURN_CONTEXT(const std::size_t got, Read(file, buffer), "digest " + path);
    if (got == 0) break;
    ::EVP_DigestUpdate(context.get(), buffer.data(), got);
  }
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  ::EVP_DigestFinal_ex(context.get(), digest.data(), nullptr);
  return HexEncode(View(digest.data(), digest.size()));
}

std::string HmacSha256(std::string_view key, std::string_view message) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> code{};
  ::HMAC(::EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(message.data()), message.size(), code.data(),
         nullptr);
  return std::string(View(code.data(), code.size()));
}

bool SameSecret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string Base64Url(std::string_view bytes) {
  std::string text = Base64Encode(bytes);
  while (!text.empty() && text.back() == '=') text.pop_back();
  for (char& c : text) {
    if (c == '+') c = '-';
    if (c == '/') c = '_';
  }
  return text;
}

std::optional<std::string> Base64UrlDecode(std::string_view text) {
  std::string standard(text);
  for (char& c : standard) {
    if (c == '-') c = '+';
    if (c == '_') c = '/';
  }
  standard.append((4 - standard.size() % 4) % 4, '=');
  return Base64Decode(standard);
}

std::string RandomToken() {
  std::array<std::byte, 32> bytes{};
  RandomBytes(bytes);
  return Base64Url({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace powernode::platform
