#include "identity/nocloud.h"

#include "agent/base/files.h"
#include "identity/ca_text.h"
#include "identity/user_data.h"

namespace powernode::identity {
namespace {

Record ReadSeed(const std::string& directory) {
  Result<std::string> text = ReadFile(JoinPath(directory, "user-data"), kMaxUserData);
  if (text) {
    const Secret kept(*std::move(text));
    return ParseUserData(kept.Reveal(), [&](const std::string& name) {
      return ReadFile(JoinPath(directory, name), kMaxCaBytes);
    });
  }
  Record record;
  if (text.error().kind() == ErrorKind::kNotFound)
    record.note = "the disk has no user-data";
  else
    record.problems.push_back(text.error());
  return record;
}

}  // namespace

Record ReadNoCloud(const SourceContext& context) {
  Record record;
  if (!context.nocloud_disk) return record;
  const Status looked =
      context.nocloud_disk([&](const std::string& directory) { record = ReadSeed(directory); });
  if (!looked && looked.error().kind() != ErrorKind::kNotFound)
    record.problems.push_back(looked.error().WithContext("seed disk"));
  return record;
}

}  // namespace powernode::identity
