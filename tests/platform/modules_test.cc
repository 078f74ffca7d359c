#include <doctest/doctest.h>

#include "tests/platform/digest.h"
#include "tests/platform/test_node.h"

namespace powernode::platform::modules_test {
namespace {

std::vector<std::string> Ids(const Reply& list) {
  std::vector<std::string> ids;
  const json data = list.Data();
  for (const json& module : data.at("modules")) ids.push_back(module.at("id"));
  return ids;
}

}  // namespace

TEST_SUITE_BEGIN("modules");

TEST_CASE(
    "a node sees what it is assigned and what that needs, dependencies first, and nothing else") {
  Fixture plane;
  const std::string image = WriteImage(plane, "a", 10000);
  plane.AddModule(image, {"--name", "base", "--id", "m0", "--priority", "1", "--no-sign"});
  plane.AddModule(
      image, {"--name", "web", "--id", "m1", "--priority", "2", "--depends", "m0", "--no-sign"});
  plane.AddModule(image, {"--name", "other", "--priority", "3", "--no-sign"});
  TestNode node(plane, plane.AddNode("n1"));
  REQUIRE(node.Enroll().status == 200);

  Reply list = node.Get("modules");
  CHECK(list.Data().at("count") == 0);
  CHECK(list.Data().at("complete") == true);
  const std::int64_t revision = list.Data().at("assignment_revision");

  plane.Assign("n1", {"web"});
  list = node.Get("modules");
  CHECK(Ids(list) == std::vector<std::string>{"m0", "m1"});
  CHECK(list.Data().at("count") == 2);
  CHECK(list.Data().at("assignment_revision") > revision);
  CHECK(list.Data().at("modules")[1].at("digest") == "sha256:" + Sha256HexOfFile(image).value());
  CHECK(list.Data().at("modules")[1].at("size_bytes") == 10000);
  CHECK(list.Data().at("modules")[1].at("effective_priority") == 2);
  CHECK(list.Data().at("modules")[1].at("dependencies") == json{"m0"});
  CHECK(node.Get("modules/other").status == 404);

  plane.Verb({"module", "disable", "m0"});
  CHECK(Ids(node.Get("modules")) == std::vector<std::string>{"m1"});
  plane.Verb({"module", "enable", "m0"});

  plane.Unassign("n1", {"web"});
  list = node.Get("modules");
  CHECK(list.Data().at("count") == 0);
  CHECK(list.Data().at("removed") == json{"m1"});
}

TEST_CASE("the view is flat with a nested copy, and carries the services that were given") {
  Fixture plane;
  const std::string services = plane.Directory() + "/services.json";
  std::ofstream(services) << R"([{"name":"nginx","start_command":"/usr/sbin/nginx","env":{}}])";
  const std::string view = plane.Directory() + "/view.json";
  std::ofstream(view)
      << R"({"reboot_required":true,"config":{"security":{"capabilities":["CAP_NET_BIND_SERVICE"]}}})";
  plane.AddModule(WriteImage(plane, "a", 100), {"--name", "nginx", "--priority", "7", "--no-sign",
                                                "--services", services, "--view", view});
  plane.AddNode("n0");
  TestNode node(plane, plane.AddNode("n1"));
  REQUIRE(node.Enroll().status == 200);
  plane.Assign("n1", {"nginx"});
  const json data = node.Get("modules/nginx").Data();
  CHECK(data.at("id") == "nginx");
  CHECK(data.at("services")[0].at("name") == "nginx");
  CHECK(data.at("reboot_required") == true);
  CHECK(data.at("config").at("security").at("capabilities")[0] == "CAP_NET_BIND_SERVICE");
  json flat = data;
  flat.erase("module");
  CHECK(data.at("module") == flat);
}

TEST_CASE("the manifest has stable bytes, named by its ETag and by the list") {
  Fixture plane;
  plane.AddModule(WriteImage(plane, "a", 100), {"--name", "web", "--priority", "1", "--no-sign"});
  TestNode node(plane, plane.AddNode("n1"));
  REQUIRE(node.Enroll().status == 200);
  plane.Assign("n1", {"web"});
  const Reply manifest = node.Get("modules/web/manifest");
  CHECK(manifest.Header("Content-Type") == "application/vnd.powernode.module-manifest.v1+json");
  CHECK(manifest.Header("ETag") == "\"" + Sha256Hex(manifest.text) + "\"");
  CHECK(manifest.document.at("version") == 1);
  CHECK(node.Get("modules").Data().at("modules")[0].at("manifest_sha256") ==
        Sha256Hex(manifest.text));
  plane.Restart();
  CHECK(node.Get("modules/web/manifest").text == manifest.text);
}

TEST_CASE("signatures of bytes are those of cosign sign-blob, or those that were given, or none") {
  Fixture plane;
  const std::string image = WriteImage(plane, "a", 5000);
  const std::string key = WriteSignKey(plane);
  const std::string false_signature = plane.Directory() + "/false.sig";
  std::ofstream(false_signature) << "bm90IGEgc2lnbmF0dXJl\n";
  plane.AddModule(image, {"--name", "good", "--priority", "1", "--sign-key", key, "--blob-only"});
  plane.AddModule(image, {"--name", "false", "--priority", "2", "--signature", false_signature});
  plane.AddModule(image, {"--name", "none", "--priority", "3", "--no-sign"});
  TestNode node(plane, plane.AddNode("n1"));
  REQUIRE(node.Enroll().status == 200);
  plane.Assign("n1", {"good", "false", "none"});

  const json bundle = node.Get("modules/good/cosign-bundle").document;
  CHECK(SignatureHolds(key, bundle.at("base64Signature"), ReadWhole(image)));
  CHECK(node.Get("files/modules/good/cosign-bundle").document == bundle);
  CHECK(node.Get("modules/false/cosign-bundle").document.at("base64Signature") ==
        "bm90IGEgc2lnbmF0dXJl");
  CHECK(node.Get("modules/none/cosign-bundle").status == 404);
  const json keys = node.Get("modules/signing_keys").Data();
  CHECK(keys.at("count") == 1);
  CHECK(keys.at("signing_keys")[0].at("keyid").get<std::string>().size() == 64);
  CHECK_THROWS(plane.AddModule(image, {"--name", "unsaid", "--priority", "1"}));
}

TEST_CASE(
    "the next version of a module raises the revision, and the bytes of the one before stay") {
  Fixture plane;
  const std::string first = WriteImage(plane, "first", 100);
  const std::string second = WriteImage(plane, "second", 200);
  plane.AddModule(first, {"--name", "web", "--priority", "1", "--no-sign"});
  TestNode node(plane, plane.AddNode("n1"));
  REQUIRE(node.Enroll().status == 200);
  plane.Assign("n1", {"web"});
  const json before = node.Get("modules").Data();
  plane.AddModule(second, {"--name", "web", "--priority", "1", "--no-sign"});
  const json after = node.Get("modules").Data();
  CHECK(after.at("assignment_revision") > before.at("assignment_revision"));
  CHECK(after.at("modules")[0].at("current_version") == 2);
  CHECK(node.Get("files/modules/web").text == ReadWhole(second));
  CHECK(node.Get("blobs/sha256/" + Sha256HexOfFile(first).value()).text == ReadWhole(first));
}

TEST_SUITE_END();

}  // namespace powernode::platform::modules_test
