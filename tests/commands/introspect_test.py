"""`introspect`: who the node is and who said so, without a word of what is secret."""

import command_test


class Introspect(command_test.CommandTest):
    def test_says_where_each_value_is_from(self):
        platform = self.serve()
        identity = self.new_identity(platform)
        node = self.new_node()
        node.write("/etc/identity.cfg", f"ID={identity['instance_uuid']}\nKEY={identity['bootstrap_token']}\n")
        node.write("/proc/cmdline", f"powernode.platform_url={platform.url}\n")
        node.write("/etc/powernode/platform-ca.pem", identity["platform_ca"])
        done = node.run("introspect", "--json")
        self.expect_code(done, 0)
        known = done.json["details"]["identity"]["identity"]
        self.assertEqual(known["instance_uuid"], identity["instance_uuid"])
        self.assertEqual(known["from"]["instance_uuid"], "etc-file")
        self.assertEqual(known["from"]["platform_url"], "kernel-cmdline")
        self.assertEqual(known["from"]["ca_pem"], "image")
        token = done.json["details"]["identity"]["fields"]["bootstrap_token"]
        self.assertEqual([(offer["source"], offer["taken"]) for offer in token], [("etc-file", True)])
        self.assertRegex(token[0]["value"], r"^\*\*\* \(\d+ characters, sha256 [0-9a-f]{8}\)$")
        self.assertFalse(done.json["details"]["pki"]["enrolled"])
        self.assertEqual(platform.requests(), [])
        for_people = node.run("introspect")
        self.expect_code(for_people, 0)
        for line in (r"platform_url +kernel-cmdline +https://\S+ +taken", r"bootstrap_token +etc-file +\*\*\* .* taken",
                     r"cloud +not there +\d+ +metadata service: not asked: the identity is complete without it"):
            self.assertRegex(for_people.out, rf"(?m)^{line}$")
        self.assertNotIn(identity["bootstrap_token"], for_people.out + done.out)

    def test_says_what_was_tried_in_vain(self):
        node = self.new_node()
        node.write("/sys/class/dmi/id/sys_vendor", "QEMU\n")
        sources = node.run("introspect", "--json").json["details"]["identity"]["sources"]
        self.assertIn("names no cloud", sources[-1]["note"])
        for source in sources:
            self.assertGreaterEqual(source["duration_ms"], 0)
        node.configure(cloud="none")
        self.assertRegex(node.run("introspect").out, r"(?m)^cloud +not there +\d+ .*: not asked: the setting cloud is none$")

    def test_names_what_is_missing_and_is_no_failure(self):
        done = self.new_node().run("introspect", "--json")
        self.expect_code(done, 0)
        self.assertEqual(done.json["details"]["identity"]["error"]["code"], "no_identity")
        for_people = self.new_node().run("introspect").out
        for line in (r"identity +this node does not know who it is.*\[no_identity\]", "certificate +none",
                     r"trusts +no key.*/etc/powernode/trust/\*\.pem", "etc-file +not there +"):
            self.assertRegex(for_people, rf"(?m)^{line}")

    def test_after_enrolment_and_composition(self):
        platform = self.platform_with_modules()
        node = self.enrolled_node(platform)
        platform.assign("base", "web")
        self.expect_code(node.run("update"), 0)
        before = node.tree()
        details = node.run("introspect", "--json").json["details"]
        self.assertTrue(details["pki"]["enrolled"])
        self.assertEqual(details["pki"]["platform"], platform.url)
        self.assertEqual([key["from"] for key in details["trust"]["keys"]], [str(node.path("/etc/powernode/trust/owner.pem"))])
        self.assertEqual(details["boot"]["mode"], "host")
        self.assertEqual(details["boot"]["modules"], 2)
        self.assertEqual(len(details["boot"]["lowers"]), 2)
        self.assertTrue(details["kernel"]["erofs"])
        for_people = node.run("introspect").out
        for word in (details["pki"]["instance_id"], platform.url, "owner.pem", "etc-file"):
            self.assertIn(word, for_people)
        for line in (r"mode +host", r"composition +\w{12} from live, 2 modules", r"certificate +gen-000001 until 20"):
            self.assertRegex(for_people, rf"(?m)^{line}")
        self.assertEqual(node.tree(), before, "looking changes nothing")

    def test_names_a_setting_that_is_not_understood(self):
        node = self.new_node()
        node.configure(heartbeat_interval="soon", colour="blue")
        findings = node.run("introspect", "--json").json["details"]["setting_findings"]
        self.assertEqual(len(findings), 2)
        self.assertIn("agent.conf:1", findings[0])
        self.assertIn("heartbeat_interval", findings[0])
        self.assertIn("colour", findings[1])

    def test_a_trust_file_that_is_no_key_is_named(self):
        node = self.new_node()
        node.write("/etc/powernode/trust/broken.pem", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
        problems = node.run("introspect", "--json").json["details"]["trust"]["problems"]
        self.assertIn("broken.pem", problems[0])


if __name__ == "__main__":
    command_test.main()
