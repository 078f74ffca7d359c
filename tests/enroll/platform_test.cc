// The agent's side of the contract against the reference control plane: another TLS library,
// another HTTP library, real sockets.
#include <doctest/doctest.h>

#include <thread>

#include "agent/base/files.h"
#include "agent/base/sha256.h"
#include "enroll/enroll.h"
#include "enroll/key.h"
#include "enroll/node_api.h"
#include "enroll/session.h"
#include "tests/enroll/platform_node.h"
#include "tests/support/loopback_socket.h"

namespace powernode::enroll::platform_test {
namespace {

using powernode::testing::TemporaryDirectory;
using testing::Plane;
using Node = testing::PlatformNode;

std::string Image(const TemporaryDirectory& root, std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 31 >> 3);
  const std::string path = (root / "image").string();
  REQUIRE(WriteFile(path, bytes, 0644));
  return path;
}

Json Beat() {
  return {{"boot_id", "5f2c9e01-0000-4000-8000-000000000001"},
          {"agent_version", "1.0.0"},
          {"architecture", "amd64"},
          {"uptime_seconds", 91},
          {"module_digests", Json::object()},
          {"mount_state", "unmounted"}};
}

bool Contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_SUITE("enrolment against the reference control plane") {
  TEST_CASE("token to certificate to an authenticated call, without one complaint") {
    Plane plane;
    Node node(plane);
    Session session = node.MustEnroll();
    NodeApi api(session);
    const Result<NodeStatus> status = api.GetStatus({});
    REQUIRE(status.ok());
    CHECK(status->instance_id == node.identity.instance_uuid);
    REQUIRE(api.Heartbeat(Beat(), {}).ok());
    CHECK(plane.StatusOf("n1").at("heartbeats") == 1);
    CHECK(plane.StatusJson().at("complaints").dump() == "[]");
    // What is stored is what was used.
    const PkiStore::Loaded loaded = node.store.Load(SystemClock().UnixSeconds());
    REQUIRE(loaded.credentials);
    CHECK(loaded.credentials->fingerprint == session.credentials()->fingerprint);
  }

  TEST_CASE("a lost answer costs no token: the same certificate comes with the next try") {
    Plane plane;
    Node node(plane);
    for (const std::string bytes : {"0", "1", "40", "600"}) {
      plane.Fault({"lost-answer", "--route", "enroll", "--number", bytes, "--count", "1"});
      CHECK(node.Fails().kind() == ErrorKind::kUnavailable);
    }
    node.MustEnroll();
    CHECK(plane.StatusOf("n1").at("certificates").size() == 1);
  }

  TEST_CASE("a refused token is named and sent once") {
    Plane plane;
    Node node(plane);
    node.identity.bootstrap_token = Secret(std::string(43, 'x'));
    CHECK(node.Fails().code() == "token_refused");
    CHECK(node.Fails().code() == "token_refused");
    CHECK(plane.Requests("enroll").size() == 1);
  }

  TEST_CASE("a CA that is not the platform's is not trusted, and the token stays here") {
    Plane plane;
    Plane other;
    Node node(plane);
    node.identity.ca_pem = other.CaPem();
    const Error error = node.Fails();
    CHECK(error.code() == "tls_untrusted");
    CHECK(Contains(error.message(), "not issued by a certificate authority this node trusts"));
    CHECK(plane.Requests("enroll").empty());
  }

  TEST_CASE("an Ed25519 CA is named before the token leaves the node") {
    Plane plane({"--ca", "ed25519"});
    Node node(plane);
    const Error error = node.Fails();
    CHECK(error.code() == "ca_algorithm_unsupported");
    CHECK(plane.Requests("enroll").empty());
  }

  TEST_CASE("an Ed25519 CA for leaves only leaves the token unspent") {
    Plane plane({"--leaf-ca", "ed25519"});
    Node node(plane);
    CHECK(node.Fails().code() == "ca_algorithm_unsupported");
    CHECK(plane.StatusOf("n1").at("certificates").empty());
  }

  TEST_CASE("an RSA CA serves") {
    Plane plane({"--ca", "rsa"});
    Node node(plane);
    Session session = node.MustEnroll();
    CHECK(NodeApi(session).GetStatus({}).ok());
  }

  TEST_CASE(
      "a server certificate that is expired, not yet valid or for another name is refused with its "
      "reason") {
    struct Row {
      std::string flaw, code, text;
    };
    for (const Row& row :
         std::vector<Row>{{"expired", "tls_expired", "expired at "},
                          {"not-yet-valid", "tls_not_yet_valid", "valid only from "},
                          {"wrong-name", "tls_untrusted", "another host name"},
                          {"no-name", "tls_untrusted", ""}}) {
      Plane plane({"--certificate", row.flaw});
      Node node(plane);
      const Error error = node.Fails();
      CAPTURE(row.flaw);
      CAPTURE(error.message());
      CHECK(error.code() == row.code);
      CHECK(Contains(error.message(), row.text));
      if (row.code != "tls_untrusted")
        CHECK(Contains(error.message(), "this node's clock says 20"));
      CHECK(plane.Requests("enroll").empty());
    }
  }

  TEST_CASE("TLS 1.2 alone is not enough") {
    Plane plane;
    Node node(plane);
    plane.Fault({"tls12"});
    CHECK(node.Fails().code() == "tls_handshake_failed");
  }

  TEST_CASE("a flawed certificate is not kept") {
    for (const std::string flaw :
         {"wrong-key", "wrong-name", "expired", "no-client-auth", "foreign-issuer"}) {
      Plane plane;
      Node node(plane);
      plane.Fault({"flawed-leaf", "--route", "enroll", "--text", flaw, "--count", "1"});
      CAPTURE(flaw);
      CHECK(node.Fails().code() == "bad_certificate");
      CHECK_FALSE(node.store.Load(SystemClock().UnixSeconds()).credentials);
      node.MustEnroll();
    }
  }

  TEST_CASE("a platform that is down, busy, or answers with a page is not the node's end") {
    Plane plane;
    Node node(plane);
    plane.Stop();
    CHECK(node.Fails().code() == "connect_failed");
    plane.Start();
    plane.Fault(
        {"status", "--route", "enroll", "--number", "503", "--retry-after", "2", "--count", "1"});
    const EnrollAttempt busy = node.Try();
    REQUIRE_FALSE(busy.outcome.ok());
    CHECK(busy.outcome.error().code() == "platform_error");
    CHECK(busy.retry_after == std::chrono::seconds(2));
    plane.Fault({"html", "--route", "enroll", "--count", "1"});
    CHECK(node.Fails().code() == "not_json");
    node.MustEnroll();
  }

  TEST_CASE("a platform that accepts and then says nothing holds nobody who is told to stop") {
    const powernode::testing::LoopbackSocket listener;
    Plane plane;
    Node node(plane);
    node.identity.platform.port = static_cast<std::uint16_t>(listener.port());
    std::stop_source stop;
    std::jthread stopper([&stop] {
      SystemClock().Sleep(std::chrono::milliseconds(300), {});
      stop.request_stop();
    });
    const auto started = SystemClock().Monotonic();
    const EnrollAttempt attempt = node.Try(stop.get_token());
    REQUIRE_FALSE(attempt.outcome.ok());
    CHECK(attempt.outcome.error().code() == "stopped");
    CHECK(SystemClock().Monotonic() - started < std::chrono::seconds(2));
  }
}

TEST_SUITE("session against the reference control plane") {
  TEST_CASE("modules are listed, shown, signed and fetched") {
    Plane plane;
    Node node(plane);
    const std::string path = Image(node.root, 300'000);
    const std::string bytes = *ReadFile(path, 1 << 20);
    const std::string key = (node.root / "key.pem").string();
    REQUIRE(WriteFile(key, GenerateKey()->Reveal(), 0600));
    plane.AddModule(path, {"--name", "nginx", "--id", "m1", "--priority", "10", "--sign-key", key});
    plane.AddModule(path, {"--name", "bare", "--id", "m2", "--priority", "20", "--no-sign"});
    plane.Assign("n1", {"m1", "m2"});
    Session session = node.MustEnroll();
    NodeApi api(session);
    const Result<ModuleList> list = api.ListModules({});
    REQUIRE(list.ok());
    REQUIRE(list->modules.size() == 2);
    CHECK(list->modules[0].id == "m1");
    const Result<ModuleView> view = api.ShowModule("m1", {});
    REQUIRE(view.ok());
    CHECK(view->digest == Sha256Hex(bytes));
    CHECK(view->name == "nginx");
    const Result<std::string> bundle = api.FetchSignature("m1", {});
    REQUIRE(bundle.ok());
    CHECK(GetString(*ParseJson(*bundle), "mediaType") ==
          "application/vnd.dev.sigstore.bundle.v0.3+json");

    for (const std::size_t offset :
         {std::size_t{0}, std::size_t{1}, std::size_t{4096}, bytes.size() - 1}) {
      std::string got;
      BlobHead head;
      const Status fetched = api.FetchBlob(
          {.module_id = "m1", .sha256_hex = view->digest, .offset = offset, .if_range = head.etag},
          [&](const BlobHead& given) -> Status {
            head = given;
            return Ok();
          },
          [&](std::span<const std::byte> part) -> Status {
            got.append(reinterpret_cast<const char*>(part.data()), part.size());
            return Ok();
          },
          {});
      REQUIRE(fetched.ok());
      CHECK(head.offset == offset);
      CHECK(head.total == bytes.size());
      CHECK(got == bytes.substr(offset));
    }
    CHECK(plane.StatusJson().at("complaints").dump() == "[]");

    CHECK(api.FetchSignature("m2", {}).error().kind() == ErrorKind::kNotFound);
    CHECK(api.ShowModule("m9", {}).error().code() == "not_found");
  }

  TEST_CASE("partial and hostile lists are refused") {
    Plane plane;
    Node node(plane);
    plane.AddModule(Image(node.root, 4096), {"--name", "a", "--priority", "10", "--no-sign"});
    plane.AddModule(Image(node.root, 8192), {"--name", "b", "--priority", "20", "--no-sign"});
    plane.Assign("n1", {"a", "b"});
    Session session = node.MustEnroll();
    NodeApi api(session);
    const std::vector<std::pair<std::string, std::string>> table = {
        {"wrong-count", "partial_answer"},
        {"duplicate-ids", "partial_answer"},
        {"deep-json", "not_json"},
        {"html", "not_json"},
        {"huge-body", "response_too_large"},
        {"endless-body", "response_too_large"},
        {"many-headers", "response_too_large"}};
    for (const auto& [kind, code] : table) {
      plane.Fault({kind, "--route", "modules", "--count", "1"});
      const Result<ModuleList> list = api.ListModules({}, kNoRetries);
      CAPTURE(kind);
      REQUIRE_FALSE(list.ok());
      CAPTURE(list.error().message());
      CHECK(list.error().code() == code);
      plane.ClearFaults();
    }
    CHECK(api.ListModules({}).ok());
  }

  TEST_CASE("a heartbeat does not wait for a download") {
    Plane plane;
    Node node(plane);
    plane.AddModule(Image(node.root, 500'000), {"--name", "a", "--priority", "10", "--no-sign"});
    plane.Assign("n1", {"a"});
    Session session = node.MustEnroll();
    NodeApi api(session);
    const std::string digest = api.ShowModule("a", {})->digest;
    plane.Fault({"stall", "--route", "blobs/*", "--number", "1000"});
    std::stop_source stop;
    std::atomic<bool> flowing = false;
    std::jthread download([&] {
      (void)api.FetchBlob(
          {.module_id = "a", .sha256_hex = digest, .if_range = {}},
          [&](const BlobHead&) -> Status {
            flowing = true;
            return Ok();
          },
          [](std::span<const std::byte>) { return Ok(); }, stop.get_token());
    });
    while (!flowing) std::this_thread::yield();
    const auto started = SystemClock().Monotonic();
    CHECK(api.Heartbeat(Beat(), {}).ok());
    CHECK(SystemClock().Monotonic() - started < std::chrono::seconds(5));
    stop.request_stop();
  }

  TEST_CASE("a revoked certificate is 401, and the credentials stay on the disk") {
    Plane plane;
    Node node(plane);
    Session session = node.MustEnroll();
    (void)plane.Run({"certificate", "revoke", "n1"});
    NodeApi api(session);
    CHECK(api.GetStatus({}).error().code() == "unauthorized");
    CHECK(node.store.Load(SystemClock().UnixSeconds()).credentials);
  }

  TEST_CASE("the platform's restart costs a retry, not a node") {
    Plane plane;
    Node node(plane);
    Session session = node.MustEnroll();
    NodeApi api(session);
    REQUIRE(api.GetStatus({}).ok());
    plane.Kill();
    CHECK(api.GetStatus({}, kNoRetries).error().kind() == ErrorKind::kUnavailable);
    plane.Start();
    CHECK(api.GetStatus({}).ok());
  }
}

}  // namespace
}  // namespace powernode::enroll::platform_test
