"""`enroll`: a node becomes known, once, from whatever source says who it is."""

import command_test


class Enroll(command_test.CommandTest):
    def setUp(self):
        super().setUp()
        self.platform = self.serve()
        self.identity = self.new_identity(self.platform)
        self.node = self.new_node()

    def test_turns_the_token_into_a_certificate(self):
        done = self.node.enroll(self.platform, self.identity, "--json")
        self.expect_code(done, 0)
        self.assertEqual(done.json["status"], "ok")
        self.assertEqual(done.json["details"]["instance_id"], self.identity["instance_uuid"])
        self.assertEqual(done.json["details"]["enrolled"], "now")
        self.assertEqual(len(self.platform.requests("enroll")), 1)
        self.assertEqual(len(self.platform.node()["certificates"]), 1)
        self.assertEqual(self.platform.complaints(), [])

    def test_keeps_keys_to_itself_and_no_token(self):
        self.expect_code(self.node.enroll(self.platform, self.identity), 0)
        kept = [path for path in self.node.path("/persist").rglob("*") if path.is_file()]
        keys = [path for path in kept if "PRIVATE KEY" in path.read_text(errors="replace")]
        self.assertTrue(keys)
        for path in keys:
            self.assertEqual(path.stat().st_mode & 0o077, 0, path)
        for path in kept:
            self.assertNotIn(self.identity["bootstrap_token"], path.read_text(errors="replace"), path)

    def test_is_a_noop_the_second_time_and_spends_no_token(self):
        self.expect_code(self.node.enroll(self.platform, self.identity), 0)
        before = self.node.tree()
        for again in (self.node.enroll(self.platform, self.identity, "--json"), self.node.run("enroll", "--json")):
            self.expect_code(again, 0)
            self.assertEqual(again.json["status"], "noop")
            self.assertEqual(again.json["details"]["enrolled"], "before")
        self.assertEqual(len(self.platform.requests("enroll")), 1)
        self.assertEqual(self.node.tree(), before)

    def test_reads_identity_cfg(self):
        self.node.write("/etc/platform.pem", self.identity["platform_ca"])
        self.node.write("/etc/identity.cfg",
                        f"ID={self.identity['instance_uuid']}\nKEY={self.identity['bootstrap_token']}\n"
                        f"SERVER={self.platform.url}\nCA_PEM_FILE=/etc/platform.pem\n")
        done = self.node.run("enroll", "--json")
        self.expect_code(done, 0)
        self.assertEqual(done.json["details"]["enrolled"], "now")

    def test_reads_the_kernel_command_line_and_the_baked_in_ca(self):
        self.node.write("/etc/powernode/platform-ca.pem", self.identity["platform_ca"])
        self.node.write("/proc/cmdline",
                        f"quiet powernode.instance_uuid={self.identity['instance_uuid']} "
                        f"powernode.platform_url={self.platform.url} "
                        f"powernode.bootstrap_token={self.identity['bootstrap_token']}\n")
        self.expect_code(self.node.run("enroll"), 0)

    def test_uses_a_lost_answers_key_again(self):
        self.platform.fault("lost-answer", route="enroll", count=1)
        self.expect_failure(self.node.enroll(self.platform, self.identity, "--json"), 5, "connection_lost", "enroll")
        self.expect_code(self.node.enroll(self.platform, self.identity), 0)
        self.assertEqual(len(self.platform.node()["certificates"]), 1)


if __name__ == "__main__":
    command_test.main()
