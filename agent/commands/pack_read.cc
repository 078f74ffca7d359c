#include "agent/commands/pack_read.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <span>
#include <utility>
#include <vector>

#include "agent/base/files.h"
#include "agent/base/printable.h"
#include "agent/base/syscalls.h"
#include "mount/composefs/dump.h"
#include "mount/composefs/image_reader.h"
#include "mount/composefs/tree_difference.h"

namespace powernode::commands {
namespace {

namespace composefs = mount::composefs;

struct ReadTree {
  composefs::Tree tree;
  bool canonical = true;  // each byte is as mkcomposefs and this agent write this tree
};

struct Image {
  ReadTree tree;
  std::vector<composefs::NeededObject> objects;
};

Outcome Failed(Error error) {
  Outcome outcome = Outcome::Failed("pack", std::move(error));
  if (outcome.exit_code != kVerificationFailed) outcome.exit_code = kGeneric;
  return outcome;
}

// Other programs may lay the same tree out otherwise; then the bytes that say nothing of the tree
// cannot be held to anything.
Result<ReadTree> TreeOf(std::span<const std::byte> bytes) {
  if (Result<composefs::Tree> tree = composefs::ReadCanonicalImage(bytes))
    return ReadTree{.tree = *std::move(tree)};
  ASSIGN_OR_RETURN(composefs::Tree tree, composefs::ReadImage(bytes));
  return ReadTree{.tree = std::move(tree), .canonical = false};
}

Result<ReadTree> ReadTreeOf(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path, composefs::kMaxImageBytes));
  ASSIGN_OR_RETURN_CONTEXT(ReadTree tree, TreeOf(AsBytes(bytes)), path);
  return tree;
}

Result<Image> Read(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path, composefs::kMaxImageBytes));
  ASSIGN_OR_RETURN_CONTEXT(ReadTree tree, TreeOf(AsBytes(bytes)), path);
  ASSIGN_OR_RETURN_CONTEXT(std::vector<composefs::NeededObject> objects,
                           composefs::ListObjects(AsBytes(bytes)), path);
  return Image{.tree = std::move(tree), .objects = std::move(objects)};
}

void SayIfNotCanonical(const std::string& path, const ReadTree& read) {
  if (read.canonical) return;
  std::fprintf(stderr,
               "note: %s is not laid out as mkcomposefs and this agent write its tree; another "
               "program made it, or bytes of it were changed\n",
               Printable(path).c_str());
}

OrderedJson OnlyIn(const std::vector<composefs::NeededObject>& these,
                   const std::vector<composefs::NeededObject>& those) {
  std::vector<composefs::NeededObject> only;
  std::set_difference(these.begin(), these.end(), those.begin(), those.end(),
                      std::back_inserter(only));
  std::uint64_t bytes = 0;
  for (const composefs::NeededObject& object : only) bytes += object.size;
  return {{"objects", only.size()}, {"bytes", bytes}};
}

std::string LineOf(const composefs::Difference& difference) {
  switch (difference.kind) {
    case composefs::Difference::Kind::kRemoved:
      return "- " + difference.path;
    case composefs::Difference::Kind::kAdded:
      return "+ " + difference.path;
    case composefs::Difference::Kind::kChanged:
      break;
  }
  std::string line = "~ " + difference.path + ":";
  for (const std::string& what : difference.what)
    line += (what == difference.what.front() ? " " : ", ") + what;
  return line;
}

OrderedJson JsonOf(const std::vector<composefs::Difference>& differences) {
  OrderedJson removed = OrderedJson::array();
  OrderedJson added = OrderedJson::array();
  OrderedJson changed = OrderedJson::array();
  for (const composefs::Difference& difference : differences) switch (difference.kind) {
      case composefs::Difference::Kind::kRemoved:
        removed.push_back(difference.path);
        break;
      case composefs::Difference::Kind::kAdded:
        added.push_back(difference.path);
        break;
      case composefs::Difference::Kind::kChanged:
        changed.push_back({{"path", difference.path}, {"what", difference.what}});
        break;
    }
  return {{"removed", std::move(removed)},
          {"added", std::move(added)},
          {"changed", std::move(changed)}};
}

std::string ObjectsLine(const std::string& path, const OrderedJson& only) {
  return "only in " + path + ": " + DumpJson(only["objects"]) + " objects, " +
         DumpJson(only["bytes"]) + " bytes\n";
}

}  // namespace

Outcome DumpImage(const std::string& image) {
  const Result<ReadTree> read = ReadTreeOf(image);
  if (!read) return Failed(read.error());
  SayIfNotCanonical(image, *read);
  Outcome outcome;
  outcome.stage = "pack";
  outcome.text = composefs::WriteDump(read->tree);
  outcome.details["dump"] = outcome.text;
  outcome.details["canonical"] = read->canonical;
  return outcome;
}

Outcome CompareImages(const std::string& other, const std::string& image) {
  const Result<Image> before = Read(other);
  if (!before) return Failed(before.error());
  const Result<Image> after = Read(image);
  if (!after) return Failed(after.error());
  const std::vector<composefs::Difference> differences =
      composefs::CompareTrees(before->tree.tree, after->tree.tree);
  SayIfNotCanonical(other, before->tree);
  SayIfNotCanonical(image, after->tree);

  Outcome outcome;
  outcome.stage = "pack";
  outcome.details["equal"] = differences.empty();
  outcome.details.update(JsonOf(differences));
  outcome.details["only_in_other"] = OnlyIn(before->objects, after->objects);
  outcome.details["only_in_image"] = OnlyIn(after->objects, before->objects);
  if (differences.empty()) {
    outcome.text = "the same tree\n";
    return outcome;
  }
  for (const composefs::Difference& difference : differences)
    outcome.text += LineOf(difference) + "\n";
  outcome.text += ObjectsLine(other, outcome.details["only_in_other"]) +
                  ObjectsLine(image, outcome.details["only_in_image"]);
  outcome.error =
      Error(ErrorKind::kRefuted, "images_differ", image + " holds another tree than " + other);
  outcome.status = "error";
  outcome.exit_code = kVerificationFailed;
  return outcome;
}

}  // namespace powernode::commands
