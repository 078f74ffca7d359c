#include <doctest/doctest.h>

#include "agent/base/encoding.h"
#include "tests/platform/digest.h"
#include "tests/platform/dsse.h"
#include "tests/platform/test_node.h"

namespace powernode::platform::module_signing_test {
namespace {

// One enrolled node, one module to publish again and again.
struct Scene {
  Fixture plane;
  std::string key = WriteSignKey(plane);
  std::string image = plane.Directory() + "/web.image";
  TestNode node{plane, plane.AddNode("n1")};

  Scene() {
    REQUIRE(node.Enroll().status == 200);
    std::ofstream(image, std::ios::binary) << '\0';
  }
  json Publish(std::vector<std::string> more) {
    std::vector<std::string> words = {"--name",     "web", "--id",       "m1",
                                      "--priority", "1",   "--sign-key", key};
    words.insert(words.end(), more.begin(), more.end());
    const json made = plane.AddModule(image, words);
    plane.Assign("n1", {"m1"});
    return made;
  }
  json Bundle() const { return node.Get("modules/m1/cosign-bundle").document; }
  std::string FileWith(const std::string& text) const {
    const std::string path = plane.Directory() + "/file.json";
    std::ofstream(path) << text;
    return path;
  }
};

std::string PayloadOf(const json& bundle) {
  return Base64Decode(bundle.at("dsseEnvelope").at("payload").get<std::string>()).value();
}
json StatementOf(const json& bundle) { return json::parse(PayloadOf(bundle)); }

bool SealHolds(const Scene& scene, const json& bundle) {
  const json& envelope = bundle.at("dsseEnvelope");
  const std::string payload = PayloadOf(bundle);
  return SignatureHolds(
      scene.key, envelope.at("signatures").at(0).at("sig"),
      "DSSEv1 28 application/vnd.in-toto+json " + std::to_string(payload.size()) + " " + payload);
}

std::size_t DifferentBits(const std::string& a, const std::string& b) {
  REQUIRE(a.size() == b.size());
  std::size_t bits = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    bits += static_cast<std::size_t>(__builtin_popcount(static_cast<unsigned char>(a[i] ^ b[i])));
  return bits;
}

}  // namespace

TEST_SUITE_BEGIN("module signing");

TEST_CASE("the encoding under a DSSE signature counts bytes") {
  CHECK(PreAuthenticationEncoding("http://example.com/HelloWorld", "hello world") ==
        "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  CHECK(PreAuthenticationEncoding("", "") == "DSSEv1 0  0 ");
  CHECK(PreAuthenticationEncoding("t", "\xc3\xa9") == "DSSEv1 1 t 2 \xc3\xa9");
}

TEST_CASE("a module is signed by a statement about it, in a Sigstore bundle at both routes") {
  Scene scene;
  const json made = scene.Publish({});
  CHECK(made.at("signed") == true);
  CHECK(made.at("signature_form") == "statement");
  CHECK(made.at("revision") == 1);
  const json bundle = scene.Bundle();
  CHECK(scene.node.Get("files/modules/m1/cosign-bundle").document == bundle);
  CHECK(SealHolds(scene, bundle));

  const Result<Key> key = KeyFromPem(ReadWhole(scene.key));
  const std::string keyid = PublicKeySha256(key->get()).value();
  json without_envelope = bundle;
  without_envelope.erase("dsseEnvelope");
  CHECK(without_envelope ==
        json{{"mediaType", "application/vnd.dev.sigstore.bundle.v0.3+json"},
             {"verificationMaterial",
              {{"publicKey", {{"hint", Base64Encode(HexDecode(keyid).value())}}},
               {"tlogEntries", json::array()}}}});
  CHECK(bundle.at("dsseEnvelope").size() == 3);
  CHECK(bundle.at("dsseEnvelope").at("payloadType") == "application/vnd.in-toto+json");
  CHECK(bundle.at("dsseEnvelope").at("signatures").size() == 1);
  CHECK(bundle.at("dsseEnvelope").at("signatures").at(0).size() == 1);

  const std::string blob = Sha256HexOfFile(scene.image).value();
  json subject = {{"name", "web"}, {"digest", {{"sha256", blob}}}};
  // The last digest is what `fsverity digest` says about one zero byte.
  CHECK(StatementOf(bundle) ==
        json{{"_type", "https://in-toto.io/Statement/v1"},
             {"subject", json::array({subject})},
             {"predicateType", "https://powernode.com/module/v1"},
             {"predicate",
              {{"moduleId", "m1"},
               {"name", "web"},
               {"version", "1"},
               {"architecture", "amd64"},
               {"revision", 1},
               {"imageFsverity",
                "b803429503d95915829b29fdbc8bbad142f3abfd11b1cadf5526582e685c0551"}}}});
}

TEST_CASE("revisions follow the highest, unless one is asked for") {
  Scene scene;
  const auto predicate = [&scene] { return StatementOf(scene.Bundle()).at("predicate"); };
  scene.Publish({});
  scene.Publish({});
  CHECK(predicate().at("revision") == 2);
  CHECK(predicate().at("version") == "2");
  scene.Publish({"--revision", "9", "--architecture", "all"});
  CHECK(predicate().at("revision") == 9);
  CHECK(predicate().at("architecture") == "all");
  scene.Publish({"--revision", "3"});
  CHECK(predicate().at("revision") == 3);
  scene.Publish({"--blob-only"});
  scene.Publish({});
  CHECK(predicate().at("revision") == 10);
  CHECK(predicate().at("version") == "6");
  scene.plane.AddModule(scene.image,
                        {"--name", "other", "--priority", "1", "--sign-key", scene.key});
  CHECK(scene.plane.StatusJson().at("modules")[1].at("revision") == 1);
}

TEST_CASE("a module that is meant by its name is stated by its id") {
  Scene scene;
  scene.Publish({});
  scene.plane.AddModule(scene.image, {"--name", "web", "--priority", "1", "--sign-key", scene.key});
  CHECK(StatementOf(scene.Bundle()).at("predicate").at("moduleId") == "m1");
  CHECK(StatementOf(scene.Bundle()).at("predicate").at("revision") == 2);
}

TEST_CASE("a statement lies as it is told to, under a good signature") {
  Scene scene;
  const std::string digest(64, 'a');
  scene.Publish(
      {"--statement", scene.FileWith(R"({"moduleId":"m2","architecture":"arm64","revision":7,)"
                                     R"("imageFsverity":null,"predicateType":"https://x/v1",)"
                                     R"("subjectSha256":")" +
                                     digest + R"("})")});
  const json bundle = scene.Bundle();
  CHECK(SealHolds(scene, bundle));
  const json statement = StatementOf(bundle);
  CHECK(statement.at("predicateType") == "https://x/v1");
  CHECK(statement.at("subject")[0].at("digest").at("sha256") == digest);
  CHECK(statement.at("subject")[0].at("name") == "web");
  CHECK(statement.at("predicate") == json{{"moduleId", "m2"},
                                          {"name", "web"},
                                          {"version", "1"},
                                          {"architecture", "arm64"},
                                          {"revision", 7}});
  CHECK(scene.plane.StatusJson().at("modules")[0].at("revision") == 7);
}

TEST_CASE("one bit of a payload changes, or what it says, and the signature does not") {
  Scene scene;
  scene.Publish({});
  const json good = scene.Bundle();
  const auto with_fault = [&scene](std::vector<std::string> words) {
    scene.plane.ClearFaults();
    scene.plane.Fault(std::move(words));
    return scene.Bundle();
  };
  const json tampered = with_fault({"tampered-payload", "--route", "modules/*/cosign-bundle"});
  CHECK(DifferentBits(PayloadOf(tampered), PayloadOf(good)) == 1);
  CHECK(StatementOf(tampered).is_object());
  CHECK_FALSE(SealHolds(scene, tampered));
  const json at_ten = with_fault({"tampered-payload", "--number", "10"});
  CHECK(DifferentBits(PayloadOf(at_ten), PayloadOf(good)) == 1);
  CHECK(PayloadOf(at_ten)[10] != PayloadOf(good)[10]);
  const json forged = with_fault({"forged-payload", "--text", R"({"predicate":{"revision":99}})"});
  json expected = StatementOf(good);
  expected["predicate"]["revision"] = 99;
  CHECK(StatementOf(forged) == expected);
  CHECK_FALSE(SealHolds(scene, forged));
  for (const json& bundle : {tampered, at_ten, forged})
    CHECK(bundle.at("dsseEnvelope").at("signatures") == good.at("dsseEnvelope").at("signatures"));
  CHECK_THROWS(scene.plane.Fault({"forged-payload", "--text", "{"}));
}

TEST_CASE("the status says what is signed of a module, and as which revision") {
  Scene scene;
  scene.Publish({"--revision", "41"});
  scene.plane.AddModule(
      scene.image, {"--name", "bytes", "--priority", "2", "--sign-key", scene.key, "--blob-only"});
  scene.plane.AddModule(scene.image, {"--name", "bare", "--priority", "3", "--no-sign"});
  const json modules = scene.plane.StatusJson().at("modules");
  CHECK(modules[0].at("signature_form") == "statement");
  CHECK(modules[0].at("revision") == 41);
  CHECK(modules[1].at("signature_form") == "blob-only");
  CHECK(modules[1].at("signed") == true);
  CHECK(modules[1].at("revision").is_null());
  CHECK(modules[2].at("signature_form") == "none");
  CHECK(modules[2].at("signed") == false);
  const std::string text = scene.plane.Run({"status"});
  CHECK(text.find("REVISION") != std::string::npos);
  CHECK(text.find("41") != std::string::npos);
  CHECK(text.find("blob-only") != std::string::npos);
}

TEST_CASE("a statement survives a restart, byte for byte") {
  Scene scene;
  scene.Publish({});
  const json before = scene.Bundle();
  scene.plane.Restart();
  CHECK(scene.Bundle() == before);
  scene.Publish({});
  CHECK(StatementOf(scene.Bundle()).at("predicate").at("revision") == 2);
}

TEST_CASE("flags that contradict, and keys that cannot sign, publish nothing") {
  Scene scene;
  const std::string rsa = scene.plane.Directory() + "/rsa.key";
  std::ofstream(rsa) << PrivatePem(MakeKey(KeyKind::kRsa2048).value().get()).value();
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"--blob-only"},
           {"--no-sign", "--blob-only"},
           {"--no-sign", "--revision", "2"},
           {"--sign-key", scene.key, "--blob-only", "--revision", "2"},
           {"--sign-key", scene.key, "--revision", "0"},
           {"--sign-key", scene.key, "--architecture", "riscv64"},
           {"--sign-key", scene.key, "--statement", "/nonexistent"},
           {"--sign-key", scene.key, "--statement", scene.FileWith("[]")},
           {"--sign-key", rsa},
           {"--sign-key", rsa, "--blob-only"},
       }) {
    std::vector<std::string> all = {"--name", "x", "--priority", "1"};
    all.insert(all.end(), words.begin(), words.end());
    CAPTURE(words.back());
    CHECK_THROWS(scene.plane.AddModule(scene.image, all));
  }
  CHECK(scene.plane.StatusJson().at("modules").empty());
}

TEST_SUITE_END();

}  // namespace powernode::platform::module_signing_test
