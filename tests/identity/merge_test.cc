#include "identity/merge.h"

#include <doctest/doctest.h>

#include "tests/identity/sample.h"

namespace powernode::identity {
namespace {

using namespace testing;

// "uuid=a url=x ca=1 token": what one source says, in short.
Reading Says(std::string name, std::string_view text) {
  Reading reading{.source = std::move(name), .place = "there", .record = {}};
  auto value_of = [text](std::string_view key) -> std::string {
    const std::size_t at = text.find(key);
    if (at == std::string_view::npos) return {};
    const std::string_view rest = text.substr(at + key.size());
    return std::string(rest.substr(0, rest.find(' ')));
  };
  Record& record = reading.record;
  SetInstanceUuid(record, "uuid", value_of("uuid="));
  if (const std::string host = value_of("url="); !host.empty())
    SetPlatformUrl(record, "url", "https://" + host);
  if (const std::string ca = value_of("ca="); !ca.empty()) record.ca_pem = ca;
  if (const std::string token = value_of("token="); !token.empty())
    record.bootstrap_token = Secret(token);
  return reading;
}

template <typename T>
std::string From(const std::optional<Sourced<T>>& field) {
  return field ? field->from.source : "-";
}

TEST_SUITE("merge") {
  TEST_CASE("each field comes from the highest source that may give it") {
    struct Row {
      std::string fact;
      std::string high, middle, low;
      std::string uuid, url, ca, token;  // expected source of each field
    };
    const std::vector<Row> table = {
        {"nobody says anything", "", "", "", "-", "-", "-", "-"},
        {"one source says all", "uuid=a url=x ca=1 token=t", "", "", "H", "H", "H", "H"},
        {"a winner with nothing else hides no complete lower source", "uuid=a", "",
         "uuid=a url=x ca=1 token=t", "H", "L", "L", "L"},
        {"a lower source of another instance gives nothing", "uuid=a", "uuid=b url=x ca=1 token=t",
         "", "H", "-", "-", "-"},
        {"a lower source without an id gives", "uuid=a", "url=x ca=1 token=t", "", "H", "M", "M",
         "M"},
        {"parts from three places", "uuid=a", "url=x", "ca=1 token=t", "H", "M", "L", "L"},
        {"a higher source without an id keeps its precedence", "url=x", "uuid=a url=y ca=1", "",
         "M", "H", "-", "-"},
        {"a CA of another platform is not taken", "uuid=a url=x", "url=y ca=1", "", "H", "H", "-",
         "-"},
        {"a CA of the same platform is taken", "uuid=a url=x", "url=y ca=1", "url=x ca=2", "H", "H",
         "L", "-"},
        {"a CA without a platform is taken", "uuid=a url=x", "ca=1", "url=x ca=2", "H", "H", "M",
         "-"},
        {"a CA of another instance is not taken", "uuid=a url=x", "uuid=b url=x ca=1", "ca=2", "H",
         "H", "L", "-"},
        {"a token of another instance is not taken", "uuid=a", "uuid=b token=t", "token=s", "H",
         "-", "-", "L"},
        {"a CA alone is kept, too", "", "ca=1", "", "-", "-", "M", "-"},
        {"everything but an id", "url=x ca=1 token=t", "", "", "-", "H", "H", "H"},
        {"with no id at all nobody is another instance", "url=x", "ca=1", "token=t", "-", "H", "M",
         "L"},
        {"the id from the lowest source", "url=x", "ca=1", "uuid=a token=t", "L", "H", "M", "L"},
        {"duplicates: the higher one", "uuid=a url=x ca=1 token=t", "uuid=a url=y ca=2 token=s", "",
         "H", "H", "H", "H"},
    };
    for (const Row& row : table) {
      CAPTURE(row.fact);
      const std::vector<Reading> readings = {Says("H", row.high), Says("M", row.middle),
                                             Says("L", row.low)};
      const Draft draft = Merge(readings);
      CHECK(From(draft.instance_uuid) == row.uuid);
      CHECK(From(draft.platform) == row.url);
      CHECK(From(draft.ca_pem) == row.ca);
      CHECK(From(draft.bootstrap_token) == row.token);
    }
  }
}

}  // namespace
}  // namespace powernode::identity
