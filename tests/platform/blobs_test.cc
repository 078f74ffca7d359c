#include <doctest/doctest.h>

#include "tests/platform/digest.h"
#include "tests/platform/range.h"
#include "tests/platform/test_node.h"

namespace powernode::platform::blobs_test {

TEST_SUITE_BEGIN("blobs");

TEST_CASE("plans ranges") {
  struct Row {
    const char* range;
    const char* if_range;
    int status;
    std::uint64_t offset;
    std::uint64_t length;
    const char* content_range;
  };
  const std::string etag = "\"e\"";
  for (const Row& row : {
           Row{nullptr, nullptr, 200, 0, 100, ""},
           Row{"bytes=0-", nullptr, 206, 0, 100, "bytes 0-99/100"},
           Row{"bytes=1-", nullptr, 206, 1, 99, "bytes 1-99/100"},
           Row{"bytes=99-", nullptr, 206, 99, 1, "bytes 99-99/100"},
           Row{"bytes=100-", nullptr, 416, 0, 0, "bytes */100"},
           Row{"bytes=5-9", nullptr, 206, 5, 5, "bytes 5-9/100"},
           Row{"bytes=5-5000", nullptr, 206, 5, 95, "bytes 5-99/100"},
           Row{"bytes=-10", nullptr, 206, 90, 10, "bytes 90-99/100"},
           Row{"bytes=-0", nullptr, 416, 0, 0, "bytes */100"},
           Row{"bytes=9-5", nullptr, 200, 0, 100, ""},
           Row{"bytes=0-1,5-9", nullptr, 200, 0, 100, ""},
           Row{"lines=0-1", nullptr, 200, 0, 100, ""},
           Row{"bytes=5-", "\"e\"", 206, 5, 95, "bytes 5-99/100"},
           Row{"bytes=5-", "\"other\"", 200, 0, 100, ""},
           Row{"bytes=5-", "W/\"e\"", 200, 0, 100, ""},
       }) {
    CAPTURE(std::string(row.range != nullptr ? row.range : "(none)"));
    const std::string range = row.range != nullptr ? row.range : "";
    const std::string if_range = row.if_range != nullptr ? row.if_range : "";
    const RangePlan plan = PlanRange(row.range != nullptr ? &range : nullptr,
                                     row.if_range != nullptr ? &if_range : nullptr, etag, 100);
    CHECK(plan.status == row.status);
    CHECK(plan.content_range == row.content_range);
    if (plan.status != 416) CHECK(plan.range.offset == row.offset);
    if (plan.status != 416) CHECK(plan.range.length == row.length);
  }
}

TEST_CASE("every route gives the same bytes, whole and resumed at each class of boundary") {
  Fixture plane;
  constexpr std::size_t kSize = 3 * 4096 + 17;
  const std::string image = WriteImage(plane, "a", kSize);
  const std::string bytes = ReadWhole(image);
  const std::string digest = Sha256Hex(bytes);
  plane.AddModule(image, {"--name", "web", "--priority", "1", "--no-sign"});
  TestNode node(plane, plane.AddNode("n1"));
  REQUIRE(node.Enroll().status == 200);
  plane.Assign("n1", {"web"});

  for (const std::string& route : {"blobs/sha256/" + digest, std::string("files/modules/web"),
                                   std::string("files/modules/web/web.erofs")}) {
    CAPTURE(route);
    const Reply whole = node.Get(route);
    CHECK(whole.status == 200);
    CHECK(whole.text == bytes);
    CHECK(whole.Header("ETag") == "\"" + digest + "\"");
    CHECK(whole.Header("X-Module-Digest") == "sha256:" + digest);
    CHECK(whole.Header("Accept-Ranges") == "bytes");
    CHECK(whole.Header("Content-Length") == std::to_string(kSize));
    CHECK(whole.Header("Content-Type") == "application/octet-stream");
    for (const std::size_t offset :
         {std::size_t{0}, std::size_t{1}, std::size_t{4095}, std::size_t{4096}, kSize - 1}) {
      const Reply rest = node.Get(route, {{"Range", "bytes=" + std::to_string(offset) + "-"},
                                          {"If-Range", "\"" + digest + "\""}});
      CHECK(rest.status == 206);
      CHECK(rest.text == bytes.substr(offset));
      CHECK(rest.Header("Content-Range") == "bytes " + std::to_string(offset) + "-" +
                                                std::to_string(kSize - 1) + "/" +
                                                std::to_string(kSize));
    }
    const Reply beyond = node.Get(route, {{"Range", "bytes=" + std::to_string(kSize) + "-"}});
    CHECK(beyond.status == 416);
    CHECK(beyond.Header("Content-Range") == "bytes */" + std::to_string(kSize));
    CHECK(node.Get(route, {{"Range", "bytes=5-"}, {"If-Range", "\"stale\""}}).status == 200);
  }
  CHECK(node.Get("files/modules/web/other.erofs").status == 404);
}

TEST_CASE("bytes are for nodes that have or had the module") {
  Fixture plane;
  const std::string image = WriteImage(plane, "a", 100);
  const std::string blob = "blobs/sha256/" + Sha256HexOfFile(image).value();
  plane.AddModule(image, {"--name", "web", "--priority", "1", "--no-sign"});
  TestNode owner(plane, plane.AddNode("owner"));
  TestNode stranger(plane, plane.AddNode("stranger"));
  REQUIRE(owner.Enroll().status == 200);
  REQUIRE(stranger.Enroll().status == 200);
  plane.Assign("owner", {"web"});
  CHECK(owner.Get(blob).status == 200);
  CHECK(stranger.Get(blob).status == 404);
  CHECK(stranger.Get("files/modules/web").status == 404);
  plane.Unassign("owner", {"web"});
  CHECK(owner.Get(blob).status == 200);
  CHECK(owner.Get("files/modules/web").status == 404);
  CHECK(owner.Get("blobs/sha256/" + std::string(64, '0')).status == 404);
  CHECK(owner.Get("blobs/sha256/..%2f..%2fstate.json").status == 404);
}

TEST_CASE("an image of zero bytes is served as such") {
  Fixture plane;
  plane.AddModule(WriteImage(plane, "empty", 0),
                  {"--name", "empty", "--priority", "1", "--no-sign"});
  TestNode node(plane, plane.AddNode("n1"));
  REQUIRE(node.Enroll().status == 200);
  plane.Assign("n1", {"empty"});
  const Reply reply = node.Get("files/modules/empty");
  CHECK(reply.status == 200);
  CHECK(reply.Header("Content-Length") == "0");
}

TEST_SUITE_END();

}  // namespace powernode::platform::blobs_test
