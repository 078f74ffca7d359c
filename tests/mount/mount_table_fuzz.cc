// Invariant: any text is either a whole table or unreadable, never a table with lines missing;
// options of any form give absolute lowers when a directory to start from is named.
#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "agent/base/fd.h"
#include "agent/base/syscalls.h"
#include "mount/mount_table.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace powernode;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const std::string& lower : mount::ParseOverlayOptions(text, "/layers").lowers)
    if (!lower.starts_with('/')) std::abort();

  const Fd file(::memfd_create("mountinfo", MFD_CLOEXEC));
  if (!file.valid() || !WriteAll(file, AsBytes(text))) std::abort();
  const Result<mount::MountTable> table =
      mount::MountTable::Read("/proc/self/fd/" + std::to_string(file.get()));
  if (!table) {
    if (table.error().kind() != ErrorKind::kCannotTell) std::abort();
    return 0;
  }
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
  if (table->entries().empty() || table->entries().size() > lines) std::abort();
  for (const mount::MountEntry& entry : table->entries())
    if (table->FindAt(entry.target) == nullptr && !entry.target.ends_with('/')) std::abort();
  return 0;
}
