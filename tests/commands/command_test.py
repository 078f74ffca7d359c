"""What a test of the agent's commands begins with.

`main()` puts the program into a mount namespace of its own, so that nothing it
mounts is seen outside or stays. Each test has a directory of its own; at its end
no output may contain a token or a key, and the control plane must have had
nothing to complain about.
"""

import os
import pathlib
import shutil
import sys
import tempfile
import time
import unittest

import modules
import node
import platform_process

SKIPPED = 77
# What a real node has here; a test that makes or changes any of it has left its directory.
NODE_PATHS = ("/etc/powernode", "/etc/identity.cfg", "/boot/identity.cfg", "/run/powernode", "/persist",
              "/var/lib/powernode", "/run/systemd/system/powernode-agent.service")
_PRIVATE = "POWERNODE_TEST_PRIVATE_MOUNTS"


class CommandTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.shared = pathlib.Path(tempfile.mkdtemp(prefix="powernode-commands-"))
        cls.addClassCleanup(shutil.rmtree, cls.shared, True)
        cls.signer = modules.Signer(cls.shared, "owner")
        cls.stranger = modules.Signer(cls.shared, "stranger")
        cls.base_image = modules.build_image(cls.shared, "base", {"/etc/base": "base\n"})
        cls.web_image = modules.build_image(cls.shared, "web", {"/srv/page": "page\n", "/usr/bin/web": "#!/bin/sh\n"})

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="test-", dir=self.shared))
        self.secrets = []
        self._nodes = []
        self._platforms = []
        self._real_paths = _marks()
        self.addCleanup(self._close)

    def tearDown(self):
        self.assertEqual(_marks(), self._real_paths, "a path of the real system was touched")
        for machine in self._nodes:
            for service in machine.services:
                service.end()
            for text in machine.said:
                for secret in self.secrets:
                    self.assertNotIn(secret, text, "a token was printed")
                self.assertNotIn("PRIVATE KEY", text, "a key was printed")
                self.assertNotRegex(text, r"AddressSanitizer|LeakSanitizer|runtime error:")

    def _close(self):
        for machine in self._nodes:
            machine.close()
        for platform in self._platforms:
            platform.stop()

    def serve(self, *flags):
        """A control plane of this test's own."""
        platform = platform_process.Platform(self.directory / f"platform-{len(self._platforms)}", *flags)
        self._platforms.append(platform)
        return platform.start()

    def new_identity(self, platform, name="demo", **flags):
        identity = platform.add_node(name, **flags)
        self.secrets.append(identity["bootstrap_token"])
        return identity

    def new_node(self):
        machine = node.Node(self.directory / f"node-{len(self._nodes)}")
        self._nodes.append(machine)
        return machine

    def enrolled_node(self, platform):
        """A node that is enrolled and trusts the owner's key."""
        machine = self.new_node()
        machine.trust(self.signer)
        self.expect_code(machine.enroll(platform, self.new_identity(platform)), 0)
        return machine

    def platform_with_modules(self):
        """base below web, both signed and assigned to the node to come."""
        platform = self.serve()
        platform.add_module(self.base_image, "base", 10, self.signer)
        platform.add_module(self.web_image, "web", 20, self.signer)
        return platform

    def expect_code(self, ended, code):
        self.assertEqual(ended.code, code, f"{ended.out}{ended.err}")

    def expect_failure(self, ended, code, error_code, *words):
        """A --json command that failed like this, with these words in its message."""
        self.expect_code(ended, code)
        self.assertEqual(ended.json["error_code"], error_code, ended.out)
        self.assertEqual(ended.json["exit_code"], code)
        self.assertTrue(ended.json["stage"], "the failed stage is named")
        for word in words:
            self.assertIn(word, ended.json["error"])

    def eventually(self, condition, what, seconds=30):
        """Waits until `condition()` is true, and returns what it gave."""
        deadline = time.monotonic() + seconds
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > deadline:
                logs = [service.log() for machine in self._nodes for service in machine.services]
                self.fail(f"not within {seconds} s: {what}\n" + "\n".join(logs))
            time.sleep(0.1)


def _marks():
    return {path: os.lstat(path).st_mtime_ns for path in NODE_PATHS if os.path.lexists(path)}


def main():
    if os.geteuid() != 0:
        print("needs root for a mount namespace: skipped", file=sys.stderr)
        raise SystemExit(1 if os.environ.get("CI") == "true" else SKIPPED)
    if os.environ.pop(_PRIVATE, None) != "1":
        os.environ[_PRIVATE] = "1"
        os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", "--", sys.executable, "-B", *sys.argv])
    unittest.main(verbosity=2)
