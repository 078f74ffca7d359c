#include <doctest/doctest.h>

#include "tests/platform/digest.h"
#include "tests/platform/test_node.h"

namespace powernode::platform::gen2_test {
namespace {

// A second-generation server with one enrolled node and one module.
struct Scene {
  Fixture plane{{"--mode", "gen2"}};
  FixtureNode identity = plane.AddNode("n1");
  TestNode node{plane, identity};
  std::string image = WriteImage(plane, "a", 5000);

  Scene() {
    REQUIRE(node.Enroll().status == 200);
    plane.AddModule(image, {"--name", "web", "--id", "m1", "--priority", "1", "--no-sign"});
    plane.Assign("n1", {"web"});
  }
};

}  // namespace

TEST_SUITE_BEGIN("gen2");

TEST_CASE("only the certificate counts, and its own row at that") {
  Scene scene;
  CHECK_FALSE(scene.node.Refresh().Data().contains("instance_token"));
  CHECK(scene.node.GetBare("status", {{"Authorization", "Bearer a.b.c"}}).Error() ==
        "Invalid instance token");
  const Result<Certificate> first = CertificateFromPem(scene.node.certificate_pem());
  REQUIRE(first.ok());
  scene.plane.Verb({"certificate", "revoke", "n1", "--serial", SerialHex(first->get())});
  CHECK(scene.node.Get("status").status == 401);
}

TEST_CASE("the view is flat and has what composing needs, without extensions") {
  Scene scene;
  const json entry = scene.node.Get("modules").Data().at("modules")[0];
  CHECK(entry.at("has_data_file") == true);
  CHECK_FALSE(entry.contains("digest"));
  const json view = scene.node.Get("modules/m1").Data();
  CHECK(view.at("id") == "m1");
  CHECK(view.at("digest") == "sha256:" + Sha256HexOfFile(scene.image).value());
  for (const char* member : {"module", "image_format", "spec_encoding"})
    CHECK_FALSE(view.contains(member));
  CHECK(scene.node.Get("modules/signing_keys").Data().at("count") == 0);
  CHECK(scene.node.Get("modules/m1/manifest").status == 404);
  CHECK(scene.plane.StatusJson().at("complaints").empty());
}

TEST_CASE("bytes are streamed whole, whatever range was asked for") {
  Scene scene;
  const Reply reply = scene.node.Get("files/modules/m1", {{"Range", "bytes=100-"}});
  CHECK(reply.status == 200);
  CHECK(reply.text == ReadWhole(scene.image));
  CHECK(reply.Header("ETag") == "");
  CHECK(reply.Header("Accept-Ranges") == "");
  CHECK(scene.node.Get("blobs/sha256/" + Sha256HexOfFile(scene.image).value()).status == 404);
}

TEST_CASE("a task is taken once and finished once") {
  Scene scene;
  const std::string task =
      "status/tasks/" + scene.plane.AddTask("n1", "sync").at("id").get<std::string>();
  CHECK(scene.node.Post(task + "/complete", json::object()).status == 422);
  const Reply taken = scene.node.Post(task + "/acknowledge", {{"attempt_id", "a1"}});
  CHECK(taken.status == 200);
  CHECK_FALSE(taken.Data().contains("lease"));
  CHECK(scene.node.Post(task + "/acknowledge", {{"attempt_id", "a1"}}).status == 422);
  CHECK(scene.node.Post(task + "/complete", {{"result", {{"n", 1}}}}).status == 200);
  CHECK(scene.node.Post(task + "/complete", {{"result", {{"n", 2}}}}).status == 422);
  CHECK(scene.plane.StatusJson().at("tasks")[0].at("result").at("n") == 1);
  const std::string other =
      "status/tasks/" + scene.plane.AddTask("n1", "sync").at("id").get<std::string>();
  CHECK(scene.node.Post(other + "/fail", {{"error", "disk"}}).status == 200);
  CHECK(scene.plane.StatusJson().at("tasks")[1].at("error") == "disk");
}

TEST_CASE("a device that names its instance needs no person, and must not ask too often") {
  Scene scene;
  const json poll = {{"mac", "52:54:00:12:34:56"}, {"instance_id", scene.identity.id}};
  const json claimed = scene.node.PostBare("claim", poll).Data();
  CHECK(claimed.at("status") == "claimed");
  CHECK(scene.node.TryEnroll({{"bootstrap_token", claimed.at("bootstrap_token")}}).status == 200);
  CHECK(scene.node.PostBare("claim", {{"mac", "52:54:00:00:00:01"}}).Data().at("status") ==
        "pending");
  for (int i = 0; i < 8; ++i) scene.node.PostBare("claim", poll);
  CHECK(scene.node.PostBare("claim", poll).status == 429);
}

TEST_CASE("a heartbeat with everything new is taken and answered with nothing new") {
  Scene scene;
  json beat = GoodHeartbeat();
  beat["booted_from_lkg"] = true;
  const json data = scene.node.Post("status/heartbeat", beat).Data();
  CHECK(data.at("acknowledged") == true);
  CHECK_FALSE(data.contains("features"));
  CHECK(scene.plane.StatusOf("n1").at("last_heartbeat").at("booted_from_lkg") == true);
}

TEST_CASE("a state serves one generation after another, as an upgraded server does") {
  Fixture plane({"--mode", "gen1"});
  TestNode node(plane, plane.AddNode("n1"));
  REQUIRE(node.Enroll().status == 200);
  plane.Restart({"--mode", "target"});
  const Reply status = node.Get("status");
  CHECK(status.status == 200);
  CHECK(status.Header("X-Powernode-Features") != "");
  CHECK_THROWS(plane.Run({"serve", "--mode", "gen3"}));
}

TEST_SUITE_END();

}  // namespace powernode::platform::gen2_test
