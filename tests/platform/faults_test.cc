#include <doctest/doctest.h>

#include <chrono>

#include "tests/platform/fault.h"
#include "tests/platform/test_node.h"

namespace powernode::platform::faults_test {
namespace {

constexpr std::size_t kSize = 100000;

// One enrolled node with two modules, and the bytes of the first.
struct Scene {
  Fixture plane;
  TestNode node{plane, plane.AddNode("n1")};
  std::string bytes;

  Scene() {
    REQUIRE(node.Enroll().status == 200);
    const std::string image = WriteImage(plane, "a", kSize);
    bytes = ReadWhole(image);
    plane.AddModule(image, {"--name", "a", "--priority", "1", "--no-sign"});
    plane.AddModule(image, {"--name", "b", "--priority", "2", "--no-sign"});
    plane.Assign("n1", {"a", "b"});
  }
  // Sets the one fault that matters now.
  void Only(std::vector<std::string> words) {
    plane.ClearFaults();
    plane.Fault(std::move(words));
  }
};

}  // namespace

TEST_SUITE_BEGIN("faults");

TEST_CASE("a fault is chosen by route, method and node, after some and for some") {
  std::vector<Fault> table;
  const auto strikes = [&table](const char* method, const char* path, const char* node,
                                double dice = 0.5) {
    return !TakeFaults(table, {.method = method, .path = path, .node_id = node}, dice).empty();
  };
  table = {{.kind = "status",
            .route = "modules/*",
            .method = "GET",
            .node = "n1",
            .skip = 1,
            .count = 2}};
  CHECK_FALSE(strikes("GET", "modules", "n1"));
  CHECK_FALSE(strikes("POST", "modules/m1", "n1"));
  CHECK_FALSE(strikes("GET", "modules/m1", "n2"));
  CHECK_FALSE(strikes("GET", "modules/m1", "n1"));  // skipped
  CHECK(strikes("GET", "modules/m1/manifest", "n1"));
  CHECK(strikes("GET", "modules/m1", "n1"));
  CHECK_FALSE(strikes("GET", "modules/m1", "n1"));
  CHECK(table[0].hits == 2);
  table = {{.kind = "status", .probability = 0.25}};
  CHECK(strikes("GET", "x", "", 0.2));
  CHECK_FALSE(strikes("GET", "x", "", 0.3));
  table = {{.kind = "tls12"}};
  CHECK_FALSE(strikes("GET", "x", ""));
  CHECK(TakeConnectionFaults(table, 0.5).size() == 1);
}

TEST_CASE("status, wait hints, redirects and pages") {
  Scene scene;
  scene.Only(
      {"status", "--route", "modules", "--number", "503", "--retry-after", "7", "--count", "1"});
  const Reply unavailable = scene.node.Get("modules");
  CHECK(unavailable.status == 503);
  CHECK(unavailable.Header("Retry-After") == "7");
  CHECK(scene.node.Get("modules").status == 200);
  scene.Only({"status", "--route", "modules", "--number", "429", "--retry-after", "3"});
  CHECK(scene.node.Get("modules").document.at("retry_after") == 3);
  scene.Only({"status", "--route", "modules", "--number", "429"});
  CHECK(scene.node.Get("modules").Header("Retry-After") == "");
  scene.Only(
      {"status", "--route", "modules", "--number", "302", "--text", "https://elsewhere.test/"});
  CHECK(scene.node.Get("modules").Header("Location") == "https://elsewhere.test/");
  const std::string path = std::string(kApiPrefix) + "modules";
  const auto location = [&scene](const char* where) {
    scene.Only({"redirect", "--route", "modules", "--text", where, "--number", "307"});
    const Reply reply = scene.node.Get("modules");
    CHECK(reply.status == 307);
    return reply.Header("Location");
  };
  const std::string host = "localhost:" + std::to_string(scene.plane.Port());
  CHECK(location("same-host") == "https://" + host + path);
  CHECK(location("other-host") == "https://elsewhere.invalid" + path);
  CHECK(location("http") == "http://" + host + path);
  CHECK(location("https://a.test/b") == "https://a.test/b");
  scene.Only({"html", "--route", "modules"});
  CHECK(scene.node.Get("modules").status == 200);
  CHECK(scene.node.Get("modules").Header("Content-Type") == "text/html");
  CHECK(scene.plane.Requests("modules").back().at("faults") == json{"html"});
}

TEST_CASE("an overridden status leaves no effect, a lost answer does") {
  Scene scene;
  scene.Only({"status", "--route", "status/heartbeat", "--number", "500", "--count", "1"});
  CHECK(scene.node.Post("status/heartbeat", GoodHeartbeat()).status == 500);
  CHECK(scene.plane.StatusOf("n1").at("heartbeats") == 0);
  scene.Only({"lost-answer", "--route", "status/heartbeat", "--count", "1"});
  CHECK_FALSE(scene.node.Post("status/heartbeat", GoodHeartbeat()).answered);
  CHECK(scene.plane.StatusOf("n1").at("heartbeats") == 1);

  TestNode late(scene.plane, scene.plane.AddNode("n2"));
  scene.Only({"lost-answer", "--route", "enroll", "--count", "1"});
  CHECK_FALSE(late.TryEnroll().answered);
  CHECK(scene.plane.StatusOf("n2").at("certificates").size() == 1);
  CHECK(late.Enroll().status == 200);
  CHECK(scene.plane.StatusOf("n2").at("certificates").size() == 1);
  CHECK(late.Get("status").status == 200);
}

TEST_CASE("a delay is as long as it was asked for") {
  Scene scene;
  scene.Only({"delay", "--route", "status", "--number", "300"});
  const auto start = std::chrono::steady_clock::now();
  CHECK(scene.node.Get("status").status == 200);
  CHECK(std::chrono::steady_clock::now() - start >= std::chrono::milliseconds(300));
}

TEST_CASE("lists lie in each of the ways") {
  Scene scene;
  const auto data = [&scene] { return scene.node.Get("modules").Data(); };
  const std::int64_t revision = data().at("assignment_revision");
  scene.Only({"empty-list", "--route", "modules"});
  CHECK(data().at("modules").empty());
  CHECK(data().at("count") == 0);
  scene.Only({"short-list", "--route", "modules"});
  CHECK(data().at("modules").size() == 1);
  CHECK(data().at("count") == 1);
  scene.Only({"wrong-count", "--route", "modules"});
  CHECK(data().at("modules").size() == 2);
  CHECK(data().at("count") == 3);
  scene.Only({"duplicate-ids", "--route", "modules"});
  CHECK(data().at("modules")[2].at("id") == data().at("modules")[0].at("id"));
  CHECK(data().at("count") == 3);
  scene.Only({"stale-revision", "--route", "modules", "--number", "2"});
  CHECK(data().at("assignment_revision") == revision - 2);
  scene.Only({"patch", "--route", "modules", "--text", R"({"data":{"complete":false}})"});
  CHECK(data().at("complete") == false);
}

TEST_CASE("bodies and headers grow too large or too deep") {
  Scene scene;
  scene.Only({"deep-json", "--route", "modules", "--number", "200"});
  CHECK(scene.node.Get("modules").text.find(std::string(200, '[')) != std::string::npos);
  scene.Only({"huge-body", "--route", "modules", "--number", "5000000"});
  CHECK(scene.node.Get("modules").text.size() > 5000000);
  scene.Only({"endless-body", "--route", "modules"});
  CHECK(scene.node.ReadSome("modules", 3000000).size() >= 3000000);
  scene.Only({"compressed-body", "--route", "modules", "--number", "5000000"});
  const Reply compressed = scene.node.Get("modules");
  CHECK(compressed.Header("Content-Encoding") == "gzip");
  CHECK(std::stoi(compressed.Header("Content-Length")) < 100000);
  CHECK(compressed.text == std::string(5000000, '\0'));
  scene.Only({"many-headers", "--route", "modules", "--number", "500"});
  CHECK(scene.node.Get("modules").headers.size() > 500);
}

TEST_CASE("validators and ranges lie") {
  Scene scene;
  const std::string path = "files/modules/a";
  scene.Only({"weak-etag", "--route", path});
  CHECK(scene.node.Get(path).Header("ETag").starts_with("W/\""));
  scene.Only({"no-etag", "--route", path});
  CHECK(scene.node.Get(path).Header("ETag") == "");
  scene.Only({"ignore-range", "--route", path});
  CHECK(scene.node.Get(path, {{"Range", "bytes=5-"}}).status == 200);
  scene.Only({"wrong-content-range", "--route", path});
  CHECK(scene.node.Get(path, {{"Range", "bytes=5-"}}).Header("Content-Range") ==
        "bytes 6-99999/100000");
}

TEST_CASE("bytes are cut, held back, turned over and miscounted on the wire") {
  Scene scene;
  const std::string path = "files/modules/a";
  for (const std::size_t cut :
       {std::size_t{0}, std::size_t{1}, std::size_t{4096}, kSize - 1, kSize}) {
    CAPTURE(cut);
    scene.Only({"close", "--route", path, "--number", std::to_string(cut)});
    CHECK(scene.node.ReadSome(path, kSize) == scene.bytes.substr(0, cut));
  }
  scene.Only({"stall", "--route", path, "--number", "5000"});
  CHECK(scene.node.ReadSome(path, kSize) == scene.bytes.substr(0, 5000));
  scene.Only({"flip", "--route", path, "--number", "70000"});
  std::string flipped = scene.bytes;
  flipped[70000] = static_cast<char>(~flipped[70000]);
  CHECK(scene.node.Get(path).text == flipped);
  scene.Only({"wrong-length", "--route", path, "--number", "10"});
  CHECK_FALSE(scene.node.Get(path).answered);
  scene.Only({"wrong-length", "--route", path, "--number", "-10"});
  CHECK(scene.node.Get(path).text == scene.bytes.substr(0, kSize - 10));
  scene.Only({"throttle", "--route", path, "--number", "1"});
  CHECK(scene.node.ReadSome(path, 1) == scene.bytes.substr(0, 1));
  scene.Only({"throttle", "--route", path, "--number", "200000"});
  const auto start = std::chrono::steady_clock::now();
  CHECK(scene.node.Get(path).text == scene.bytes);
  CHECK(std::chrono::steady_clock::now() - start >= std::chrono::milliseconds(400));
}

TEST_CASE("connections speak TLS 1.2 only, or end in the handshake") {
  Scene scene;
  scene.Only({"tls12", "--count", "1"});
  CHECK(scene.node.Get("status").status == 200);
  CHECK(scene.plane.Requests("status").back().at("tls") == "TLSv1.2");
  scene.Only({"abort-handshake", "--count", "1"});
  CHECK_FALSE(scene.node.Get("status").answered);
  CHECK(scene.node.Get("status").status == 200);
  scene.Only({"slow-handshake", "--number", "300", "--count", "1"});
  const auto start = std::chrono::steady_clock::now();
  CHECK(scene.node.Get("status").status == 200);
  CHECK(std::chrono::steady_clock::now() - start >= std::chrono::milliseconds(300));
}

TEST_CASE("leaves come with each flaw") {
  Scene scene;
  const auto leaf = [&scene](const char* flaw) {
    scene.Only({"flawed-leaf", "--route", "enroll/refresh", "--text", flaw});
    const Reply reply = scene.node.Refresh();
    Result<Certificate> certificate =
        CertificateFromPem(reply.Data().at("cert_pem").get<std::string>());
    REQUIRE(certificate.ok());
    return std::move(*certificate);
  };
  CHECK(::EVP_PKEY_eq(::X509_get0_pubkey(leaf("wrong-key").get()), scene.node.key()) == 0);
  CHECK(CommonName(leaf("wrong-name").get()) != scene.node.id());
  CHECK(NotAfter(leaf("expired").get()) < MachineTime());
  CHECK(NotBefore(leaf("not-yet-valid").get()) > MachineTime() + 3600);
  CHECK((::X509_get_extended_key_usage(leaf("no-client-auth").get()) & XKU_SSL_CLIENT) == 0);
  const Result<Certificate> root = CertificateFromPem(scene.plane.CaPem());
  REQUIRE(root.ok());
  CHECK(::X509_verify(leaf("foreign-issuer").get(), ::X509_get0_pubkey(root->get())) != 1);
}

TEST_CASE("chains, roots and URLs are another's") {
  Scene scene;
  const auto refreshed = [&scene](const char* kind) {
    scene.Only({kind, "--route", "enroll/refresh"});
    return scene.node.Refresh().Data();
  };
  CHECK(refreshed("empty-chain").at("ca_chain_pem") == "");
  const std::string chain = refreshed("foreign-chain").at("ca_chain_pem");
  CHECK(CertificateFromPem(chain).ok());
  CHECK(chain != scene.plane.CaPem());
  const std::string roots = refreshed("foreign-roots").at("platform_ca_pem");
  CHECK(CertificateFromPem(roots).ok());
  CHECK(roots != scene.plane.CaPem());
  scene.Only({"foreign-url", "--route", "claim"});
  const json claim = scene.node.PostBare("claim", {{"mac", "52:54:00:12:34:56"}}).Data();
  CHECK(claim.at("platform_url") == "https://elsewhere.invalid");
  CHECK(claim.at("ca_pem_url") == "https://elsewhere.invalid/ca.pem");
  CHECK(claim.contains("claim_code"));
}

TEST_SUITE_END();

}  // namespace powernode::platform::faults_test
