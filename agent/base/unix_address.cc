#include "agent/base/unix_address.h"

#include <sys/socket.h>

#include <cstring>

#include "agent/base/error.h"

namespace powernode {

Result<sockaddr_un> UnixAddress(const std::string& path) {
  sockaddr_un address{};
  if (path.size() >= sizeof(address.sun_path))
    return Error(ErrorKind::kInvalid, "path_too_long", path + " is too long for a socket");
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

}  // namespace powernode
