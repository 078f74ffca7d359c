#include <doctest/doctest.h>

#include "agent/base/encoding.h"
#include "tests/platform/digest.h"
#include "tests/platform/fsverity.h"
#include "tests/platform/test_node.h"
#include "tests/platform/test_store.h"

namespace powernode::platform::image_publish_test {
namespace {

// A directory of three files, two of them objects, and a node.
struct Scene {
  Fixture plane;
  std::string tree = plane.Directory() + "/tree";
  std::string kept = std::string(5000, 'k');
  std::string changed = std::string(9000, 'c');
  TestNode node{plane, plane.AddNode("n1")};

  Scene() {
    REQUIRE(node.Enroll().status == 200);
    std::filesystem::create_directories(tree + "/etc/web");
    Write("etc/web/small", "inline");
    Write("etc/web/kept", kept);
    Write("etc/changed", changed);
  }
  void Write(const std::string& name, const std::string& bytes) {
    std::ofstream(tree + "/" + name, std::ios::binary) << bytes;
  }
  json Publish(const std::string& format, std::vector<std::string> more = {"--no-sign"}) {
    more.insert(more.end(), {"--name", "web", "--priority", "1", "--format", format});
    const json made = plane.AddModule(tree, std::move(more));
    plane.Assign("n1", {"web"});
    return made;
  }
  std::string DigestOf(const std::string& bytes) {
    const std::string path = plane.Directory() + "/bytes";
    std::ofstream(path, std::ios::binary) << bytes;
    return FsverityHexOfFile(path).value();
  }
  std::string Served() { return node.Get("files/modules/web").text; }
};

bool HasErofsMagic(const std::string& image) {
  return image.size() > 1028 && image.substr(1024, 4) == "\xe2\xe1\xf5\xe0";
}

}  // namespace

TEST_SUITE_BEGIN("image publish");

TEST_CASE("a directory becomes an EROFS image, the same each time") {
  Scene scene;
  const json first = scene.Publish("erofs");
  const std::string image = scene.Served();
  CHECK(HasErofsMagic(image));
  CHECK(first.at("digest").get<std::string>() == "sha256:" + Sha256Hex(image));
  CHECK(scene.node.Get("modules/web").Data().at("image_format") == "erofs");
  CHECK(scene.node.Get("modules/web/objects").Data().at("count") == 0);
  scene.Write("etc/changed", scene.changed);
  const json again = scene.Publish("erofs");
  CHECK(again.at("digest") == first.at("digest"));
  CHECK(again.at("version") == 2);
}

TEST_CASE("a directory becomes a composefs image and its objects, the same each time") {
  Scene scene;
  const json first = scene.Publish("composefs");
  const std::string image = scene.Served();
  CHECK(HasErofsMagic(image));
  CHECK(image.substr(0, 4) == "\x9a\x62\x78\xd0");
  const json view = scene.node.Get("modules/web").Data();
  CHECK(view.at("image_format") == "composefs");
  CHECK(view.at("fsverity_root_hash") == scene.DigestOf(image));
  CHECK(scene.node.Get("modules").Data().at("modules")[0].at("fsverity_root_hash") ==
        view.at("fsverity_root_hash"));
  const json list = scene.node.Get("modules/web/objects").Data();
  CHECK(list.at("count") == 2);
  CHECK(list.at("total_bytes") == 5000 + 9000);
  CHECK(scene.node.Get("objects/" + scene.DigestOf(scene.kept)).text == scene.kept);
  CHECK(scene.node.Get("objects/" + scene.DigestOf(scene.changed)).text == scene.changed);
  scene.Write("etc/changed", scene.changed);
  CHECK(scene.Publish("composefs").at("digest") == first.at("digest"));
}

TEST_CASE("the next version of a directory shares what has not changed; the last one stays") {
  Scene scene;
  const std::string old_image = scene.Publish("composefs").at("digest");
  scene.Write("etc/changed", std::string(9001, 'C'));
  const std::string image = scene.Publish("composefs").at("digest");
  CHECK(image != old_image);
  CHECK(scene.node.Get("modules/web").Data().at("digest") == image);
  CHECK(scene.node.Get("blobs/sha256/" + old_image.substr(7)).status == 200);
  CHECK(scene.node.Get("modules/web/objects").Data().at("total_bytes") == 5000 + 9001);
  for (const std::string& bytes : {scene.kept, scene.changed, std::string(9001, 'C')})
    CHECK(scene.node.Get("objects/" + scene.DigestOf(bytes)).text == bytes);
  CHECK(scene.Publish("erofs").at("version") == 3);
  CHECK(scene.node.Get("modules/web").Data().at("image_format") == "erofs");
  CHECK(scene.node.Get("objects/" + scene.DigestOf(scene.changed)).status == 200);
}

TEST_CASE("a signed statement names the digest of the image that was made") {
  Scene scene;
  scene.Publish("composefs", {"--sign-key", WriteSignKey(scene.plane)});
  const json bundle = scene.node.Get("modules/web/cosign-bundle").document;
  const json statement =
      json::parse(Base64Decode(bundle.at("dsseEnvelope").at("payload").get<std::string>()).value());
  CHECK(statement.at("predicate").at("imageFsverity") == scene.DigestOf(scene.Served()));
}

TEST_CASE("an image without its objects is refused by their names, and taken with them") {
  Scene scene;
  scene.Publish("composefs");
  const std::string image = scene.plane.Directory() + "/web.composefs";
  std::ofstream(image, std::ios::binary) << scene.Served();
  const std::string kept = scene.DigestOf(scene.kept);
  const std::string changed = scene.DigestOf(scene.changed);

  Fixture other;
  const auto add = [&](std::vector<std::string> words) {
    words.insert(words.end(), {"--name", "web", "--priority", "1", "--no-sign"});
    return other.AddModule(image, std::move(words));
  };
  const std::string store = other.Directory() + "/store";
  const auto keep = [&store](const std::string& digest, const std::string& bytes) {
    std::filesystem::create_directories(store + "/" + digest.substr(0, 2));
    std::ofstream(store + "/" + digest.substr(0, 2) + "/" + digest.substr(2), std::ios::binary)
        << bytes;
  };
  keep(kept, scene.kept);
  CHECK_THROWS_WITH(add({"--objects", store}), doctest::Contains(changed.c_str()));
  CHECK_THROWS_WITH(add({}), doctest::Contains(kept.c_str()));
  keep(changed, scene.kept);  // other bytes under its name
  CHECK_THROWS_WITH(add({"--objects", store}), doctest::Contains("fs-verity digest"));
  CHECK(other.StatusJson().at("modules").empty());
  keep(changed, scene.changed);
  CHECK(add({"--objects", store}).at("version") == 1);
  CHECK(add({}).at("version") == 2);  // all of them are here by now
  CHECK(add({"--unchecked-objects"}).at("version") == 3);
}

TEST_CASE("what cannot be made is said, and leaves nothing behind") {
  Scene scene;
  CHECK_THROWS_WITH(scene.Publish("squashfs"), doctest::Contains("squashfs"));
  CHECK_THROWS(scene.plane.AddModule(scene.tree + "/none",
                                     {"--name", "web", "--priority", "1", "--no-sign"}));
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(scene.plane.Directory() + "/blobs"))
    files += entry.is_regular_file() ? 1 : 0;
  CHECK(files == 0);
}

TEST_SUITE_END();

}  // namespace powernode::platform::image_publish_test
