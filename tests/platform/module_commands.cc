// `module`, `assign` and `unassign`
#include <iostream>
#include <memory>

#include "agent/base/files.h"
#include "tests/platform/command_line.h"
#include "tests/platform/image_publish.h"
#include "tests/platform/json_file.h"
#include "tests/platform/module_signing.h"

namespace powernode::platform {
namespace {

struct ModuleOptions {
  ImageSource image;
  std::string name;
  std::string id;
  std::int64_t priority = 0;
  std::vector<std::string> dependencies;
  std::string services_file;
  std::string view_file;
  std::string sign_key_file;
  std::string signature_file;
  bool blob_only = false;
  bool no_sign = false;
  std::string architecture = "amd64";
  std::int64_t revision = 0;
  std::string statement_file;
  std::string format;
  std::string node;
  std::vector<std::string> modules;
};

Result<json> View(const ModuleOptions& given) {
  json view = json::object();
  if (!given.view_file.empty()) {
    ASSIGN_OR_RETURN(view, ReadJsonFile(given.view_file));
    if (!view.is_object())
      return Error(ErrorKind::kInvalid, "bad_json", given.view_file + " is not an object");
  }
  if (!given.services_file.empty()) {
    ASSIGN_OR_RETURN(view["services"], ReadJsonFile(given.services_file));
    if (!view["services"].is_array())
      return Error(ErrorKind::kInvalid, "bad_json",
                   given.services_file + " is not an array of services");
  }
  return view;
}

// What the flags ask for; the flags themselves exclude what contradicts.
Result<ModuleSigning> Signing(const ModuleOptions& given) {
  ModuleSigning request{.form = SigningForm::kNone,
                        .key_file = given.sign_key_file,
                        .signature_file = given.signature_file,
                        .architecture = given.architecture,
                        .revision = given.revision,
                        .falsified_file = given.statement_file};
  if (given.no_sign) return request;
  if (!given.signature_file.empty()) {
    request.form = SigningForm::kGiven;
  } else if (!given.sign_key_file.empty()) {
    request.form = given.blob_only ? SigningForm::kBlobOnly : SigningForm::kStatement;
  } else {
    return Error(ErrorKind::kInvalid, "bad_argument", "give --sign-key KEY.pem, or say --no-sign");
  }
  return request;
}

Status RunModuleAdd(const CommandLine& line, const ModuleOptions& given) {
  ASSIGN_OR_RETURN(const ModuleSigning signing, Signing(given));
  RETURN_IF_ERROR(MakeDirectories(line.directory.path, 0700));
  ImageSource source = given.image;
  source.name = given.name;
  source.format = given.format;
  ASSIGN_OR_RETURN(const ImportedBlob blob, PublishImage(line.directory, source));
  std::string format = given.format.empty() ? blob.image_format : given.format;
  if (format.empty()) {
    std::cerr << given.image.path << " is no EROFS image; it is published as one all the same\n";
    format = "erofs";
  }
  json arguments = {{"name", given.name},
                    {"priority", given.priority},
                    {"dependencies", given.dependencies},
                    {"digest", blob.digest},
                    {"size_bytes", blob.size_bytes},
                    {"image_format", format},
                    {"fsverity", blob.fsverity}};
  if (!given.id.empty()) arguments["id"] = given.id;
  ASSIGN_OR_RETURN(arguments["view"], View(given));
  RETURN_IF_ERROR(AddSignature(line.directory, signing, blob, arguments));
  return PrintVerb(line, "module put", arguments);
}

}  // namespace

void AddModuleCommands(CLI::App& app, CommandLine& line) {
  auto given = std::make_shared<ModuleOptions>();
  CLI::App* module = app.add_subcommand("module", "publish modules")->require_subcommand(1);

  CLI::App* add = module->add_subcommand(
      "add", "publish an image, or a directory, as a module or as the next version of one");
  add->add_option("PATH", given->image.path, "an image, or a directory to make one of")->required();
  add->add_option("--name", given->name)->required();
  add->add_option("--priority", given->priority, "layering order; higher covers lower")->required();
  add->add_option("--id", given->id, "module id; the name otherwise");
  add->add_option("--depends", given->dependencies, "id of a module it needs");
  add->add_option("--services", given->services_file, "JSON array of services (node-api.md 10.3)");
  add->add_option("--view", given->view_file,
                  "JSON object with further members of the module view (10.2)");
  CLI::Option* key =
      add->add_option("--sign-key", given->sign_key_file,
                      "ECDSA P-256 private key, PEM; signs a statement about the module");
  CLI::Option* signature =
      add->add_option("--signature", given->signature_file, "publish this signature as it is");
  CLI::Option* none = add->add_flag("--no-sign", given->no_sign, "publish without a signature");
  key->excludes(signature)->excludes(none);
  signature->excludes(none);
  CLI::Option* blob_only =
      add->add_flag("--blob-only", given->blob_only,
                    "sign the bytes alone, as cosign sign-blob does: no name, no revision")
          ->needs(key);
  for (CLI::Option* said :
       {add->add_option("--revision", given->revision,
                        "revision in the statement; one more than the highest so far otherwise")
            ->check(CLI::PositiveNumber),
        add->add_option("--architecture", given->architecture, "architecture in the statement")
            ->check(CLI::IsMember({"amd64", "arm64", "all"}))
            ->capture_default_str(),
        add->add_option("--statement", given->statement_file,
                        "JSON object that replaces members of the statement's predicate; and "
                        "subjectSha256, predicateType")})
    said->needs(key)->excludes(blob_only);
  add->add_option("--objects", given->image.objects,
                  "object store with what a composefs image needs and is not here yet");
  add->add_flag("--unchecked-objects", given->image.objects_unchecked,
                "publish every object of --objects and no other, whatever the image names");
  add->add_option("--format", given->format,
                  "of a directory: what to make, erofs (default) or composefs; of an image: the "
                  "image_format to claim, detected otherwise");
  add->callback(
      [given, &line] { line.run = [given, &line] { return RunModuleAdd(line, *given); }; });

  for (const bool enabled : {true, false}) {
    CLI::App* switching = module->add_subcommand(enabled ? "enable" : "disable",
                                                 enabled ? "offer it again" : "offer it to nobody");
    switching->add_option("MODULE", given->name)->required();
    switching->callback([given, enabled, &line] {
      line.run = [given, enabled, &line] {
        return PrintVerb(line, "module enable", {{"module", given->name}, {"enabled", enabled}});
      };
    });
  }

  for (const char* verb : {"assign", "unassign"}) {
    CLI::App* assign =
        app.add_subcommand(verb, std::string(verb) + " modules (and what they need)");
    assign->add_option("NODE", given->node)->required();
    assign->add_option("MODULE", given->modules)->required();
    assign->callback([given, verb, &line] {
      line.run = [given, verb, &line] {
        return PrintVerb(line, verb, {{"node", given->node}, {"modules", given->modules}});
      };
    });
  }
}

}  // namespace powernode::platform
