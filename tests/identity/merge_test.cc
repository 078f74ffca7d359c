#include "identity/merge.h"

#include <doctest/doctest.h>

#include "tests/identity/sample.h"

namespace powernode::identity::merge_test {
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

// "file uuid=a url=x | image ca=1": the readings, in order.
std::vector<Reading> AllSay(std::string_view text) {
  std::vector<Reading> readings;
  while (!text.empty()) {
    const std::size_t end = text.find(" | ");
    const std::string_view one = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 3);
    readings.push_back(Says(std::string(one.substr(0, one.find(' '))), one));
  }
  return readings;
}

template <typename T>
std::string From(const std::optional<Sourced<T>>& field) {
  return field ? field->from.source : "-";
}

TEST_SUITE("merge") {
  TEST_CASE("each field comes from the highest source that may give it") {
    struct Row {
      std::string fact;
      std::string said;
      std::string from;  // of the id, the platform, the CA, the token
    };
    const std::vector<Row> table = {
        {"nobody says anything", "", "- - - -"},
        {"one source says all", "fw uuid=a url=x ca=1 token=t", "fw fw fw fw"},
        {"a source that says nothing hides nobody", "cmdline | fw uuid=a url=x ca=1 token=t",
         "fw fw fw fw"},
        {"a winner with nothing else hides no complete lower source",
         "cmdline uuid=a | file uuid=a url=x ca=1 token=t", "cmdline file file file"},
        {"a lower source of another instance gives nothing",
         "cmdline uuid=a | fw uuid=b url=x ca=1 token=t", "cmdline - - -"},
        {"a lower source without an id gives", "cmdline uuid=a | fw url=x ca=1 token=t",
         "cmdline fw fw fw"},
        {"parts from three places", "cmdline uuid=a | fw url=x | file ca=1 token=t",
         "cmdline fw file file"},
        {"a higher source without an id keeps its precedence",
         "cmdline url=x | fw uuid=a url=y ca=1", "fw cmdline - -"},
        {"a CA of another platform is not taken", "cmdline uuid=a url=x | fw url=y ca=1",
         "cmdline cmdline - -"},
        {"a CA of the same platform is taken",
         "cmdline uuid=a url=x | fw url=y ca=1 | file url=x ca=2", "cmdline cmdline file -"},
        {"a CA without a platform is taken", "cmdline uuid=a url=x | fw ca=1 | file url=x ca=2",
         "cmdline cmdline fw -"},
        {"a CA of another instance is not taken",
         "cmdline uuid=a url=x | fw uuid=b url=x ca=1 | file ca=2", "cmdline cmdline file -"},
        {"a token of another instance is not taken",
         "cmdline uuid=a | fw uuid=b token=t | file token=s", "cmdline - - file"},
        {"a CA alone is kept, too", "fw ca=1", "- - fw -"},
        {"everything but an id", "fw url=x ca=1 token=t", "- fw fw fw"},
        {"with no id at all nobody is another instance", "cmdline url=x | fw ca=1 | file token=t",
         "- cmdline fw file"},
        {"the id from the lowest source", "cmdline url=x | fw ca=1 | file uuid=a token=t",
         "file cmdline fw file"},
        {"duplicates: the higher one",
         "cmdline uuid=a url=x ca=1 token=t | fw uuid=a url=y ca=2 token=s",
         "cmdline cmdline cmdline cmdline"},
        {"flags come before all", "flags token=t | fw uuid=a url=x ca=1 token=s", "fw fw fw flags"},
        {"platform and CA of one source stay together, whoever gives the id",
         "fw url=x ca=1 | file uuid=a url=y ca=2 token=t", "file fw fw file"},
        {"a CA without a platform goes with the platform that is taken",
         "fw ca=1 | file uuid=a url=y ca=2 token=t", "file file fw file"},
        {"the image's CA is for whatever platform", "file uuid=a url=x token=t | image ca=1",
         "file file image file"},
        {"a source's CA before the image's", "file uuid=a url=x ca=1 token=t | image ca=2",
         "file file file file"},
        {"agent.conf's CA before the image's", "file uuid=a url=x token=t | conf ca=1 | image ca=2",
         "file file conf file"},
        {"agent.conf's CA of another platform is not taken",
         "file uuid=a url=x token=t | conf url=y ca=1 | image ca=2", "file file image file"},
        {"agent.conf's platform when no source names one",
         "file uuid=a token=t | conf url=x | image ca=1", "file conf image file"},
        {"an expired identity says where the platform is", "fw token=t | stored uuid=a url=x ca=1",
         "stored stored stored fw"},
        {"another instance takes nothing of an expired one",
         "cmdline uuid=b token=t | stored uuid=a url=x ca=1", "cmdline - - cmdline"},
        {"not even the CA of the same platform",
         "cmdline uuid=b url=x token=t | stored uuid=a url=x ca=1", "cmdline cmdline - cmdline"},
        {"the cloud alone says all", "aws uuid=a url=x ca=1 token=t", "aws aws aws aws"},
        {"the cloud fills what is open", "cmdline uuid=a | image ca=1 | aws uuid=a url=x token=t",
         "cmdline aws image aws"},
        {"the cloud's CA does not override a source's",
         "file uuid=a url=x ca=1 | aws uuid=a url=x ca=2 token=t", "file file file aws"},
        {"the cloud's CA does not override the image's",
         "file uuid=a url=x | image ca=1 | aws uuid=a url=x ca=2 token=t", "file file image aws"},
        {"the cloud's platform does not override a source's",
         "file url=x | image ca=1 | aws uuid=a url=y ca=2 token=t", "aws file image aws"},
        {"the cloud's platform and CA do not override agent.conf's",
         "conf url=x ca=1 | aws uuid=a url=y ca=2 token=t", "aws conf conf aws"},
        {"the cloud's CA is of no use for a platform that it does not name",
         "file url=x | aws uuid=a url=y ca=2 token=t", "aws file - aws"},
        {"the cloud's CA serves when nobody else has one for that platform",
         "file url=x | aws url=x ca=2", "- file aws -"},
        {"a hostile platform meets the image's CA", "image ca=1 | aws uuid=a url=evil ca=9 token=t",
         "aws aws image aws"},
        {"a cloud of another instance gives nothing",
         "file uuid=a url=x ca=1 | aws uuid=b url=x ca=1 token=t", "file file file -"},
        {"an expired identity is not another one because the cloud says so",
         "stored uuid=a url=x ca=1 | aws uuid=b url=y ca=2 token=t", "stored stored stored -"},
        {"an expired identity takes its new token from the cloud",
         "stored uuid=a url=x ca=1 | aws uuid=a url=y ca=2 token=t", "stored stored stored aws"},
        {"a source's token before the cloud's", "fw uuid=a token=t | aws uuid=a url=x ca=1 token=s",
         "fw aws aws fw"},
        {"two clouds that agree fill each other", "aws uuid=a url=x | gcp uuid=a ca=1 token=t",
         "aws aws gcp gcp"},
        {"two clouds that disagree do not", "aws uuid=a url=x | gcp uuid=b ca=1 token=t",
         "aws aws - -"},
    };
    CHECK(table.size() >= 40);
    for (const Row& row : table) {
      CAPTURE(row.fact);
      const Draft draft = Merge(AllSay(row.said));
      CHECK(From(draft.instance_uuid) + " " + From(draft.platform) + " " + From(draft.ca_pem) +
                " " + From(draft.bootstrap_token) ==
            row.from);
      CHECK(draft.IsComplete() == (row.from.find('-') == std::string::npos));
    }
  }

  TEST_CASE("each value that was offered knows what became of it") {
    const std::vector<Reading> readings = AllSay(
        "cmdline uuid=a url=x | fw uuid=b ca=1 token=t | file uuid=a url=y ca=2 token=s | "
        "image ca=3 | aws url=x ca=4");
    std::string told;
    for (const Offer& offer : Merge(readings).offers)
      if (offer.field != Field::kPlatform)
        told += std::string(FieldName(offer.field)) + " of " + readings[offer.reading].source +
                " " + std::string(FateText(offer.fate)) + "\n";
    CHECK(told ==
          "instance_uuid of cmdline taken\n"
          "instance_uuid of fw not taken: a source before it has one\n"
          "instance_uuid of file not taken: a source before it has one\n"
          "bootstrap_token of fw not taken: its source belongs to another instance\n"
          "bootstrap_token of file taken\n"
          "ca_pem of fw not taken: its source belongs to another instance\n"
          "ca_pem of file not taken: its source is of another platform\n"
          "ca_pem of image taken\n"
          "ca_pem of aws not taken: a source before it has one\n");
  }
}

}  // namespace
}  // namespace powernode::identity::merge_test
