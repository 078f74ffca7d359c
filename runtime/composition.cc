#include "runtime/composition.h"

#include <algorithm>
#include <tuple>

#include "agent/base/clock.h"
#include "agent/base/encoding.h"
#include "agent/base/sha256.h"

namespace powernode::runtime {
namespace {

constexpr std::size_t kMaxModules = 200;  // node-files.md §11.1

Json ModuleToJson(const ComposedModule& module) {
  Json json = {{"id", module.id},
               {"name", module.name},
               {"digest", module.digest},
               {"size", module.size},
               {"format", module.format},
               {"effective_priority", module.effective_priority},
               {"manifest_sha256", module.manifest_sha256},
               {"manifest", module.manifest}};
  if (!module.fsverity.empty()) json["fsverity"] = module.fsverity;
  if (!module.proof.is_null()) json["proof"] = module.proof;
  if (!module.enforcement.empty()) json["enforcement"] = module.enforcement;
  if (module.signed_revision > 0) json["signed_revision"] = module.signed_revision;
  return json;
}

Error Malformed(std::string_view what) {
  return Error(ErrorKind::kInvalid, "bad_composition", "composition record: " + std::string(what));
}

Result<ComposedModule> ModuleFromJson(const Json& json) {
  ComposedModule module;
  const auto id = GetString(json, "id");
  const auto digest = GetString(json, "digest");
  const auto priority = GetInt(json, "effective_priority");
  if (!id || id->empty()) return Malformed("a module without id");
  if (!digest || !digest->starts_with("sha256:") || !IsLowerHex(digest->substr(7), 64))
    return Malformed("module " + *id + " without digest");
  if (!priority) return Malformed("module " + *id + " without effective_priority");
  module.id = *id;
  module.digest = *digest;
  module.effective_priority = *priority;
  module.name = GetString(json, "name").value_or(*id);
  module.size =
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, GetInt(json, "size").value_or(0)));
  module.format = GetString(json, "format").value_or("erofs");
  module.fsverity = GetString(json, "fsverity").value_or("");
  module.manifest_sha256 = GetString(json, "manifest_sha256").value_or("");
  if (const Json* proof = GetObject(json, "proof")) module.proof = *proof;
  module.enforcement = GetString(json, "enforcement").value_or("");
  module.signed_revision = static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, GetInt(json, "signed_revision").value_or(0)));
  if (const Json* manifest = GetObject(json, "manifest")) module.manifest = *manifest;
  return module;
}

CompositionSource SourceFromName(std::string_view name) {
  for (const CompositionSource source :
       {CompositionSource::kStaged, CompositionSource::kLastKnownGood})
    if (name == CompositionSourceName(source)) return source;
  return CompositionSource::kLive;
}

}  // namespace

std::string_view CompositionSourceName(CompositionSource source) {
  switch (source) {
    case CompositionSource::kLive:
      return "live";
    case CompositionSource::kStaged:
      return "staged";
    case CompositionSource::kLastKnownGood:
      return "lkg";
  }
  return "live";
}

void SortLowToHigh(std::vector<ComposedModule>& modules) {
  std::sort(modules.begin(), modules.end(), [](const ComposedModule& a, const ComposedModule& b) {
    return std::tie(a.effective_priority, a.id) < std::tie(b.effective_priority, b.id);
  });
}

std::string CompositionHash(const std::vector<ComposedModule>& modules) {
  std::vector<ComposedModule> sorted = modules;
  SortLowToHigh(sorted);
  std::string lines;
  for (const ComposedModule& module : sorted) {
    lines += module.id + " " + module.digest + " " +
             (module.fsverity.empty() ? "-" : module.fsverity) + " " +
             std::to_string(module.effective_priority) + " " + module.manifest_sha256 + "\n";
  }
  return Sha256Hex(lines);
}

Json ToJson(const Composition& composition) {
  Json modules = Json::array();
  for (const ComposedModule& module : composition.modules) modules.push_back(ModuleToJson(module));
  return {{"composition", CompositionHash(composition.modules)},
          {"revision", composition.revision},
          {"modules", std::move(modules)},
          {"source", CompositionSourceName(composition.source)},
          {"reason", composition.reason},
          {"created_at", FormatTime(composition.created_at)}};
}

Result<Composition> CompositionFromJson(const Json& body) {
  const Json* modules = GetArray(body, "modules");
  if (modules == nullptr || modules->empty()) return Malformed("no modules");
  if (modules->size() > kMaxModules) return Malformed("more than 200 modules");
  Composition composition;
  for (const Json& entry : *modules) {
    ASSIGN_OR_RETURN(ComposedModule module, ModuleFromJson(entry));
    composition.modules.push_back(std::move(module));
  }
  SortLowToHigh(composition.modules);
  if (GetString(body, "composition") != CompositionHash(composition.modules))
    return Malformed("its hash is not that of its modules");
  composition.revision = GetInt(body, "revision").value_or(0);
  composition.source = SourceFromName(GetString(body, "source").value_or(""));
  composition.reason = GetString(body, "reason").value_or("");
  composition.created_at = ParseTime(GetString(body, "created_at").value_or("")).value_or(0);
  return composition;
}

}  // namespace powernode::runtime
