// Log entries of bundles that a key signed: each rule of signatures.md, section 10, against entries
// that keep all the others.
#include <doctest/doctest.h>

#include <functional>

#include "agent/base/encoding.h"
#include "tests/verify/sigstore/log_lab.h"
#include "tests/verify/vectors.h"
#include "verify/sigstore/checkpoint.h"
#include "verify/sigstore/entry_promise.h"
#include "verify/sigstore/verifier.h"

namespace powernode::verify::sigstore::log_entry_test {
namespace {

using testing::AddEntry;
using testing::KeyLab;
using testing::LabLog;

// "ok", or "<verdict>: <stage>".
std::string Outcome(const KeyLab& lab, const Json& bundle, const Requirements& requirements) {
  const Report report =
      Verify(Artifact(lab.artifact()), MaterialKind::kBundle, DumpJson(bundle), requirements);
  INFO(report.message);
  return report.facts ? "ok" : std::string(VerdictName(report.verdict)) + ": " + report.stage;
}

struct Fixture {
  KeyLab lab;
  LabLog log{"log.example.test"};
  LabLog other{"other.example.test:3000"};
  Requirements requirements = lab.Requirements({&log});

  std::string WithEntry(Json bundle, Json entry) const {
    AddEntry(bundle, std::move(entry));
    return Outcome(lab, bundle, requirements);
  }
  Json MessageEntry(const Json& bundle) const {
    return log.Entry("hashedrekord", "0.0.1", DumpJson(lab.HashedRekord(bundle)));
  }
  // An entry of a body that was altered before the log took it.
  std::string WithBody(const Json& bundle, Json body,
                       const std::function<void(Json&)>& alter) const {
    const std::string kind = body["kind"];
    const std::string version = body["apiVersion"];
    alter(body);
    return WithEntry(bundle, log.Entry(kind, version, DumpJson(body)));
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "an entry of each kind is bound to what it logs") {
  const Json message = lab.MessageBundle();
  const Json envelope = lab.EnvelopeBundle();
  CHECK(WithEntry(message, MessageEntry(message)) == "ok");
  CHECK(WithEntry(message, log.Entry("hashedrekord", "0.0.2", lab.HashedRekordV2(message))) ==
        "ok");
  CHECK(WithEntry(envelope, log.Entry("dsse", "0.0.1", DumpJson(lab.Dsse(envelope)))) == "ok");
  CHECK(WithEntry(envelope, log.Entry("intoto", "0.0.2", DumpJson(lab.Intoto(envelope)))) == "ok");
  CHECK(WithEntry(envelope, log.Entry("hashedrekord", "0.0.2", lab.HashedRekordV2(envelope))) ==
        "ok");

  // Entries of the other content, by the same signer.
  CHECK(WithEntry(message, log.Entry("hashedrekord", "0.0.2", lab.HashedRekordV2(envelope))) ==
        "wrong: tlog-body");
  CHECK(WithEntry(message, log.Entry("dsse", "0.0.1", DumpJson(lab.Dsse(envelope)))) ==
        "wrong: tlog-body");
  CHECK(WithEntry(envelope, MessageEntry(message)) == "wrong: tlog-body");
  CHECK(Outcome(lab, message, requirements) == "wrong: tlog");
}

TEST_CASE_FIXTURE(Fixture, "digest, signature and signer in an entry are those of the bundle") {
  const Json message = lab.MessageBundle();
  const auto altered = [&](const std::function<void(Json&)>& alter) {
    return WithBody(message, lab.HashedRekord(message), alter);
  };
  const KeyLab stranger;
  CHECK(altered([](Json&) {}) == "ok");
  const std::string sha512 = HexEncode(x509::Digest(x509::HashAlgorithm::kSha512, lab.artifact()));
  CHECK(altered([&](Json& body) {
          body["spec"]["data"]["hash"] = {{"algorithm", "sha512"}, {"value", sha512}};
        }) == "ok");
  for (const std::function<void(Json&)>& alter : std::vector<std::function<void(Json&)>>{
           [&](Json& body) { body["spec"]["data"]["hash"]["algorithm"] = "sha512"; },
           [&](Json& body) { body["spec"]["data"]["hash"]["algorithm"] = "sha1"; },
           [&](Json& body) { body["spec"]["data"]["hash"].erase("algorithm"); },
           [&](Json& body) { body["spec"]["data"]["hash"]["value"] = ""; },
           [&](Json& body) {
             std::string value = body["spec"]["data"]["hash"]["value"];
             value[value.find_first_of("abcdef")] -= 0x20;
             body["spec"]["data"]["hash"]["value"] = value;
           },
           [&](Json& body) { body["spec"].erase("data"); },
           [&](Json& body) { body.erase("spec"); },
           [&](Json& body) {
             body["spec"]["signature"]["content"] = Base64Encode(lab.Sign("another artifact"));
           },
           [&](Json& body) { body["spec"]["signature"]["content"] = 7; },
           [&](Json& body) { body["spec"]["signature"].erase("publicKey"); },
           [&](Json& body) {
             body["spec"]["signature"]["publicKey"]["content"] = Base64Encode(stranger.pem());
           },
           [&](Json& body) {
             body["spec"]["signature"]["publicKey"]["content"] =
                 Base64Encode(testing::PemOf("CERTIFICATE", testing::SpkiOf(lab.key())));
           },
           [&](Json& body) {
             body["spec"]["signature"]["publicKey"]["content"] =
                 Base64Encode(lab.pem() + stranger.pem());
           },
           [&](Json& body) { body["kind"] = "dsse"; },
           [&](Json& body) { body["apiVersion"] = "0.0.2"; },
       })
    CHECK(altered(alter) == "wrong: tlog-body");
}

TEST_CASE_FIXTURE(Fixture, "so are they in entries of envelopes") {
  const Json envelope = lab.EnvelopeBundle();
  const KeyLab stranger;
  const auto dsse = [&](const std::function<void(Json&)>& alter) {
    return WithBody(envelope, lab.Dsse(envelope), [&](Json& body) { alter(body["spec"]); });
  };
  CHECK(dsse([](Json&) {}) == "ok");
  CHECK(dsse([](Json& spec) { spec["envelopeHash"] = {{"value", "not compared"}}; }) == "ok");
  CHECK(dsse([](Json& spec) { spec["payloadHash"]["value"] = "00"; }) == "wrong: tlog-body");
  CHECK(dsse([](Json& spec) { spec["payloadHash"]["algorithm"] = "sha512"; }) ==
        "wrong: tlog-body");
  CHECK(dsse([](Json& spec) { spec["signatures"].push_back(spec["signatures"][0]); }) ==
        "wrong: tlog-body");
  CHECK(dsse([](Json& spec) { spec["signatures"] = Json::array(); }) == "wrong: tlog-body");
  CHECK(dsse([](Json& spec) { spec["signatures"][0]["signature"] = "AAAA"; }) ==
        "wrong: tlog-body");
  CHECK(dsse([&](Json& spec) {
          spec["signatures"][0]["verifier"] = Base64Encode(stranger.pem());
        }) == "wrong: tlog-body");

  const auto intoto = [&](const std::function<void(Json&)>& alter) {
    return WithBody(envelope, lab.Intoto(envelope),
                    [&](Json& body) { alter(body["spec"]["content"]); });
  };
  const std::string once = envelope["dsseEnvelope"]["signatures"][0]["sig"];
  CHECK(intoto([](Json&) {}) == "ok");
  CHECK(intoto([&](Json& content) { content["envelope"]["signatures"][0]["sig"] = once; }) ==
        "wrong: tlog-body");
  CHECK(intoto([](Json& content) { content["payloadHash"]["value"] = ""; }) == "wrong: tlog-body");
  CHECK(intoto([](Json& content) {
          content["envelope"]["signatures"].push_back(content["envelope"]["signatures"][0]);
        }) == "wrong: tlog-body");
  CHECK(intoto([&](Json& content) {
          content["envelope"]["signatures"][0]["publicKey"] = Base64Encode(stranger.pem());
        }) == "wrong: tlog-body");
}

TEST_CASE_FIXTURE(Fixture, "a body of Rekor v2 is the one that the log would make, to the byte") {
  const Json message = lab.MessageBundle();
  const std::string body = lab.HashedRekordV2(message);
  const auto with = [&](const std::string& other_body) {
    return WithEntry(message, log.Entry("hashedrekord", "0.0.2", other_body));
  };
  CHECK(with(body) == "ok");
  CHECK(with(body + " ") == "wrong: tlog-body");
  CHECK(with(" " + body) == "wrong: tlog-body");
  std::string more = body;
  more.insert(1, "\"a\":0,");
  CHECK(with(more) == "wrong: tlog-body");
  std::string twice = body;
  twice.insert(1, "\"kind\":\"hashedrekord\",");
  CHECK(with(twice) == "wrong: tlog-body");
}

TEST_CASE_FIXTURE(Fixture,
                  "kinds that are not supported could not be checked, even of a stranger") {
  const Json message = lab.MessageBundle();
  for (const auto& [kind, version] : std::vector<std::pair<std::string, std::string>>{
           {"rekord", "0.0.1"}, {"intoto", "0.0.1"}, {"hashedrekord", "0.0.3"}, {"", ""}}) {
    const std::string body =
        DumpJson(Json{{"kind", kind}, {"apiVersion", version}, {"spec", Json::object()}});
    CHECK(WithEntry(message, log.Entry(kind, version, body)) == "could not check: tlog-body");
    CHECK(WithEntry(message, other.Entry(kind, version, body)) == "could not check: tlog-body");
  }
  CHECK(WithEntry(message, other.Entry("hashedrekord", "0.0.1", "not JSON")) == "wrong: tlog-body");
}

TEST_CASE_FIXTURE(Fixture, "an unknown log is not counted, and a known one must be right") {
  const Json message = lab.MessageBundle();
  const std::string body = DumpJson(lab.HashedRekord(message));
  Json foreign = other.Entry("hashedrekord", "0.0.1", body);
  CHECK(WithEntry(message, foreign) == "wrong: tlog");

  // Whatever else a stranger's log says does not matter.
  Json bundle = message;
  foreign["inclusionProof"]["checkpoint"]["envelope"] = "nothing";
  foreign["integratedTime"] = "1";
  AddEntry(bundle, foreign);
  AddEntry(bundle, MessageEntry(message));
  CHECK(Outcome(lab, bundle, requirements) == "ok");

  // Two known logs: one that is wrong refuses, though the other would be enough.
  Requirements both = lab.Requirements({&log, &other});
  CHECK(Outcome(lab, bundle, both) == "wrong: tlog-set");
  bundle = message;
  AddEntry(bundle, other.Entry("hashedrekord", "0.0.1", body));
  AddEntry(bundle, MessageEntry(message));
  both.tlog_threshold = 2;
  both.timestamp_threshold = 2;
  CHECK(Outcome(lab, bundle, both) == "ok");
  both.timestamp_threshold = 3;
  CHECK(Outcome(lab, bundle, both) == "wrong: time");
  both.timestamp_threshold = 2;
  both.tsa_threshold = 1;
  CHECK(Outcome(lab, bundle, both) == "wrong: time");
  both.tlog_threshold = 3;
  CHECK(Outcome(lab, bundle, both) == "wrong: tlog");
}

TEST_CASE_FIXTURE(Fixture, "one entry twice is none, and one log twice is one") {
  const Json message = lab.MessageBundle();
  Json bundle = message;
  AddEntry(bundle, MessageEntry(message));
  AddEntry(bundle, MessageEntry(message));
  CHECK(Outcome(lab, bundle, requirements) == "wrong: tlog");

  Json later = MessageEntry(message);
  const std::string body = DumpJson(lab.HashedRekord(message));
  later["logIndex"] = 102;
  later["inclusionPromise"]["signedEntryTimestamp"] =
      Base64Encode(log.Promise(body, testing::kLabTime, 102));
  bundle = message;
  AddEntry(bundle, MessageEntry(message));
  AddEntry(bundle, later);
  CHECK(Outcome(lab, bundle, requirements) == "ok");
  requirements.tlog_threshold = 2;
  CHECK(Outcome(lab, bundle, requirements) == "wrong: tlog");
  requirements.tlog_threshold = 1;
  requirements.timestamp_threshold = 2;
  CHECK(Outcome(lab, bundle, requirements) == "wrong: time");
}

TEST_CASE_FIXTURE(Fixture, "a promise has a time, in the window of the log's key") {
  const Json message = lab.MessageBundle();
  const std::string body = DumpJson(lab.HashedRekord(message));
  const auto promised_at = [&](std::int64_t time) {
    Json entry = MessageEntry(message);
    entry["integratedTime"] = time;
    entry["inclusionPromise"]["signedEntryTimestamp"] = Base64Encode(log.Promise(body, time, 101));
    return WithEntry(message, entry);
  };
  CHECK(promised_at(testing::kLabTime + 1000) == "ok");  // both ends belong to it
  CHECK(promised_at(testing::kLabTime - 1000) == "ok");
  CHECK(promised_at(testing::kLabTime + 1001) == "wrong: tlog-set");
  CHECK(promised_at(testing::kLabTime - 1001) == "wrong: tlog-set");
  CHECK(promised_at(0) == "wrong: tlog-set");

  Json entry = MessageEntry(message);
  entry.erase("integratedTime");
  CHECK(WithEntry(message, entry) == "wrong: tlog-set");
  entry = MessageEntry(message);
  entry["logIndex"] = "102";
  CHECK(WithEntry(message, entry) == "wrong: tlog-set");
  entry = MessageEntry(message);
  entry["inclusionPromise"]["signedEntryTimestamp"] =
      Base64Encode(other.Promise(body, testing::kLabTime, 101));
  CHECK(WithEntry(message, entry) == "wrong: tlog-set");

  // Without a promise the time is a number in a file.
  entry = MessageEntry(message);
  entry.erase("inclusionPromise");
  CHECK(WithEntry(message, entry) == "ok");
  requirements.timestamp_threshold = 1;
  CHECK(WithEntry(message, entry) == "wrong: time");
  CHECK(WithEntry(message, MessageEntry(message)) == "ok");

  // Rekor v2 makes none.
  requirements.timestamp_threshold = 0;
  const std::string v2 = lab.HashedRekordV2(message);
  entry = log.Entry("hashedrekord", "0.0.2", v2);
  entry["integratedTime"] = testing::kLabTime;
  CHECK(WithEntry(message, entry) == "ok");
  entry["inclusionPromise"]["signedEntryTimestamp"] =
      Base64Encode(log.Promise(v2, testing::kLabTime, 1));
  CHECK(WithEntry(message, entry) == "wrong: tlog-set");
}

TEST_CASE_FIXTURE(Fixture, "a checkpoint is the log's own, and all of the log's lines hold") {
  const Json message = lab.MessageBundle();
  const std::string v2 = lab.HashedRekordV2(message);
  const Json good = log.Entry("hashedrekord", "0.0.2", v2);
  const std::string note = good["inclusionProof"]["checkpoint"]["envelope"];
  const std::string text = note.substr(0, note.find("\n\n") + 1);
  const std::string rest = text.substr(text.find('\n'));
  const auto with = [&](const std::string& envelope) {
    Json entry = good;
    entry["inclusionProof"]["checkpoint"]["envelope"] = envelope;
    return WithEntry(message, entry);
  };
  const auto own = [&](const std::string& signed_text) {
    return with(signed_text + "\n" + log.SignatureLine(signed_text));
  };
  CHECK(own(text) == "ok");
  CHECK(own(text + "extension\n") == "ok");
  CHECK(own(text + "\nextension after a blank line\n") == "ok");
  CHECK(own("other.example.test" + rest) == "wrong: tlog-checkpoint");
  CHECK(own("log.example.test - 1" + rest) == "wrong: tlog-checkpoint");  // that is v1's
  CHECK(own("Log.example.test" + rest) == "wrong: tlog-checkpoint");

  const std::string bad = log.SignatureLine("another text");
  CHECK(with(text + "\n" + bad) == "wrong: tlog-checkpoint");
  CHECK(with(note + bad) == "wrong: tlog-checkpoint");
  CHECK(with(text + "\n" + bad + log.SignatureLine(text)) == "wrong: tlog-checkpoint");
  CHECK(with(note + log.SignatureLine(text)) == "ok");
  CHECK(with(text + "\n" + other.SignatureLine(text) + log.SignatureLine(text)) == "ok");
  CHECK(with(text + "\n" + other.SignatureLine(text, "log.example.test")) ==
        "wrong: tlog-checkpoint");  // the name alone is not enough
  CHECK(with(text + "\n" + log.SignatureLine(text, "other.example.test")) ==
        "wrong: tlog-checkpoint");  // nor is the key
  CHECK(with(text + "\n") == "wrong: tlog-checkpoint");

  // v1 names its tree.
  Json v1 = MessageEntry(message);
  const std::string v1_note = v1["inclusionProof"]["checkpoint"]["envelope"];
  const std::string v1_rest =
      v1_note.substr(v1_note.find('\n'), v1_note.find("\n\n") + 1 - v1_note.find('\n'));
  for (const auto& [origin, outcome] : std::vector<std::pair<std::string, std::string>>{
           {"log.example.test - 99", "ok"},
           {"log.example.test", "wrong: tlog-checkpoint"},
           {"log.example.test - ", "wrong: tlog-checkpoint"},
           {"log.example.test -1", "wrong: tlog-checkpoint"},
           {"log.example.test.evil - 1", "wrong: tlog-checkpoint"},
           {"evil log.example.test - 1", "wrong: tlog-checkpoint"}}) {
    const std::string v1_text = origin + v1_rest;
    v1["inclusionProof"]["checkpoint"]["envelope"] = v1_text + "\n" + log.SignatureLine(v1_text);
    CHECK(WithEntry(message, v1) == outcome);
  }
}

TEST_CASE_FIXTURE(Fixture, "a proof is of this entry in the checkpoint's tree") {
  const Json message = lab.MessageBundle();
  const auto altered = [&](const std::function<void(Json&)>& alter) {
    Json entry = log.Entry("hashedrekord", "0.0.2", lab.HashedRekordV2(message));
    alter(entry);
    return WithEntry(message, entry);
  };
  CHECK(altered([](Json& entry) { entry["inclusionProof"].erase("rootHash"); }) == "ok");
  CHECK(altered([](Json& entry) { entry["inclusionProof"].erase("treeSize"); }) == "ok");
  CHECK(altered([](Json& entry) { entry["inclusionProof"]["treeSize"] = 4; }) ==
        "wrong: tlog-inclusion");
  CHECK(altered([](Json& entry) {
          entry["inclusionProof"]["rootHash"] = Base64Encode(std::string(32, 'x'));
        }) == "wrong: tlog-inclusion");
  CHECK(altered([](Json& entry) { entry["logIndex"] = 2; }) == "wrong: tlog-inclusion");
  CHECK(altered([](Json& entry) { entry["inclusionProof"]["logIndex"] = 2; }) ==
        "wrong: tlog-inclusion");
  CHECK(altered([](Json& entry) {
          entry["logIndex"] = 0;
          entry["inclusionProof"]["logIndex"] = 0;
        }) == "wrong: tlog-inclusion");
  CHECK(altered([](Json& entry) { entry["inclusionProof"]["hashes"].erase(1); }) ==
        "wrong: tlog-inclusion");
}

TEST_CASE_FIXTURE(Fixture, "a log whose key is not supported could not be checked") {
  const Json message = lab.MessageBundle();
  auto root = std::make_shared<TrustedRoot>(*requirements.trusted_root);
  root->logs[0].log.key = std::nullopt;
  requirements.trusted_root = root;
  CHECK(WithEntry(message, MessageEntry(message)) == "could not check: tlog-set");
  CHECK(WithEntry(message, log.Entry("hashedrekord", "0.0.2", lab.HashedRekordV2(message))) ==
        "could not check: tlog-checkpoint");
}

TEST_CASE("the bytes under a promise and the ids of checkpoints are the known ones") {
  const Json primitives = testing::ReadJsonVector("primitives.json");
  for (const Json& known : primitives["log_ids"]) {
    if (!known.contains("checkpoint_key_id")) continue;
    const std::string id = testing::FromBase64(known["log_id_base64"]);
    const Result<TrustedRoot> root =
        ParseTrustedRoot(testing::ReadVector("roots/sigstore-public-good.json"));
    REQUIRE(root.ok());
    const TransparencyLog* log = root->FindLog(id);
    REQUIRE(log != nullptr);
    const std::string name = known["checkpoint_key_name"];
    CHECK(log->names == std::vector{name});
    CHECK(CheckpointKeyId(*log->log.key, name) == testing::FromHex(known["checkpoint_key_id"]));
  }
  const std::string payload = PromisePayload(
      {.body = "{}", .integrated_time = 5, .log_index = 7, .signature = {}}, "\x01\xff");
  CHECK(payload == R"({"body":"e30=","integratedTime":5,"logID":"01ff","logIndex":7})");
}

}  // namespace powernode::verify::sigstore::log_entry_test
