#include "mount/composefs/tree_difference.h"

#include <doctest/doctest.h>

#include <string>

#include "mount/composefs/dump.h"

namespace powernode::mount::composefs::tree_difference_test {
namespace {

const std::string kRoot = "/ 0 40755 2 0 0 0 1.0 - - -\n";

Tree TreeOfDump(const std::string& lines) {
  Result<Tree> tree = ReadDump(kRoot + lines);
  REQUIRE_MESSAGE(tree.ok(), tree.error().message());
  return *std::move(tree);
}

std::string Compared(const std::string& before, const std::string& after) {
  std::string text;
  for (const Difference& difference : CompareTrees(TreeOfDump(before), TreeOfDump(after))) {
    text += "-+~"[static_cast<int>(difference.kind)] + difference.path;
    for (const std::string& what : difference.what) text += "," + what;
    text += ' ';
  }
  return text;
}

}  // namespace

TEST_SUITE_BEGIN("tree difference");

TEST_CASE("equal trees have none, whatever the order of their lines") {
  const std::string a = "/a 1 100644 1 0 0 0 1.0 - x -\n";
  const std::string b = "/b 0 40755 2 0 0 0 1.0 - - - user.a=1 user.b=2\n";
  CHECK(Compared(a + b, b + a).empty());
}

TEST_CASE("every field is told by its name") {
  const std::string file = "/f 70 100644 1 0 0 0 1.0 aa/bb - -\n";
  struct Row {
    const char* line;
    const char* what;
  };
  for (const Row& row : {
           Row{"/f 70 100600 1 0 0 0 1.0 aa/bb - -\n", "~/f,mode "},
           Row{"/f 70 100644 2 0 0 0 1.0 aa/bb - -\n", "~/f,link count "},
           Row{"/f 70 100644 1 7 0 0 1.0 aa/bb - -\n", "~/f,owner "},
           Row{"/f 70 100644 1 0 7 0 1.0 aa/bb - -\n", "~/f,owner "},
           Row{"/f 70 100644 1 0 0 0 1.1 aa/bb - -\n", "~/f,mtime "},
           Row{"/f 71 100644 1 0 0 0 1.0 aa/bb - -\n", "~/f,size "},
           Row{"/f 70 100644 1 0 0 0 1.0 aa/cc - -\n", "~/f,object "},
           Row{"/f 70 100644 1 0 0 0 1.0 aa/bb - - user.a=\n", "~/f,attributes "},
           Row{"/f 0 40755 2 0 0 0 1.0 - - -\n", "~/f,type,mode,link count,size,object "},
       })
    CHECK(Compared(file, row.line) == row.what);
  CHECK(Compared("/l 1 120777 1 0 0 0 1.0 a - -\n", "/l 1 120777 1 0 0 0 1.0 b - -\n") ==
        "~/l,target ");
  CHECK(Compared("/d 0 20600 1 0 0 5 1.0 - - -\n", "/d 0 20600 1 0 0 6 1.0 - - -\n") ==
        "~/d,device ");
  CHECK(Compared("/i 1 100644 1 0 0 0 1.0 - x -\n", "/i 1 100644 1 0 0 0 1.0 - y -\n") ==
        "~/i,content ");
}

TEST_CASE("a directory that is only in one is named once") {
  const std::string directory = "/d 0 40755 2 0 0 0 1.0 - - -\n";
  const std::string below = "/d/f 0 100644 1 0 0 0 1.0 - - -\n";
  CHECK(Compared("", directory + below) == "+/d ");
  CHECK(Compared(directory + below, "") == "-/d ");
  CHECK(Compared(directory, directory + below) == "+/d/f ");
}

TEST_CASE("one file of two names is not two files") {
  const std::string a = "/a 0 100644 2 0 0 0 1.0 - - -\n";
  const std::string own = "/b 0 100644 2 0 0 0 1.0 - - -\n";
  const std::string link = "/b 0 @100644 2 0 0 0 1.0 /a - -\n";
  CHECK(Compared(a + link, a + link).empty());
  CHECK(Compared(a + link, a + own) == "~/b,hard link ");
  CHECK(Compared(a + own, a + link) == "~/b,hard link ");
}

TEST_CASE("paths are escaped, they are for a terminal") {
  CHECK(Compared("", "/\\x1b\\n 0 100644 1 0 0 0 1.0 - - -\n") == "+/\\x1b\\n ");
}

TEST_SUITE_END();

}  // namespace powernode::mount::composefs::tree_difference_test
