#include <doctest/doctest.h>

#include "tests/platform/test_node.h"

namespace powernode::platform::claim_test {

TEST_SUITE_BEGIN("claim");

TEST_CASE("a device shows one code until it is confirmed, then gets one token for its key") {
  Fixture plane;
  TestNode device(plane, {"", ""});
  const json poll = {{"mac", "52:54:00:12:34:56"},
                     {"architecture", "amd64"},
                     {"device_key_sha256", PublicKeySha256(device.key()).value()}};
  const Reply pending = device.PostBare("claim", poll);
  REQUIRE(pending.status == 200);
  CHECK(pending.Data().at("status") == "pending");
  const std::string code = pending.Data().at("claim_code");
  CHECK(code.size() == 8);
  CHECK(device.PostBare("claim", poll).Data().at("claim_code") == code);

  const FixtureNode node = plane.AddNode("n1");
  plane.Verb({"claim", "confirm", code, "n1"});
  const json claimed = device.PostBare("claim", poll).Data();
  CHECK(claimed.at("status") == "claimed");
  CHECK(claimed.at("instance_uuid") == node.id);
  const std::string token = claimed.at("bootstrap_token");
  CHECK(device.PostBare("claim", poll).Data().at("bootstrap_token") == token);

  const TestNode thief(plane, {node.id, token});
  CHECK(thief.TryEnroll().status == 422);
  CHECK(device.TryEnroll({{"bootstrap_token", token}}).status == 200);
  CHECK_FALSE(device.PostBare("claim", poll).Data().contains("bootstrap_token"));
  plane.Verb({"claim", "confirm", code, "n1"});
  CHECK(device.PostBare("claim", poll).Data().at("bootstrap_token") != token);
}

TEST_CASE("a device that lost its key shows another code, and its confirmation moves the claim") {
  Fixture plane;
  TestNode device(plane, {"", ""});
  const auto poll = [&device] {
    return device
        .PostBare("claim", {{"mac", "52:54:00:12:34:56"},
                            {"device_key_sha256", PublicKeySha256(device.key()).value()}})
        .Data();
  };
  const std::string first = poll().at("claim_code");
  plane.AddNode("n1");
  plane.Verb({"claim", "confirm", first, "n1"});
  CHECK(poll().at("status") == "claimed");

  device.ChangeKey();
  const json stranger = poll();
  CHECK(stranger.at("status") == "pending");
  CHECK(stranger.at("claim_code") != first);
  plane.Verb({"claim", "confirm", stranger.at("claim_code"), "n1"});
  CHECK(device.TryEnroll({{"bootstrap_token", poll().at("bootstrap_token")}}).status == 200);
}

TEST_CASE("a code belongs to the device that shows it, whatever others with its address do") {
  Fixture plane;
  TestNode device(plane, {"", ""});
  TestNode thief(plane, {"", ""});
  const auto poll = [](const TestNode& node) {
    return node
        .PostBare("claim", {{"mac", "52:54:00:12:34:56"},
                            {"device_key_sha256", PublicKeySha256(node.key()).value()}})
        .Data();
  };
  const std::string code = poll(device).at("claim_code");
  CHECK(poll(thief).at("claim_code") != code);
  plane.AddNode("n1");
  plane.Verb({"claim", "confirm", code, "n1"});
  CHECK(poll(thief).at("status") == "pending");
  CHECK(poll(device).at("status") == "claimed");
}

TEST_CASE("a row is forgotten a day after its last poll") {
  Fixture plane;
  const TestNode device(plane, {"", ""});
  const auto code = [&device] {
    return device.PostBare("claim", {{"mac", "52:54:00:12:34:56"}}).Data().at("claim_code");
  };
  const json first = code();
  plane.Verb({"clock", "--advance", "80000"});
  CHECK(code() == first);
  plane.Verb({"clock", "--advance", "80000"});
  CHECK(code() == first);
  plane.Verb({"clock", "--advance", "86401"});
  CHECK(code() != first);
}

TEST_CASE("a token that nobody used for an hour is void until the next confirmation") {
  Fixture plane;
  const TestNode device(plane, {"", ""});
  const auto poll = [&device] {
    return device.PostBare("claim", {{"mac", "52:54:00:12:34:56"}}).Data();
  };
  const std::string code = poll().at("claim_code");
  plane.AddNode("n1");
  plane.Verb({"claim", "confirm", code, "n1"});
  const std::string token = poll().at("bootstrap_token");
  plane.Verb({"clock", "--advance", "3601"});
  CHECK_FALSE(poll().contains("bootstrap_token"));
  CHECK(device.TryEnroll({{"bootstrap_token", token}}).status == 422);
  plane.Verb({"claim", "confirm", code, "n1"});
  CHECK(device.TryEnroll({{"bootstrap_token", poll().at("bootstrap_token")}}).status == 200);
}

TEST_CASE("a poll without a hardware address is refused, and the eleventh in a minute must wait") {
  Fixture plane;
  const TestNode device(plane, {"", ""});
  CHECK(device.PostBare("claim", json::object()).status == 400);
  for (int i = 0; i < 9; ++i)
    CHECK(device.PostBare("claim", {{"mac", "52:54:00:12:34:56"}}).status == 200);
  const Reply throttled = device.PostBare("claim", {{"mac", "52:54:00:12:34:56"}});
  CHECK(throttled.status == 429);
  CHECK(throttled.document.at("retry_after").get<int>() > 0);
  CHECK(throttled.Header("Retry-After") != "");
  plane.Verb({"clock", "--advance", "61"});
  CHECK(device.PostBare("claim", {{"mac", "52:54:00:12:34:56"}}).status == 200);
  plane.Verb({"set", "--claims-per-minute", "1"});
  CHECK(device.PostBare("claim", {{"mac", "52:54:00:12:34:56"}}).status == 429);
}

TEST_SUITE_END();

}  // namespace powernode::platform::claim_test
