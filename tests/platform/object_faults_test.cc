#include <doctest/doctest.h>

#include <chrono>

#include "tests/platform/test_node.h"
#include "tests/platform/test_store.h"

namespace powernode::platform::object_faults_test {
namespace {

struct Scene {
  Fixture plane;
  TestStore store{plane};
  std::string a = store.Add(5000);
  std::string b = store.Add(9000);
  TestNode node{plane, plane.AddNode("n1")};

  Scene() {
    REQUIRE(node.Enroll().status == 200);
    store.Publish("web");
    plane.Assign("n1", {"web"});
  }
  void Only(std::vector<std::string> words) {
    plane.ClearFaults();
    plane.Fault(std::move(words));
  }
  Reply One(const std::string& digest) { return node.Get("objects/" + digest); }
  Reply Many() { return node.Post("objects/fetch", {{"digests", {a, b}}}); }
  ReceivedObjects ReceiveMany() { return ParseRecords(Many().text); }
};

std::string Corrupted(std::string bytes, std::size_t at) {
  bytes[at] = static_cast<char>(~bytes[at]);
  return bytes;
}

}  // namespace

TEST_SUITE_BEGIN("object faults");

TEST_CASE("one byte of an object is wrong, by itself, resumed and among many") {
  Scene scene;
  const std::string& bytes = scene.store.Bytes(scene.b);
  scene.Only({"corrupt-object", "--text", scene.b});
  const std::string corrupted = Corrupted(bytes, 8999);
  CHECK(scene.One(scene.b).text == corrupted);
  CHECK(scene.node.Get("objects/" + scene.b, {{"Range", "bytes=4096-"}}).text ==
        corrupted.substr(4096));
  CHECK(scene.One(scene.a).text == scene.store.Bytes(scene.a));
  const ReceivedObjects received = scene.ReceiveMany();
  CHECK(received.ended);
  CHECK(received.objects.at(scene.a) == scene.store.Bytes(scene.a));
  CHECK(received.objects.at(scene.b) == corrupted);
  scene.Only({"corrupt-object", "--text", scene.b, "--number", "4097"});
  CHECK(scene.One(scene.b).text == Corrupted(bytes, 4097));
  CHECK(scene.ReceiveMany().objects.at(scene.b) == Corrupted(bytes, 4097));
}

TEST_CASE("the next few requests for objects are hit, and no others count") {
  Scene scene;
  scene.Only({"corrupt-object", "--count", "2"});
  CHECK(scene.node.Get("status").status == 200);
  CHECK(scene.node.Get("files/modules/web").status == 200);
  CHECK(scene.One(scene.a).text != scene.store.Bytes(scene.a));
  CHECK(scene.One(scene.b).text != scene.store.Bytes(scene.b));
  CHECK(scene.One(scene.b).text == scene.store.Bytes(scene.b));
  scene.Only({"corrupt-object", "--count", "1", "--text", scene.b});
  CHECK(scene.One(scene.a).text == scene.store.Bytes(scene.a));
  CHECK(scene.One(scene.b).text != scene.store.Bytes(scene.b));
  CHECK(scene.One(scene.b).text == scene.store.Bytes(scene.b));
}

TEST_CASE("an object is not to be had") {
  Scene scene;
  scene.Only({"omit-object", "--text", scene.a});
  CHECK(scene.One(scene.a).status == 404);
  CHECK(scene.One(scene.b).status == 200);
  const ReceivedObjects received = scene.ReceiveMany();
  CHECK(received.ended);
  CHECK(received.objects.size() == 1);
  CHECK(received.objects.contains(scene.b));
  CHECK(Complaints(scene.plane, "objects/") == 0);
}

TEST_CASE("records repeat, lie about their length or do not end") {
  Scene scene;
  const std::size_t whole = scene.Many().text.size();
  CHECK(whole == 3 * 40 + 5000 + 9000);
  scene.Only({"repeat-object", "--text", scene.a});
  CHECK(scene.Many().text.size() == whole + 40 + 5000);
  scene.Only({"no-end-record"});
  CHECK(scene.Many().text.size() == whole - 40);
  CHECK_FALSE(scene.ReceiveMany().ended);
  CHECK(scene.ReceiveMany().objects.size() == 2);
  scene.Only({"wrong-object-length", "--number", "1000000"});
  CHECK(scene.Many().text.size() == whole);
  CHECK(scene.ReceiveMany().objects.empty());
}

TEST_CASE("an answer breaks off, crawls, or its route is that of an old server") {
  Scene scene;
  scene.Only({"close", "--route", "objects/fetch", "--number", "3000"});
  CHECK_FALSE(scene.Many().answered);
  CHECK(scene.One(scene.a).status == 200);
  scene.Only({"close", "--route", "objects/*", "--number", "3000"});
  CHECK(scene.node.ReadSome("objects/" + scene.b, 9000) ==
        scene.store.Bytes(scene.b).substr(0, 3000));
  scene.Only({"status", "--route", "objects/fetch", "--number", "404"});
  CHECK(scene.Many().status == 404);
  CHECK(scene.One(scene.a).status == 200);
  scene.Only({"throttle", "--route", "objects/*", "--number", "30000"});
  const auto start = std::chrono::steady_clock::now();
  CHECK(scene.ReceiveMany().objects.size() == 2);
  CHECK(std::chrono::steady_clock::now() - start >= std::chrono::milliseconds(300));
}

TEST_CASE("what was left out is not counted as served") {
  Scene scene;
  scene.Only({"omit-object", "--text", scene.a});
  scene.Many();
  scene.One(scene.a);
  CHECK(scene.plane.StatusOf("n1").at("object_bytes_served") == 9000);
}

TEST_CASE("an object fault that could never act is refused") {
  Scene scene;
  CHECK_THROWS(scene.plane.Fault({"corrupt-object", "--text", "abc"}));
  CHECK_THROWS(scene.plane.Fault({"omit-object", "--text", "sha256:" + scene.a}));
}

TEST_SUITE_END();

}  // namespace powernode::platform::object_faults_test
