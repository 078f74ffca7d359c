#include "mount/composefs/overlay_attributes.h"

#include "agent/base/encoding.h"

namespace powernode::mount::composefs {

std::string ObjectPath(const verify::ObjectVerity& digest) {
  std::string path = digest.Hex();
  path.insert(2, 1, '/');
  return path;
}

bool IsObjectDirectoryName(std::string_view name) { return IsLowerHex(name, 2); }

}  // namespace powernode::mount::composefs
