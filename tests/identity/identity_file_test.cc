#include "identity/identity_file.h"

#include <doctest/doctest.h>

#include "agent/base/files.h"
#include "tests/identity/sample.h"
#include "tests/support/temporary_directory.h"

namespace powernode::identity::identity_file_test {
namespace {

using namespace testing;
using powernode::testing::TemporaryDirectory;

Result<std::string> NoCaFile(const std::string& name) {
  return Error(ErrorKind::kNotFound, "system_error", name + ": No such file or directory");
}

TEST_SUITE("identity_file") {
  TEST_CASE("reads keys with comments, export, quotes, CRLF and a byte order mark") {
    const std::string text = "\xEF\xBB\xBF# made by the installer\r\n\r\n  export ID = \"" +
                             std::string(kUuid) + "\"\r\nKEY='" + std::string(kToken) +
                             "'\r\nSERVER=" + std::string(kUrl) +
                             "/\r\nnonsense\r\nCOLOUR=blue\r\n";
    const Record record = ParseIdentityFile(text, NoCaFile);
    CHECK(record.instance_uuid == std::string(kUuid));
    CHECK(record.bootstrap_token->Reveal() == kToken);
    CHECK(record.platform->ToString() == kUrl);
    CHECK(record.problems.empty());
  }

  TEST_CASE("a CA file that cannot be read is reported, the rest counts") {
    const Record record = ParseIdentityFile("ID=n1\nCA_PEM_FILE=/nowhere.pem\n", NoCaFile);
    CHECK(record.instance_uuid == "n1");
    CHECK_FALSE(record.ca_pem.has_value());
    REQUIRE(record.problems.size() == 1);
    CHECK(record.problems[0].message() == "CA_PEM_FILE: /nowhere.pem: No such file or directory");
  }

  TEST_CASE("an inline CA wins over a file") {
    std::string inline_pem;
    for (const char c : SampleCa(1))
      inline_pem += c == '\n' ? std::string("\\n") : std::string(1, c);
    const Record record = ParseIdentityFile("CA_PEM=" + inline_pem + "\nCA_PEM_FILE=x\n",
                                            [](const std::string&) { return SampleCa(2); });
    CHECK(record.ca_pem == SampleCa(1));
  }

  TEST_CASE("CA_PEM_FILE is looked up beside the file, below the root, or on the boot partition") {
    const TemporaryDirectory root;
    const std::string boot = root / "esp";
    REQUIRE(MakeDirectories(root / "etc", 0755));
    REQUIRE(MakeDirectories(boot, 0755));
    REQUIRE(WriteFile(root / "etc/beside.pem", SampleCa(1), 0644));
    REQUIRE(WriteFile(root / "below.pem", SampleCa(2), 0644));
    REQUIRE(WriteFile(boot + "/ca.pem", SampleCa(3), 0644));
    const std::string path = root / "etc/identity.cfg";
    const std::vector<std::pair<std::string, std::string>> table = {
        {"beside.pem", SampleCa(1)}, {"/below.pem", SampleCa(2)}, {"/boot/ca.pem", SampleCa(3)}};
    for (const auto& [name, expected] : table) {
      REQUIRE(WriteFile(path, "CA_PEM_FILE=" + name + "\n", 0644));
      CAPTURE(name);
      CHECK(ReadIdentityFile(path, root.path(), boot).ca_pem == expected);
    }
  }

  TEST_CASE("a file that is not there is not found, one that is too long is a problem") {
    const TemporaryDirectory root;
    const std::string path = root / "identity.cfg";
    CHECK_FALSE(ReadIdentityFile(path, root.path(), root.path()).found);
    REQUIRE(WriteFile(path, std::string(64 * 1024 + 1, '#'), 0644));
    const Record record = ReadIdentityFile(path, root.path(), root.path());
    REQUIRE(record.problems.size() == 1);
    CHECK(record.problems[0].code() == "file_too_large");
  }
}

}  // namespace
}  // namespace powernode::identity::identity_file_test
