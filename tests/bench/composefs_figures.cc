// Composefs modules as layers of one union, beside the other way to make one of them: an image that
// the agent merges their trees into. And the union's files, beside the same files in plain EROFS
// modules. Runs in a private mount namespace, which main() makes.

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <stdexcept>

#include "agent/base/clock.h"
#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "mount/compose.h"
#include "mount/composefs/image_reader.h"
#include "mount/composefs/image_writer.h"
#include "mount/object_batch.h"
#include "mount/object_puller.h"
#include "tests/bench/figure.h"
#include "tests/support/temporary_directory.h"
#include "verify/digested_file.h"
#include "verify/image_verifier.h"

namespace powernode::bench {
namespace {

using mount::composefs::Entry;
using mount::composefs::Node;
using mount::composefs::NodeId;
using mount::composefs::Tree;

constexpr int kFiles = 300;  // a module
constexpr int kDirectories = 20;
constexpr int kShared = 50;  // of the files: in every module, so that the order decides
constexpr int kRuns = 9;

template <typename T>
T Must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return std::move(result).value();
}
void Must(Status status) {
  if (!status) throw std::runtime_error(status.error().message());
}

std::string NameOf(int module, int file) {
  const std::string directory = "dir-" + std::to_string(file % kDirectories);
  if (file < kShared) return directory + "/shared-" + std::to_string(file);
  return directory + "/m" + std::to_string(module) + "-" + std::to_string(file);
}

// 1 to 8 KiB; a file's number decides.
std::string ContentOf(int file) {
  return std::string(1024 + static_cast<std::size_t>(file) * 7168 / kFiles,
                     static_cast<char>('a' + file % 26)) +
         std::to_string(file);
}

Node Plain(std::uint32_t mode) { return Node{.mode = mode, .mtime = {.seconds = 1'700'000'000}}; }

// A directory with an object store, images and a target to compose to.
class Site {
 public:
  Site() {
    Must(MakeDirectories(target_, 0755));
    Must(MakeDirectories(paths_.run, 0755));
    Must(store_.Prepare());
    mount::ObjectBatch batch = Must(mount::ObjectBatch::Begin(store_, mount::KernelVerity::kLeave));
    for (int i = 0; i < kFiles; ++i) objects_.push_back(Must(batch.Add(AsBytes(ContentOf(i)))));
    Must(batch.Commit());
  }

  const std::string& target() const { return target_; }

  std::string Module(int number) {
    Tree tree = Must(Tree::WithRoot(Plain(S_IFDIR | 0755)));
    std::vector<NodeId> directories;
    for (int i = 0; i < kDirectories; ++i)
      directories.push_back(
          Must(tree.Add(tree.root(), "dir-" + std::to_string(i), Plain(S_IFDIR | 0755))));
    for (int i = 0; i < kFiles; ++i) {
      const mount::NeededObject& object = objects_[static_cast<std::size_t>(i)];
      Node node = Plain(S_IFREG | 0644);
      node.size = object.size;
      node.payload = mount::ObjectStore::NameOf(object.digest);
      node.digest = object.digest;
      Must(tree.Add(directories[static_cast<std::size_t>(i % kDirectories)],
                    BaseNameOf(NameOf(number, i)), std::move(node)));
    }
    return Write(std::move(tree), "m" + std::to_string(number));
  }

  // The same files in an image that holds their bytes.
  std::string PlainModule(int number) {
    const std::string tree = root_ + "/tree" + std::to_string(number);
    for (int i = 0; i < kFiles; ++i) {
      const std::string path = tree + "/" + NameOf(number, i);
      Must(MakeDirectories(DirectoryOf(path), 0755));
      Must(WriteFile(path, ContentOf(i), 0644));
    }
    const std::string image = tree + ".erofs";
    if (std::system(("mkfs.erofs " + image + " " + tree + " >/dev/null 2>&1").c_str()) != 0)
      throw std::runtime_error("mkfs.erofs failed");
    return image;
  }

  std::string Write(Tree tree, const std::string& name) {
    const std::string path = root_ + "/" + name + ".cfs";
    const Fd file = Must(Open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600));
    Must(mount::composefs::WriteImage(std::move(tree), {}, [&](std::span<const std::byte> bytes) {
      return WriteAll(file, bytes);
    }));
    return path;
  }

  std::vector<mount::LayerRequest> Proven(const std::vector<std::string>& images) {
    const verify::ImageVerifier verifier({.mode = verify::TrustMode::kAudit});
    const mount::ObjectPuller puller(store_, nullptr, SystemClock(), {.floor_mib = 0});
    std::vector<mount::LayerRequest> layers;
    for (const std::string& image : images) {
      verify::DigestedFile file = Must(verify::DigestFile(Must(Open(image, O_RDONLY))));
      const verify::ImageClaim claim{.module_id = image, .name = "m", .digest = file.digest()};
      layers.push_back({.module_id = "m" + std::to_string(layers.size()),
                        .name = "m",
                        .effective_priority = static_cast<std::int64_t>(layers.size()),
                        .image = Must(verifier.Verify(std::move(file), claim))});
      if (image.ends_with(".cfs"))
        layers.back().objects = Must(puller.Complete(layers.back().image, "m", {}));
    }
    return layers;
  }

  void Compose(std::vector<mount::LayerRequest> layers) {
    mount::Composition composed = Must(mount::Compose(
        paths_, features_, {.layers = std::move(layers), .target = target_, .scratch_mib = 64}));
    Must(composed.Commit());
  }

  void Unmount() {
    ::umount2(target_.c_str(), 0);
    ::umount2(paths_.scratch.c_str(), 0);
    for (const std::string& name : Must(ListDirectory(paths_.layers)))
      ::umount2((paths_.layers + "/" + name).c_str(), 0);
  }

 private:
  const testing::TemporaryDirectory directory_;
  const std::string root_ = directory_.path().string();
  const Paths paths_ = Paths::Below(root_);
  const std::string target_ = root_ + "/target";
  const mount::KernelFeatures features_ = mount::ProbeKernelFeatures();
  const mount::ObjectStore store_{paths_.objects};
  std::vector<mount::NeededObject> objects_;
};

struct Source {
  const Tree* tree;
  NodeId directory;
};

// What is in the `sources`, highest first, into a directory of `merged`.
void Merge(const std::vector<Source>& sources, Tree& merged, NodeId into) {
  std::map<std::string, std::vector<Source>> names;
  for (const Source& source : sources)
    for (const Entry& entry : source.tree->at(source.directory).entries)
      names[entry.name].push_back({.tree = source.tree, .directory = entry.node});
  for (const auto& [name, nodes] : names) {
    Node node = nodes.front().tree->at(nodes.front().directory);
    node.entries.clear();
    const bool is_directory = node.IsDirectory();
    const NodeId id = Must(merged.Add(into, name, std::move(node)));
    if (is_directory) Merge(nodes, merged, id);
  }
}

Tree Merged(const std::vector<std::string>& images) {
  std::vector<Tree> trees;
  for (const std::string& image : images) {
    const std::string bytes = Must(ReadFile(image, std::size_t{64} << 20));
    trees.push_back(Must(mount::composefs::ReadImage(AsBytes(bytes))));
  }
  std::vector<Source> roots;
  for (auto tree = trees.rbegin(); tree != trees.rend(); ++tree)
    roots.push_back({.tree = &*tree, .directory = tree->root()});
  Tree merged = Must(Tree::WithRoot(Plain(S_IFDIR | 0755)));
  Merge(roots, merged, merged.root());
  return merged;
}

enum class Read { kNames, kBytes };

// What `ls -lR` does, and `cat` of every file.
void Walk(const std::string& root, Read read) {
  std::array<char, 16384> buffer;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    struct stat info {};
    if (::lstat(entry.path().c_str(), &info) != 0) throw std::runtime_error("lstat failed");
    if (read == Read::kNames || !S_ISREG(info.st_mode)) continue;
    const Fd file = Must(Open(entry.path(), O_RDONLY));
    while (::read(file.get(), buffer.data(), buffer.size()) > 0) {
    }
  }
}

double KernelMiB() {
  const std::string text = Must(ReadFile("/proc/meminfo", 65536));
  return std::strtod(text.c_str() + text.find("Slab:") + std::strlen("Slab:"), nullptr) / 1024;
}

struct Costs {
  std::vector<Milliseconds> compose;
  std::vector<Milliseconds> walk;
  std::vector<Milliseconds> kernel_mib;  // not a time; the median is what is wanted of it

  std::string Summary() const {
    return Text(Median(compose).count(), "ms") + ", first find " +
           Text(Median(walk).count(), "ms") + ", " + Text(Median(kernel_mib).count(), "MiB");
  }
};

void Measure(Site& site, Costs& costs, const std::function<void()>& compose) {
  Must(WriteFile("/proc/sys/vm/drop_caches", "2", 0200));
  const double before = KernelMiB();
  costs.compose.push_back(Timed(compose));
  costs.walk.push_back(Timed([&] { Walk(site.target(), Read::kNames); }));
  costs.kernel_mib.push_back(Milliseconds(KernelMiB() - before));
  site.Unmount();
}

Figure Layers(Site& site, int count) {
  std::vector<std::string> images;
  for (int i = 0; i < count; ++i) images.push_back(site.Module(i));
  Costs layers;
  Costs merged;
  for (int run = 0; run < kRuns; ++run) {
    std::vector<mount::LayerRequest> proven = site.Proven(images);
    Measure(site, layers, [&] { site.Compose(std::move(proven)); });
    Measure(site, merged,
            [&] { site.Compose(site.Proven({site.Write(Merged(images), "merged")})); });
  }
  const bool has_bar = count == 32;
  return {std::to_string(count) + " composefs modules composed", layers.Summary(),
          has_bar ? "8.00 ms" : "-", "merged image " + merged.Summary(),
          !has_bar || Median(layers.compose).count() <= 8.0};
}

Figure Warm(Site& site) {
  constexpr int kModules = 8;
  std::vector<std::string> composefs;
  std::vector<std::string> plain;
  for (int i = 0; i < kModules; ++i) {
    composefs.push_back(site.Module(i));
    plain.push_back(site.PlainModule(i));
  }
  // One after the other and again, so that the machine's moods meet both.
  std::array<std::vector<Milliseconds>, 2> runs;
  for (int round = 0; round < 3; ++round) {
    for (std::size_t kind = 0; kind < 2; ++kind) {
      site.Compose(site.Proven(kind == 0 ? composefs : plain));
      Walk(site.target(), Read::kBytes);
      for (int run = 0; run < kRuns; ++run)
        runs[kind].push_back(Timed([&] { Walk(site.target(), Read::kBytes); }));
      site.Unmount();
    }
  }
  const double ours = Median(runs[0]).count();
  const double theirs = Median(runs[1]).count();
  return {"ls -lR and cat of a union, warm", Text(ours / theirs, "x"), "1.05 x",
          Text(ours, "ms") + ", plain EROFS " + Text(theirs, "ms"), ours <= 1.05 * theirs};
}

}  // namespace

std::vector<Figure> ComposefsFigures() {
  Site site;
  std::vector<Figure> figures;
  for (const int count : {1, 8, 32, 128}) figures.push_back(Layers(site, count));
  figures.push_back(Warm(site));
  return figures;
}

}  // namespace powernode::bench
