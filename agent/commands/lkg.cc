// lkg validate, lkg retarget: the last known good set, looked at and edited with the boot's parts.

#include <utility>

#include "agent/base/files.h"
#include "agent/commands/command.h"
#include "agent/commands/signals.h"
#include "runtime/last_known_good.h"
#include "runtime/retarget.h"
#include "runtime/set_check.h"
#include "runtime/state_files.h"

namespace powernode::commands {
namespace {

constexpr std::size_t kMaxManifest = 1024 * 1024;

struct ValidateFlags {
  std::string path;
};

struct RetargetFlags {
  runtime::RetargetRequest request;
  std::string manifest;
  bool execute = false;
};

// Everything that keeps a set from booting is a verification that failed.
Outcome NotBootable(Outcome outcome, Error error) {
  outcome.status = "error";
  outcome.exit_code = kVerificationFailed;
  outcome.error = std::move(error);
  return outcome;
}

Result<runtime::LastKnownGood> Load(const std::string& path) {
  ASSIGN_OR_RETURN(std::optional<runtime::LastKnownGood> good, runtime::ReadLastKnownGood(path));
  if (!good) return Error(ErrorKind::kNotFound, "no_lkg", path + " is not there");
  return *std::move(good);
}

// As a boot takes it: the former one when there is none or it cannot be read.
Result<runtime::LastKnownGood> LoadAsBoot(const Paths& paths, std::string& path) {
  path = runtime::LastKnownGoodFile(paths).path;
  Result<runtime::LastKnownGood> good = Load(path);
  if (good) return good;
  const std::string former = runtime::FormerGoodFile(paths).path;
  Result<runtime::LastKnownGood> second = Load(former);
  if (!second) return good;
  path = former;
  return second;
}

OrderedJson ToJson(const runtime::ModuleCheck& module) {
  OrderedJson json;
  json["id"] = module.id;
  json["name"] = module.name;
  json["digest"] = module.digest;
  json["bootable"] = !module.problem;
  if (!module.problem) return json;
  json["error_code"] = module.problem->code();
  json["error"] = module.problem->message();
  json["missing_objects"] = module.missing_objects;
  json["damaged_objects"] = module.damaged_objects;
  return json;
}

std::string TextOf(const runtime::ModuleCheck& module) {
  std::string text = module.name + "  " + module.digest.substr(0, 19) + "  ";
  if (!module.problem) return text + "right\n";
  text += module.problem->message() + " [" + module.problem->code() + "]\n";
  for (const std::string& object : module.missing_objects)
    text += "  missing object " + object + "\n";
  for (const std::string& object : module.damaged_objects)
    text += "  damaged object " + object + "\n";
  return text;
}

// Adds what was found; true when the set would boot.
bool AddCheck(const Context& context, runtime::Composition& set, Outcome& outcome) {
  const StopOnSignal signals;
  const runtime::SetCheck check = runtime::CheckStoredSet(context.paths(), context.settings(), set,
                                                          context.clock, signals.token());
  outcome.details["composition"] = runtime::CompositionHash(set.modules);
  outcome.details["bootable"] = check.bootable();
  outcome.details["modules"] = OrderedJson::array();
  std::size_t wrong = 0;
  for (const runtime::ModuleCheck& module : check.modules) {
    outcome.details["modules"].push_back(ToJson(module));
    outcome.text += TextOf(module);
    if (module.problem) ++wrong;
  }
  if (check.bootable()) return true;
  outcome = NotBootable(
      std::move(outcome),
      check.problem ? *check.problem
                    : Error(ErrorKind::kRefuted, "lkg_not_bootable",
                            std::to_string(wrong) + " of " + std::to_string(check.modules.size()) +
                                " modules cannot be booted from the store of this node"));
  return false;
}

Outcome Validate(const Context& context, const ValidateFlags& flags) {
  std::string path = flags.path;
  Result<runtime::LastKnownGood> good =
      path.empty() ? LoadAsBoot(context.paths(), path) : Load(path);
  Outcome outcome;
  outcome.stage = "lkg";
  outcome.details["file"] = path;
  if (!good) return NotBootable(std::move(outcome), std::move(good).error());
  outcome.details["confirmed_at"] = FormatTime(good->confirmed_at);
  if (runtime::LastKnownGoodDisabled(context.paths())) {
    outcome.details["disabled"] = true;
    outcome.text = "note: this node is told not to boot its last known good set\n";
  }
  if (AddCheck(context, good->composition, outcome)) outcome.text += "this node would boot it\n";
  return outcome;
}

// The edited copy.
Result<runtime::LastKnownGood> Edited(const Paths& paths, RetargetFlags flags) {
  ASSIGN_OR_RETURN(runtime::LastKnownGood good, Load(runtime::LastKnownGoodFile(paths).path));
  if (!flags.manifest.empty()) {
    ASSIGN_OR_RETURN_CONTEXT(const std::string text, ReadFile(flags.manifest, kMaxManifest),
                             "--manifest");
    ASSIGN_OR_RETURN_CONTEXT(flags.request.manifest, ParseJsonObject(text), flags.manifest);
  }
  ASSIGN_OR_RETURN(good.composition,
                   runtime::Retarget(paths, std::move(good.composition), flags.request));
  return good;
}

// Without --execute the same refusal is the forecast of one.
Outcome Refused(Outcome outcome, bool execute) {
  if (!execute) outcome.exit_code = kWouldBeRefused;
  outcome.status = "refused";
  return outcome;
}

Outcome RunRetarget(const Context& context, const RetargetFlags& flags) {
  const Paths paths = context.paths();
  Outcome outcome;
  outcome.stage = "lkg";
  Result<runtime::LastKnownGood> edited = Edited(paths, flags);
  if (!edited)
    return Refused(NotBootable(std::move(outcome), std::move(edited).error()), flags.execute);
  if (!AddCheck(context, edited->composition, outcome))
    return Refused(std::move(outcome), flags.execute);
  outcome.details["executed"] = flags.execute;
  if (!flags.execute) {
    outcome.text += "this node would boot it; nothing was changed, add --execute to do it\n";
    return outcome;
  }
  const Result<std::string> backup =
      runtime::ReplaceLastKnownGood(paths, *edited, context.clock.UnixSeconds());
  if (!backup) return Outcome::Failed("lkg", backup.error());
  outcome.details["backup"] = *backup;
  outcome.text += "this is the last known good set now; the former one is " + *backup + "\n";
  return outcome;
}

}  // namespace

std::function<Outcome(const Context&)> ConfigureLkg(CLI::App& app) {
  auto validate = std::make_shared<ValidateFlags>();
  auto retarget = std::make_shared<RetargetFlags>();
  app.require_subcommand(1);
  CLI::App* one = app.add_subcommand("validate", "would this node boot from it");
  one->fallthrough();
  one->add_option("--path", validate->path, "another file of this form");
  CLI::App* two = app.add_subcommand("retarget", "the set with another image for one module");
  two->fallthrough();
  two->add_option("--module", retarget->request.module_id, "the module's id")->required();
  two->add_option("--digest", retarget->request.digest, "SHA-256 of the stored image")->required();
  two->add_option("--fsverity", retarget->request.fsverity, "its fs-verity digest");
  two->add_option("--manifest", retarget->manifest, "the manifest that belongs to it, JSON");
  two->add_flag("--execute", retarget->execute, "do it; without this it is only checked");
  return [=](const Context& context) {
    return two->parsed() ? RunRetarget(context, *retarget) : Validate(context, *validate);
  };
}

}  // namespace powernode::commands
