#include "tests/verify/fsverity_reference.h"

#include <mbedtls/md.h>

#include <cstdint>
#include <stdexcept>

namespace powernode::testing {
namespace {

constexpr std::size_t kBlock = 4096;

struct Hash {
  const mbedtls_md_info_t* info;
  std::string salt;  // padded

  std::string Of(const std::string& text) const {
    std::string digest(mbedtls_md_get_size(info), '\0');
    if (mbedtls_md(info, reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                   reinterpret_cast<unsigned char*>(digest.data())) != 0)
      throw std::runtime_error("mbedtls_md");
    return digest;
  }

  std::string EachBlock(std::string_view data) const {
    std::string digests;
    for (std::size_t at = 0; at < data.size(); at += kBlock) {
      std::string block(data.substr(at, kBlock));
      block.resize(kBlock);
      digests += Of(salt + block);
    }
    return digests;
  }
};

std::string LittleEndian(std::uint64_t value, std::size_t bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
  return text;
}

}  // namespace

std::string ReferenceFsVerity(std::string_view data, const std::string& algorithm,
                              std::string salt) {
  const bool sha256 = algorithm == "sha256";
  Hash hash{mbedtls_md_info_from_type(sha256 ? MBEDTLS_MD_SHA256 : MBEDTLS_MD_SHA512), salt};
  const std::size_t digest_size = mbedtls_md_get_size(hash.info);
  if (!salt.empty()) hash.salt.resize(sha256 ? 64 : 128);

  std::string root(digest_size, '\0');
  if (!data.empty()) {
    root = hash.EachBlock(data);
    while (root.size() > digest_size) root = hash.EachBlock(root);
  }
  root.resize(64);
  const std::size_t salt_size = salt.size();
  salt.resize(32);
  std::string descriptor = LittleEndian(1, 1) + LittleEndian(sha256 ? 1 : 2, 1) +
                           LittleEndian(12, 1) + LittleEndian(salt_size, 1) + LittleEndian(0, 4) +
                           LittleEndian(data.size(), 8) + root + salt + std::string(144, '\0');
  std::string text = algorithm + ":";
  for (const char c : hash.Of(descriptor)) {
    constexpr char kDigits[] = "0123456789abcdef";
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

}  // namespace powernode::testing
