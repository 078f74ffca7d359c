#include "tests/platform/gzip_bomb.h"

#include <zlib.h>

#include <algorithm>
#include <vector>

namespace powernode::platform {

std::string GzipBomb(std::uint64_t size) {
  constexpr int kGzip = 16;  // added to the window's bits: that container
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, MAX_WBITS + kGzip, MAX_MEM_LEVEL,
                   Z_DEFAULT_STRATEGY) != Z_OK)
    return "";
  std::vector<Bytef> zeros(1 << 20);
  std::vector<Bytef> buffer(64 << 10);
  std::string text;
  for (int result = Z_OK; result == Z_OK;) {
    const std::uint64_t step = std::min<std::uint64_t>(size, zeros.size());
    size -= step;
    stream.next_in = zeros.data();
    stream.avail_in = static_cast<uInt>(step);
    do {
      stream.next_out = buffer.data();
      stream.avail_out = static_cast<uInt>(buffer.size());
      result = ::deflate(&stream, size == 0 ? Z_FINISH : Z_NO_FLUSH);
      text.append(reinterpret_cast<const char*>(buffer.data()), buffer.size() - stream.avail_out);
    } while (stream.avail_out == 0);
  }
  ::deflateEnd(&stream);
  return text;
}

}  // namespace powernode::platform
