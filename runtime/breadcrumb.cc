#include "runtime/breadcrumb.h"

#include "agent/base/files.h"
#include "runtime/state_files.h"

namespace powernode::runtime {
namespace {

Json StringsToJson(const std::vector<std::string>& strings) {
  Json array = Json::array();
  for (const std::string& text : strings) array.push_back(text);
  return array;
}

std::vector<std::string> StringsFromJson(const Json* array) {
  std::vector<std::string> strings;
  if (array == nullptr) return strings;
  for (const Json& entry : *array)
    if (entry.is_string()) strings.push_back(entry.get<std::string>());
  return strings;
}

}  // namespace

std::string_view NodeModeName(NodeMode mode) {
  switch (mode) {
    case NodeMode::kPivot:
      return "pivot";
    case NodeMode::kHost:
      return "host";
    case NodeMode::kInitramfs:
      return "initramfs";
    case NodeMode::kRescue:
      return "rescue";
  }
  return "host";
}

Result<std::string> BootId(const Paths& paths) {
  Result<std::string> text = ReadFile(paths.boot_id, 64);
  if (!text) return Error(ErrorKind::kCannotTell, "no_boot_id", text.error().message());
  while (text->ends_with('\n')) text->pop_back();
  return *std::move(text);
}

Result<std::optional<std::string>> WriteBreadcrumb(const Paths& paths,
                                                   const Breadcrumb& breadcrumb) {
  Json body = ToJson(breadcrumb.composition);
  body["boot_id"] = breadcrumb.boot_id;
  body["mode"] = NodeModeName(breadcrumb.mode);
  body["lowers"] = StringsToJson(breadcrumb.lowers);
  body["incomplete"] = breadcrumb.incomplete;
  body["findings"] = StringsToJson(breadcrumb.findings);
  RETURN_IF_ERROR(WriteState(BreadcrumbFile(paths), body));

  Status copied = MakeDirectories(paths.compose_state, 0700);
  if (copied) copied = WriteState(LastBootFile(paths), body);
  if (!copied) return std::optional(copied.error().message());
  return std::optional<std::string>();
}

Result<std::optional<Breadcrumb>> ReadBreadcrumb(const Paths& paths) {
  ASSIGN_OR_RETURN(const std::optional<Json> body, ReadState(BreadcrumbFile(paths)));
  if (!body) return std::optional<Breadcrumb>();
  ASSIGN_OR_RETURN(const std::string boot_id, BootId(paths));
  if (GetString(*body, "boot_id") != boot_id) return std::optional<Breadcrumb>();
  ASSIGN_OR_RETURN(Composition composition, CompositionFromJson(*body));
  return std::optional(Breadcrumb{
      .composition = std::move(composition),
      .mode = GetString(*body, "mode") == "pivot" ? NodeMode::kPivot : NodeMode::kHost,
      .boot_id = boot_id,
      .lowers = StringsFromJson(GetArray(*body, "lowers")),
      .incomplete = GetBool(*body, "incomplete").value_or(false),
      .findings = StringsFromJson(GetArray(*body, "findings")),
  });
}

NodeMode DeriveMode(const Paths& paths) {
  if (Exists(paths.root + "/etc/initrd-release")) return NodeMode::kInitramfs;
  const Result<std::optional<Breadcrumb>> breadcrumb = ReadBreadcrumb(paths);
  if (breadcrumb && *breadcrumb) return (*breadcrumb)->mode;
  return NodeMode::kHost;
}

}  // namespace powernode::runtime
