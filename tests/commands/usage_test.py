"""Flags, help and `version`: what a person meets first."""

import subprocess

import command_test
import node


def agent(*words):
    return subprocess.run([node.PROGRAM, *words], capture_output=True, text=True, timeout=30)


class Usage(command_test.CommandTest):
    COMMANDS = ("boot", "prepare-root", "init-bottom", "service", "enroll", "introspect", "status", "verify", "pack",
                "attach", "detach", "update", "sync", "lkg", "retry-pending-compose", "gc", "version")

    def test_version(self):
        done = self.new_node().run("version", "--json")
        self.expect_code(done, 0)
        self.assertEqual(done.json["command"], "version")
        self.assertEqual(set(done.json), {"command", "status", "exit_code", "duration_ms", "stage", "error", "error_code",
                                          "details"})
        details = done.json["details"]
        self.assertEqual(details["name"], "powernode-agent")
        self.assertRegex(details["version"], r"^\d+\.\d+\.\d+")
        self.assertRegex(details["libraries"], "mbedTLS")

    def test_help_lists_every_command(self):
        done = agent("--help")
        self.assertEqual(done.returncode, 0)
        for command in self.COMMANDS:
            self.assertRegex(done.stdout, rf"(?m)^  {command} ")
            self.assertEqual(agent(command, "--help").returncode, 0)

    def test_names_what_it_does_not_know(self):
        for words, unknown in ((["frobnicate"], "frobnicate"), (["update", "--frob"], "--frob"),
                               (["update", "extra"], "extra"), (["--frob"], "--frob"), (["verify"], "PATH"),
                               (["attach"], "ID"), (["service", "--heartbeat-interval", "0"], "--heartbeat-interval"),
                               (["service", "--heartbeat-interval", "soon"], "--heartbeat-interval")):
            with self.subTest(words=words):
                done = agent(*words)
                self.assertEqual(done.returncode, 1)
                self.assertEqual(done.stdout, "")
                self.assertIn(unknown, done.stderr)
                self.assertIn("--help", done.stderr)

    def test_without_a_command_says_how_to_go_on(self):
        done = agent()
        self.assertEqual(done.returncode, 1)
        self.assertIn("--help", done.stderr)

    def test_bad_flags_are_one_object_too(self):
        done = self.new_node().run("update", "--json", "--frob")
        self.expect_failure(done, 1, "bad_flags", "--frob")

    def test_status_without_a_service_is_read_from_files(self):
        node = self.new_node()
        before = node.tree()
        done = node.run("status", "--json")
        self.expect_code(done, 0)
        details = done.json["details"]
        self.assertEqual((details["schema"], details["version"]), ("powernode-status", 1))
        self.assertEqual(details["from"], "files")
        self.assertEqual(details["sets"], {})
        for_people = node.run("status").out
        for line in ("note +no service runs .*powernode-agent.service", "running +-", "staged +-", "last good +-",
                     "MODULE +PRIORITY +DIGEST +LAYER +BYTES +SERVICES"):
            self.assertRegex(for_people, rf"(?m)^{line}")
        self.assertEqual(node.tree(), before, "looking changes nothing")


if __name__ == "__main__":
    command_test.main()
