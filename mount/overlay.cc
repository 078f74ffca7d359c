#include "mount/overlay.h"

#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "agent/base/files.h"
#include "mount/mount_api.h"

namespace powernode::mount {
namespace {

constexpr const char* kSource = "powernode";
constexpr std::size_t kMaxOptions = 4095;  // one page with its closing zero

struct Option {
  const char* key;
  const char* value;
};
// metacopy: a chown copies no data up. redirect_dir: a directory of a layer can be renamed.
// xino=auto: inode numbers stay unique over all layers where they fit.
constexpr Option kOptions[] = {{"metacopy", "on"}, {"redirect_dir", "on"}, {"xino", "auto"}};
constexpr Option kVerity = {"verity", "require"};

Status MountAppending(const UnionPlan& plan) {
  ASSIGN_OR_RETURN(FsContext context, FsContext::Open("overlay"));
  RETURN_IF_ERROR(context.SetString("source", kSource));
  for (const std::string& lower : plan.lowers)
    RETURN_IF_ERROR(context.SetString("lowerdir+", lower));
  if (!plan.objects.empty()) RETURN_IF_ERROR(context.SetString("datadir+", plan.objects));
  RETURN_IF_ERROR(context.SetString("upperdir", plan.scratch.upper));
  RETURN_IF_ERROR(context.SetString("workdir", plan.scratch.work));
  for (const Option& option : kOptions)
    RETURN_IF_ERROR(context.SetString(option.key, option.value));
  if (plan.require_verity) RETURN_IF_ERROR(context.SetString(kVerity.key, kVerity.value));
  RETURN_IF_ERROR(context.Create());
  ASSIGN_OR_RETURN(const Fd mount, context.Mount(0));
  return AttachMount(mount, plan.scratch.staging);
}

std::string OptionString(const UnionPlan& plan) {
  std::string options = "lowerdir=";
  for (const std::string& lower : plan.lowers) {
    if (&lower != plan.lowers.data()) options += ':';
    options += DirectoryOf(lower) == plan.layers_directory ? BaseNameOf(lower) : lower;
  }
  if (!plan.objects.empty()) options += "::" + plan.objects;
  options += ",upperdir=" + plan.scratch.upper + ",workdir=" + plan.scratch.work;
  for (const Option& option : kOptions)
    options += std::string(",") + option.key + "=" + option.value;
  if (plan.require_verity) options += std::string(",") + kVerity.key + "=" + kVerity.value;
  return options;
}

// The working directory is a whole process's, and other threads rely on theirs: the relative names
// are resolved in a thread that has left the common one.
Status MountByOptionString(const UnionPlan& plan) {
  const std::string options = OptionString(plan);
  if (options.size() > kMaxOptions)
    return Error(ErrorKind::kUnsupported, "mount_options_too_long",
                 std::to_string(plan.lowers.size()) + " layers need " +
                     std::to_string(options.size()) +
                     " bytes of mount options, this kernel takes " + std::to_string(kMaxOptions) +
                     " (needs Linux 6.8, which takes layers one by one)");
  Status status;
  std::thread([&] {
    if (::unshare(CLONE_FS) < 0) {
      status = SystemError("unshare the working directory", errno);
    } else if (::chdir(plan.layers_directory.c_str()) < 0) {
      status = SystemError("change to " + plan.layers_directory, errno);
    } else {
      status = MountWithOptions("overlay", kSource, plan.scratch.staging, options);
    }
  }).join();
  return status;
}

}  // namespace

Status MountUnion(const UnionPlan& plan, const KernelFeatures& features, MountUndo& undo) {
  const bool appends = features.append_lowers && (plan.objects.empty() || features.append_data);
  RETURN_IF_ERROR(appends ? MountAppending(plan) : MountByOptionString(plan));
  return undo.RecordMount(plan.scratch.staging);
}

bool ShowsPlan(const MountEntry& entry, const UnionPlan& plan) {
  if (entry.fs_type != "overlay") return false;
  const OverlayDirectories shown = ParseOverlayOptions(entry.fs_options, plan.layers_directory);
  std::vector<std::string> data;
  if (!plan.objects.empty()) data.push_back(plan.objects);
  return shown.lowers == plan.lowers && shown.data == data && shown.upper == plan.scratch.upper &&
         shown.work == plan.scratch.work && shown.verity_required == plan.require_verity;
}

}  // namespace powernode::mount
