#include <doctest/doctest.h>

#include "agent/base/random.h"
#include "tests/platform/bearer.h"
#include "tests/platform/test_node.h"

namespace powernode::platform::gen1_test {
namespace {

// A first-generation server with one enrolled node, one module and one task.
struct Scene {
  Fixture plane;
  FixtureNode identity = plane.AddNode("n1");
  TestNode node{plane, identity};
  std::string bearer;
  std::string task;

  explicit Scene(Fixture::Words words = {"--mode", "gen1"}) : plane(std::move(words)) {
    bearer = node.Enroll().Data().at("instance_token").get<std::string>();
    plane.AddModule(WriteImage(plane, "a", 1000),
                    {"--name", "web", "--id", "m1", "--priority", "1", "--no-sign"});
    plane.Assign("n1", {"web"});
    task = "status/tasks/" + plane.AddTask("n1", "sync").at("id").get<std::string>();
  }
  Reply WithBearer(const std::string& token) const {
    return node.GetBare("status", {{"Authorization", "Bearer " + token}});
  }
  void SetTask(const char* status) {
    plane.Verb({"task", "set", task.substr(sizeof "status/tasks"), "--status", status});
  }
};

}  // namespace

TEST_SUITE_BEGIN("gen1");

TEST_CASE("no extension is offered, in headers, answers or lists") {
  Scene scene;
  const Reply beat = scene.node.Post("status/heartbeat", GoodHeartbeat());
  REQUIRE(beat.status == 200);
  CHECK(beat.Header("X-Powernode-Features") == "");
  CHECK(beat.Data().at("acknowledged") == true);
  for (const char* member : {"features", "tasks_pending", "assignment_revision"})
    CHECK_FALSE(beat.Data().contains(member));
  const json task = scene.node.Get("status/tasks").Data().at("tasks")[0];
  for (const char* member : {"executor", "lease", "cancel_requested"})
    CHECK_FALSE(task.contains(member));
  const std::string key = RandomUuid();
  const json body = {{"status", "running"}};
  CHECK(scene.node.Post("status", body, {{"Idempotency-Key", key}}).status == 200);
  CHECK(scene.node.Post("status", {{"status", "rebooting"}}, {{"Idempotency-Key", key}}).status ==
        200);
}

TEST_CASE("a bearer is as good as a certificate for a day, and a refresh brings the next") {
  Scene scene;
  CHECK(scene.WithBearer(scene.bearer).status == 200);
  CHECK(scene.node.GetBare("status", {{"X-Instance-Token", scene.bearer}}).status == 200);
  scene.plane.Advance(20 * 3600);
  const Reply refreshed =
      scene.node.PostBare("enroll/refresh", {{"csr_pem", MakeRequestPem(scene.node.key())}},
                          {{"Authorization", "Bearer " + scene.bearer}});
  REQUIRE(refreshed.status == 200);
  scene.plane.Advance(5 * 3600);
  CHECK(scene.WithBearer(scene.bearer).Error() == "Invalid instance token");
  CHECK(scene.WithBearer(refreshed.Data().at("instance_token")).status == 200);
  CHECK(scene.plane.Run({"requests"}).find(scene.bearer) == std::string::npos);
}

TEST_CASE("a bearer that was changed, is of another state or of another type is refused") {
  Scene scene;
  CHECK(scene.WithBearer(scene.bearer + "x").Error() == "Invalid instance token");
  CHECK(scene.WithBearer("a.b.c").Error() == "Invalid instance token");
  CHECK(scene.WithBearer("").Error() == "Invalid instance token");
  State elsewhere;
  elsewhere.claim_secret = "another";
  CHECK(scene.WithBearer(IssueBearer(elsewhere, scene.identity.id)).status == 401);
  CHECK(scene.node.GetBare("status").Error() ==
        "Instance token or mTLS client certificate required");
  scene.plane.Verb({"node", "set", "n1", "--status", "terminated"});
  CHECK(scene.WithBearer(scene.bearer).Error() == "Instance is not active");
  scene.plane.Verb({"node", "remove", "n1"});
  CHECK(scene.WithBearer(scene.bearer).Error() == "Instance not found");
}

TEST_CASE("behind a proxy that forwards no certificate only the bearer helps") {
  Scene scene({"--mode", "gen1", "--ignore-client-certificates"});
  const Reply bare = scene.node.Get("status");
  CHECK(bare.status == 401);
  CHECK(bare.Error() == "Instance token or mTLS client certificate required");
  CHECK(scene.WithBearer(scene.bearer).status == 200);
  CHECK(scene.plane.Requests("status").back().at("peer_cn") == "");
}

TEST_CASE("a token is spent by the first request, whether or not its answer arrives") {
  Scene scene;
  TestNode late(scene.plane, scene.plane.AddNode("n2"));
  scene.plane.Fault({"lost-answer", "--route", "enroll", "--count", "1"});
  CHECK_FALSE(late.TryEnroll().answered);
  const Reply again = late.TryEnroll();
  CHECK(again.status == 422);
  CHECK(again.Error() == "Bootstrap token is not valid");
  CHECK(scene.plane.StatusOf("n2").at("certificates").size() == 1);
}

TEST_CASE("what a node can check of signatures does not save its token") {
  Fixture plane({"--mode", "gen1", "--ca", "ed25519"});
  const TestNode node(plane, plane.AddNode("n1"));
  CHECK(node.TryEnroll({{"accepted_signature_algorithms", {"ecdsa-sha256"}}}).status == 200);
  CHECK(plane.StatusOf("n1").at("unused_tokens") == 0);
}

TEST_CASE("every poll of a confirmed claim brings another token, for any key, at any pace") {
  Scene scene;
  const auto poll = [&scene](const char* device_key) {
    return scene.node
        .PostBare("claim", {{"mac", "52:54:00:12:34:56"}, {"device_key_sha256", device_key}})
        .Data();
  };
  const std::string code = poll("one").at("claim_code");
  CHECK(poll("two").at("claim_code") == code);
  scene.plane.Verb({"claim", "confirm", code, "n1"});
  const json first = poll("one");
  CHECK(first.at("bootstrap_token") != poll("one").at("bootstrap_token"));
  CHECK(first.at("platform_url") == "http://localhost:3000");
  for (int i = 0; i < 12; ++i) CHECK(poll("two").contains("bootstrap_token"));
  CHECK(scene.node.TryEnroll({{"bootstrap_token", first.at("bootstrap_token")}}).status == 200);
}

TEST_CASE("a refresh leaves what was before, and a revoked certificate passes beside a good one") {
  Scene scene;
  const std::string before = scene.node.certificate_pem();
  const Reply refreshed = scene.node.Refresh();
  REQUIRE(refreshed.status == 200);
  CHECK(refreshed.Data().at("cert_pem") != scene.node.Refresh().Data().at("cert_pem"));
  const auto revoke = [&scene](const std::string& pem) {
    const Result<Certificate> certificate = CertificateFromPem(pem);
    REQUIRE(certificate.ok());
    scene.plane.Verb({"certificate", "revoke", "n1", "--serial", SerialHex(certificate->get())});
  };
  revoke(before);
  CHECK(scene.node.Get("status").status == 200);
  scene.plane.Verb({"certificate", "revoke", "n1"});
  CHECK(scene.node.Get("status").Error() == "No active certificate on file");
}

TEST_CASE("the module view is nested and useless, and its bytes are nowhere") {
  Scene scene;
  const json list = scene.node.Get("modules").Data();
  CHECK(list.at("count") == 1);
  CHECK(list.at("modules")[0].at("has_data_file") == false);
  for (const char* member : {"digest", "size_bytes", "manifest_sha256"})
    CHECK_FALSE(list.at("modules")[0].contains(member));
  for (const char* member : {"assignment_revision", "complete", "removed"})
    CHECK_FALSE(list.contains(member));
  const json view = scene.node.Get("modules/m1").Data();
  CHECK_FALSE(view.contains("id"));
  CHECK(view.at("module").at("id") == "m1");
  CHECK_FALSE(view.at("module").contains("digest"));
  CHECK(view.at("module").at("services") == json::array());
}

TEST_CASE("what it lacks or breaks is nobody's fault") {
  struct Row {
    const char* path;
    int status;
  };
  Scene scene;
  for (const Row& row : {
           Row{"files/modules/m1", 404},
           Row{"files/modules/m1/web.erofs", 404},
           Row{"modules/m1/manifest", 404},
           Row{"modules/m1/objects", 404},
           Row{"modules/m1/cosign-bundle", 404},
           Row{"modules/signing_keys", 404},
           Row{"blobs/sha256/00", 404},
           Row{"objects/00", 404},
           Row{"trust/policy", 404},
           Row{"boot_image/download", 404},
           Row{"mount_points", 500},
           Row{"modules/m1/rsync_spec", 500},
           Row{"storage_volume", 200},
       }) {
    CAPTURE(std::string(row.path));
    CHECK(scene.node.Get(row.path).status == row.status);
  }
  CHECK(scene.node.Post("peer/announce", json::object()).status == 500);
  CHECK(scene.node.Post(scene.task + "/progress", json::object()).status == 404);
  CHECK(scene.plane.StatusJson().at("complaints").empty());
  CHECK(scene.node.Get("topology").status == 404);
  CHECK(Complaints(scene.plane, "refused: 404") == 1);
}

TEST_CASE("a task is not acknowledged while it is pending, and never completed") {
  Scene scene;
  const json attempt = {{"attempt_id", "a1"}, {"boot_id", "b1"}};
  CHECK(scene.node.Post(scene.task + "/acknowledge", attempt).status == 422);
  CHECK(scene.node.Post(scene.task + "/complete", attempt).status == 400);
  scene.SetTask("running");
  CHECK(scene.node.Post(scene.task + "/acknowledge", attempt).status == 200);
  CHECK(scene.node.Post(scene.task + "/complete", attempt).status == 500);
  CHECK(scene.node.Get(scene.task).Data().at("task").at("status") == "running");
  CHECK(scene.plane.StatusJson().at("complaints").empty());
  CHECK_THROWS(scene.SetTask("lost"));
}

TEST_CASE("a failure keeps error_message and forgets error") {
  Scene scene;
  CHECK(scene.node.Post(scene.task + "/fail", {{"error", "disk"}}).status == 200);
  CHECK(scene.plane.StatusJson().at("tasks")[0].at("error") == "");
  scene.SetTask("pending");
  CHECK(scene.node.Post(scene.task + "/fail", {{"error_message", "disk"}}).status == 200);
  CHECK(scene.plane.StatusJson().at("tasks")[0].at("error") == "disk");
}

TEST_SUITE_END();

}  // namespace powernode::platform::gen1_test
