#include "runtime/module_set.h"

#include <array>
#include <cstdio>

namespace powernode::runtime {
namespace {

Json ToJson(const mount::CompleteObjects& objects) {
  return {{"count", objects.count()},
          {"bytes", objects.bytes()},
          {"fetched", objects.fetched_count()},
          {"fetched_bytes", objects.fetched_bytes()},
          {"enforced", objects.kernel_verity() ? "kernel" : "stored"}};
}

}  // namespace

Result<std::vector<mount::LayerRequest>> ProveModules(
    Composition& composition, ModuleSupply& supply, Network network, std::stop_token stop,
    const std::function<void(const ModuleProven&)>& on_proven) {
  std::vector<mount::LayerRequest> layers;
  for (ComposedModule& module : composition.modules) {
    ASSIGN_OR_RETURN_CONTEXT(const verify::BlobDigest digest,
                             verify::BlobDigest::Parse(module.digest), "module " + module.name);
    std::optional<verify::ImageVerity> fsverity;
    if (!module.fsverity.empty()) {
      ASSIGN_OR_RETURN_CONTEXT(fsverity, verify::ImageVerity::Parse(module.fsverity),
                               "module " + module.name);
    }
    const mount::ModuleBlob blob{
        .module_id = module.id,
        .name = module.name,
        .digest = digest,
        .size = module.size > 0 ? std::optional(module.size) : std::nullopt,
        .fsverity = fsverity,
        .signature = std::nullopt,
        .confirmed = composition.source == CompositionSource::kLastKnownGood};
    ASSIGN_OR_RETURN_CONTEXT(verify::VerifiedImage image, supply.BringImage(blob, network, stop),
                             "module " + module.name);
    ASSIGN_OR_RETURN_CONTEXT(std::optional<mount::CompleteObjects> objects,
                             supply.BringObjects(image, module.name, network, stop),
                             "module " + module.name);
    module.size = image.size();
    module.proof = Json(verify::ToJson(image.report()));
    module.signed_revision =
        image.report().statement ? image.report().statement->revision : std::uint64_t{0};
    if (objects) module.proof["objects"] = ToJson(*objects);
    on_proven({.module = module, .image = image, .objects = objects ? &*objects : nullptr});
    layers.push_back({.module_id = module.id,
                      .name = module.name,
                      .effective_priority = module.effective_priority,
                      .image = std::move(image),
                      .objects = std::move(objects)});
  }
  return layers;
}

verify::VerityMode VerityFor(const Composition& composition, verify::VerityMode policy) {
  const bool confirmed = composition.source == CompositionSource::kLastKnownGood;
  return confirmed && policy == verify::VerityMode::kRequire ? verify::VerityMode::kAuto : policy;
}

void RecordEnforcement(const std::vector<mount::ComposedLayer>& layers, Composition& composition) {
  for (const mount::ComposedLayer& layer : layers)
    for (ComposedModule& module : composition.modules)
      if (module.id == layer.module_id)
        module.enforcement = mount::EnforcementName(layer.enforcement);
}

std::string HumanSize(std::uint64_t bytes) {
  constexpr std::array kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
  return text.data();
}

}  // namespace powernode::runtime
