// Invariant: of any bytes, "its root's names are free" is said only when no reserved name stands in
// the tree that the image reader finds in them.
#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <span>

#include "agent/base/encoding.h"
#include "agent/base/syscalls.h"
#include "mount/composefs/image_reader.h"
#include "mount/root_names.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace powernode;
  const std::span<const std::byte> image = std::as_bytes(std::span(data, size));
  const Fd file(::memfd_create("image", MFD_CLOEXEC));
  if (!file.valid() || !WriteAll(file, image)) std::abort();
  if (!mount::ShowsFreeRootNames(file)) return 0;
  const Result<mount::composefs::Tree> tree = mount::composefs::ReadImage(image);
  if (!tree) return 0;
  for (const mount::composefs::Entry& entry : tree->at(tree->root()).entries)
    if (IsLowerHex(entry.name, 2) && !tree->at(entry.node).IsWhiteout()) std::abort();
  return 0;
}
