#include "tests/platform/openssl.h"

#include <openssl/err.h>

namespace powernode::platform {

Error OpenSslError(std::string_view what) {
  char text[256] = "no reason given";
  if (const unsigned long code = ::ERR_get_error(); code != 0)
    ::ERR_error_string_n(code, text, sizeof text);
  ::ERR_clear_error();
  return Error(ErrorKind::kSystem, "openssl_failed", std::string(what) + ": " + text);
}

Bio ReadBio(std::string_view text) {
  return Bio(::BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string BioText(BIO* bio) {
  const char* data = nullptr;
  const long size = ::BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

}  // namespace powernode::platform
