#include "agent/base/version.h"
#include "agent/commands/command.h"
#include "agent/commands/introspect_store.h"
#include "agent/commands/introspect_text.h"
#include "agent/commands/introspect_timeline.h"
#include "enroll/pki_store.h"
#include "identity/identity.h"
#include "mount/blob_store.h"
#include "mount/kernel_features.h"
#include "runtime/breadcrumb.h"
#include "runtime/claim_state.h"
#include "runtime/identity_sources.h"
#include "runtime/last_known_good.h"
#include "runtime/live_modules.h"
#include "runtime/node_policy.h"
#include "runtime/staged_set.h"

namespace powernode::commands {
namespace {

OrderedJson PkiJson(const enroll::PkiStore::Loaded& loaded) {
  OrderedJson json;
  json["enrolled"] = loaded.credentials != nullptr;
  if (loaded.credentials) {
    json["instance_id"] = loaded.credentials->instance_id;
    json["platform"] = loaded.credentials->platform.ToString();
    json["generation"] = loaded.credentials->generation;
    json["serial"] = loaded.credentials->serial;
    json["not_after"] = FormatTime(loaded.credentials->not_after);
  }
  for (const Error& finding : loaded.findings) json["findings"].push_back(finding.message());
  return json;
}

OrderedJson ClaimJson(const runtime::ClaimState& claim) {
  OrderedJson json = {{"mac", claim.mac}, {"device", claim.device}};
  if (claim.code.empty()) return json;
  json["code"] = claim.code;
  json["url"] = claim.url;
  json["since"] = FormatTime(claim.first_at);
  return json;
}

OrderedJson TrustJson(const Paths& paths, const runtime::Settings& settings) {
  const verify::LoadedPolicy loaded =
      runtime::LoadNodePolicy(paths, settings, SystemClock().UnixSeconds());
  const verify::Policy& policy = loaded.policy;
  OrderedJson json = {{"directory", paths.image_trust},
                      {"policy", policy.origin},
                      {"mode", verify::TrustModeName(policy.mode)},
                      {"verity", verify::VerityModeName(policy.verity)}};
  json["keys"] = OrderedJson::array();
  for (const verify::TrustedKey& key : policy.trust.keys())
    json["keys"].push_back({{"id", key.id}, {"from", key.origin}});
  json["rules"] = OrderedJson::array();
  for (const verify::PolicyRule& rule : policy.rules)
    json["rules"].push_back({{"name", rule.name}, {"binding", verify::BindingName(rule.binding)}});
  for (const auto& [module_id, revision] : policy.floors)
    json["revision_floors"][module_id] = revision;
  for (const Error& problem : loaded.problems) json["problems"].push_back(problem.message());
  return json;
}

// Each module of this boot, and who holds its bytes, as the kernel says now.
OrderedJson LayersJson(const Paths& paths, const runtime::Breadcrumb& breadcrumb) {
  OrderedJson layers = OrderedJson::array();
  const Result<runtime::LiveModules> live = runtime::FindLiveModules(paths, breadcrumb);
  if (!live) return layers;
  for (const runtime::ComposedModule& module : breadcrumb.composition.modules) {
    const auto layer = live->layers.find(module.id);
    if (layer == live->layers.end()) continue;
    layers.push_back({{"id", module.id},
                      {"name", module.name},
                      {"digest", module.digest},
                      {"enforcement", mount::EnforcementName(layer->second.enforcement)}});
  }
  return layers;
}

OrderedJson BootJson(const Paths& paths) {
  OrderedJson json;
  json["mode"] = runtime::NodeModeName(runtime::DeriveMode(paths));
  const auto breadcrumb = runtime::ReadBreadcrumb(paths);
  if (breadcrumb && *breadcrumb) {
    json["composition"] = runtime::CompositionHash((*breadcrumb)->composition.modules);
    json["source"] = runtime::CompositionSourceName((*breadcrumb)->composition.source);
    json["modules"] = (*breadcrumb)->composition.modules.size();
    json["lowers"] = (*breadcrumb)->lowers;
    json["layers"] = LayersJson(paths, **breadcrumb);
  }
  if (const std::string staged = runtime::StagedHash(paths); !staged.empty())
    json["staged"] = staged;
  const auto good = runtime::LoadLastKnownGood(paths);
  if (good && *good) {
    json["last_known_good"] = runtime::CompositionHash((*good)->composition.modules);
    json["confirmed_at"] = FormatTime((*good)->confirmed_at);
  }
  if (!good) json["last_known_good_problem"] = good.error().message();
  return json;
}

OrderedJson KernelJson() {
  const mount::KernelFeatures features = mount::ProbeKernelFeatures();
  return {{"release", features.release},
          {"erofs", features.erofs},
          {"overlay", features.overlay},
          {"lowerdir+", features.append_lowers},
          {"datadir+", features.append_data},
          {"data_only_layers", features.data_lowers},
          {"overlay_verity", features.overlay_verity},
          {"loop_devices", features.loop_devices}};
}

Outcome IntrospectNode(const Context& context) {
  const Paths paths = context.paths();
  const enroll::PkiStore::Loaded loaded =
      enroll::PkiStore(paths.pki).Load(context.clock.UnixSeconds());
  const identity::SourceContext sources =
      runtime::SourcesOf(paths, context.settings().sources, loaded.credentials, context.clock, {});
  Outcome outcome;
  outcome.stage = "introspect";
  outcome.details["version"] = Version();
  outcome.details["identity"] = OrderedJson(identity::ReportJson(identity::Resolve(sources)));
  outcome.details["pki"] = PkiJson(loaded);
  if (const runtime::ClaimState claim = runtime::LoadClaimState(paths); !claim.mac.empty())
    outcome.details["claim"] = ClaimJson(claim);
  outcome.details["trust"] = TrustJson(paths, context.settings());
  outcome.details["boot"] = BootJson(paths);
  outcome.details["kernel"] = KernelJson();
  outcome.details["setting_findings"] = context.settings().findings;
  outcome.text = IntrospectText(Json(outcome.details));
  return outcome;
}

}  // namespace

std::function<Outcome(const Context&)> ConfigureIntrospect(CLI::App& app) {
  auto store = std::make_shared<bool>(false);
  auto check = std::make_shared<bool>(false);
  CLI::Option* only_store = app.add_flag("--store", *store, "what the module store holds");
  app.add_flag("--check", *check, "read the store's files and hold each to its digest")
      ->needs(only_store);
  auto timeline = std::make_shared<bool>(false);
  auto svg = std::make_shared<std::string>();
  CLI::Option* only_timeline =
      app.add_flag("--timeline", *timeline, "the stages of this boot, drawn")->excludes(only_store);
  app.add_option("--svg", *svg, "draw them into this file as well")->needs(only_timeline);
  return [=](const Context& context) {
    if (*timeline) return IntrospectTimeline(context, *svg);
    if (*store) return IntrospectStore(context, *check ? StoreBytes::kCheck : StoreBytes::kCount);
    return IntrospectNode(context);
  };
}

}  // namespace powernode::commands
