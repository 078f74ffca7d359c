#include <doctest/doctest.h>

#include <sys/stat.h>

#include <map>

#include "agent/base/encoding.h"
#include "tests/platform/fsverity.h"
#include "tests/platform/object_list.h"
#include "tests/platform/test_node.h"
#include "tests/platform/test_store.h"

namespace powernode::platform::objects_test {
namespace {

// A node with one module, whose objects are those of a store.
struct Scene {
  Fixture plane;
  TestStore store{plane};
  std::string small = store.Add(70);
  std::string large = store.Add(3 * 4096 + 17);
  TestNode node{plane, plane.AddNode("n1")};

  Scene() {
    REQUIRE(node.Enroll().status == 200);
    store.Publish("web");
    plane.Assign("n1", {"web"});
  }
};

}  // namespace

TEST_SUITE_BEGIN("objects");

TEST_CASE("a list finds each of its objects and no other") {
  Fixture plane;
  const StateDirectory directory{plane.Directory()};
  std::vector<ListedObject> objects;
  for (int i = 0; i < 37; ++i)
    objects.push_back(
        {.digest = std::string(62, 'a') + std::to_string(90 - 2 * i + 10).substr(0, 2),
         .size = static_cast<std::uint64_t>(i) << 40});
  objects.push_back(objects.front());
  REQUIRE(WriteObjectList(directory, "blob", objects));
  const Result<ObjectList> list = ObjectList::Open(directory, "blob");
  REQUIRE(list.ok());
  for (const ListedObject& object : objects) CHECK(list->Find(object.digest).value() == object);
  CHECK_FALSE(list->Find(std::string(64, '0')).value().has_value());
  CHECK_FALSE(list->Find(std::string(64, 'b')).value().has_value());
  CHECK_FALSE(list->Find(std::string(62, 'a') + "11").value().has_value());
  CHECK(list->All().value().size() == 37);
  CHECK(ObjectList::Open(directory, "other").error().kind() == ErrorKind::kNotFound);
}

TEST_CASE("the objects of a version are listed with their sizes") {
  Scene scene;
  const std::string digest = scene.node.Get("modules/web").Data().at("digest");
  for (const std::string& query :
       {std::string(), "?digest=" + digest, "?other=1&digest=sha256%3A" + digest.substr(7)}) {
    CAPTURE(query);
    const json data = scene.node.Get("modules/web/objects" + query).Data();
    CHECK(data.at("count") == 2);
    CHECK(data.at("total_bytes") == 70 + 3 * 4096 + 17);
    std::map<std::string, std::size_t> sizes;
    for (const json& object : data.at("objects")) sizes[object.at("digest")] = object.at("size");
    CHECK(sizes ==
          std::map<std::string, std::size_t>{{scene.small, 70}, {scene.large, 3 * 4096 + 17}});
  }
  CHECK(scene.node.Get("modules/web/objects?digest=" + digest.substr(7)).status == 422);
  CHECK(scene.node.Get("modules/web/objects?digest=sha256:" + std::string(64, '0')).status == 404);
  CHECK(scene.node.Get("modules/other/objects").status == 404);

  scene.plane.AddModule(WriteImage(scene.plane, "plain", 5000),
                        {"--name", "plain", "--priority", "2", "--no-sign"});
  scene.plane.Assign("n1", {"plain"});
  CHECK(scene.node.Get("modules/plain/objects").Data().at("count") == 0);
}

TEST_CASE("an object comes whole and resumed at each class of boundary") {
  Scene scene;
  const std::string route = "objects/" + scene.large;
  const std::string& bytes = scene.store.Bytes(scene.large);
  const std::string etag = "\"" + scene.large + "\"";
  const Reply whole = scene.node.Get(route);
  CHECK(whole.status == 200);
  CHECK(whole.text == bytes);
  CHECK(whole.Header("ETag") == etag);
  CHECK(whole.Header("Accept-Ranges") == "bytes");
  CHECK(whole.Header("Content-Type") == "application/octet-stream");
  CHECK(whole.Header("X-Module-Digest") == "");
  for (const std::size_t offset :
       {std::size_t{0}, std::size_t{1}, std::size_t{4095}, std::size_t{4096}, bytes.size() - 1}) {
    CAPTURE(offset);
    const Reply rest = scene.node.Get(
        route, {{"Range", "bytes=" + std::to_string(offset) + "-"}, {"If-Range", etag}});
    CHECK(rest.status == 206);
    CHECK(rest.text == bytes.substr(offset));
    CHECK(rest.Header("Content-Range") == "bytes " + std::to_string(offset) + "-" +
                                              std::to_string(bytes.size() - 1) + "/" +
                                              std::to_string(bytes.size()));
  }
  const Reply beyond =
      scene.node.Get(route, {{"Range", "bytes=" + std::to_string(bytes.size()) + "-"}});
  CHECK(beyond.status == 416);
  CHECK(beyond.Header("Content-Range") == "bytes */" + std::to_string(bytes.size()));
  CHECK(scene.node.Get(route, {{"Range", "bytes=5-"}, {"If-Range", "\"stale\""}}).status == 200);
}

TEST_CASE("an object's name is 64 lower-case digits and nothing else") {
  Scene scene;
  std::string upper = scene.large;
  for (char& c : upper) c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
  for (const std::string& name :
       {upper, scene.large.substr(1), scene.large + "0", std::string(64, '0'),
        "sha256:" + scene.large, scene.large.substr(0, 2) + "%2f" + scene.large.substr(2),
        std::string("..%2f..%2fstate.json"), std::string("fetch")}) {
    CAPTURE(name);
    CHECK(scene.node.Get("objects/" + name).status == 404);
  }
}

TEST_CASE("many objects come in one answer, in any order, without those that are not there") {
  Scene scene;
  const Reply reply =
      scene.node.Post("objects/fetch",
                      {{"digests", {scene.large, std::string(64, '0'), scene.small, scene.large}}});
  CHECK(reply.status == 200);
  CHECK(reply.Header("Content-Type") == "application/vnd.powernode.objects.v1");
  const ReceivedObjects received = ParseRecords(reply.text);
  CHECK(received.ended);
  CHECK(received.objects ==
        std::map<std::string, std::string>{{scene.small, scene.store.Bytes(scene.small)},
                                           {scene.large, scene.store.Bytes(scene.large)}});
  const Reply nothing = scene.node.Post("objects/fetch", {{"digests", json::array()}});
  CHECK(nothing.text == std::string(40, '\0'));
  CHECK(Complaints(scene.plane, "") == 0);
}

TEST_CASE("a malformed wish for many is refused") {
  Scene scene;
  const auto status = [&scene](const json& body) {
    return scene.node.Post("objects/fetch", body).status;
  };
  CHECK(status({{"digests", std::vector<std::string>(1000, scene.small)}}) == 200);
  CHECK(status({{"digests", std::vector<std::string>(1001, scene.small)}}) == 422);
  CHECK(status(json::object()) == 422);
  CHECK(status({{"digests", scene.small}}) == 422);
  CHECK(status({{"digests", {scene.small, 7}}}) == 422);
  CHECK(status({{"digests", {scene.small.substr(1)}}}) == 422);
  CHECK(status({{"digests", {"sha256:" + scene.small}}}) == 422);
}

TEST_CASE("an answer with many is no larger than 256 MiB") {
  Fixture plane;
  TestStore store(plane);
  const std::string half = store.AddHole(std::uint64_t{128} << 20);
  const std::string other_half = store.AddHole((std::uint64_t{128} << 20) + 1);
  const std::string small = store.Add(70);
  store.Publish("web");
  TestNode node(plane, plane.AddNode("n1"));
  REQUIRE(node.Enroll().status == 200);
  plane.Assign("n1", {"web"});
  const std::string text =
      node.Post("objects/fetch", {{"digests", {half, other_half, small}}}).text;
  CHECK(text.size() <= std::size_t{256} << 20);
  const ReceivedObjects received = ParseRecords(text);
  CHECK(received.ended);
  CHECK(received.objects.size() == 2);
  CHECK(received.objects.contains(small));
}

TEST_CASE("objects are for nodes that have or had a module with them") {
  Scene scene;
  TestNode stranger(scene.plane, scene.plane.AddNode("stranger"));
  REQUIRE(stranger.Enroll().status == 200);
  const std::string route = "objects/" + scene.small;
  const json wish = {{"digests", {scene.small}}};
  CHECK(stranger.Get(route).status == 404);
  CHECK(stranger.Get("modules/web/objects").status == 404);
  CHECK(ParseRecords(stranger.Post("objects/fetch", wish).text).objects.empty());
  CHECK(stranger.GetBare(route).status == 401);
  CHECK(stranger.PostBare("objects/fetch", wish).status == 401);

  // A new version without it, and no assignment at all: the old one may be what a node falls back
  // to.
  const std::string old_digest = scene.node.Get("modules/web").Data().at("digest");
  scene.store.Forget(scene.small);
  scene.store.Publish("web");
  CHECK(scene.node.Get("modules/web/objects").Data().at("count") == 1);
  CHECK(scene.node.Get("modules/web/objects?digest=" + old_digest).Data().at("count") == 2);
  CHECK(scene.node.Get(route).status == 200);
  scene.plane.Unassign("n1", {"web"});
  CHECK(scene.node.Get(route).status == 200);
  CHECK(ParseRecords(scene.node.Post("objects/fetch", wish).text).objects.size() == 1);

  // Whatever runs stays fetchable.
  json beat = GoodHeartbeat();
  beat["module_digests"]["web"] = old_digest;
  REQUIRE(stranger.Post("status/heartbeat", beat).status == 200);
  CHECK(stranger.Get(route).status == 200);
}

TEST_CASE("objects survive a restart, and what was served is counted") {
  Scene scene;
  scene.node.Get("objects/" + scene.small);
  scene.node.Get("objects/" + scene.large, {{"Range", "bytes=4096-"}});
  scene.node.Post("objects/fetch", {{"digests", {scene.small, scene.large}}});
  const std::size_t image = scene.node.Get("files/modules/web").text.size();
  scene.plane.Kill();
  scene.plane.Start();
  CHECK(scene.node.Get("objects/" + scene.small).text == scene.store.Bytes(scene.small));
  const json status = scene.plane.StatusOf("n1");
  CHECK(status.at("objects_served") == 5);
  CHECK(status.at("object_bytes_served") == 3 * 70 + 2 * (3 * 4096 + 17) - 4096);
  CHECK(status.at("blob_bytes_served") == image);
}

TEST_CASE("an object whose file is gone or short is left out") {
  Scene scene;
  const StateDirectory directory{scene.plane.Directory()};
  REQUIRE(::truncate(directory.object(scene.large).c_str(), 4096) == 0);
  REQUIRE(::unlink(directory.object(scene.small).c_str()) == 0);
  CHECK(scene.node.Get("objects/" + scene.small).status == 404);
  const json wish = {{"digests", {scene.small, scene.large}}};
  CHECK(ParseRecords(scene.node.Post("objects/fetch", wish).text).objects.empty());
}

TEST_SUITE_END();

}  // namespace powernode::platform::objects_test
