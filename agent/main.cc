// powernode-agent: see README.md. Everything is in the rooms; this file only starts the command.

#include <sys/prctl.h>

#include "agent/commands/command.h"

int main(int argc, char** argv) {
  ::prctl(PR_SET_DUMPABLE, 0);  // no core dump with a key in it (node-files.md §2.8)
  return powernode::commands::Main(argc, argv);
}
