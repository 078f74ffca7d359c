"""`enroll` when something is missing or wrong: what is said, and that the token stays unspent."""

import command_test


class MissingIdentity(command_test.CommandTest):
    UUID = "0b0e8e5c-9f0e-4a4e-8d2f-2f1f5f0c7a11"

    def test_nothing_says_who_the_node_is(self):
        done = self.new_node().run("enroll", "--json")
        self.expect_failure(done, 5, "no_identity", "does not know who it is", "kernel-cmdline", "fw-cfg", "boot-file",
                            "etc-file", "powernode.instance_uuid=", "ID= in /etc/identity.cfg")
        self.assertEqual(done.json["stage"], "identity")

    def test_for_people_the_error_is_one_line_on_stderr(self):
        done = self.new_node().run("enroll")
        self.assertEqual(done.out, "")
        self.assertRegex(done.err, r"\Apowernode-agent: identity: [^\n]* \[no_identity\]\n\Z")

    def test_no_platform(self):
        done = self.new_node().run("enroll", "--json", "--subject", self.UUID)
        self.expect_failure(done, 5, "no_platform_url", self.UUID, "SERVER=")

    def test_no_ca(self):
        done = self.new_node().run("enroll", "--json", "--subject", self.UUID, "--platform-url", "https://127.0.0.1:1")
        self.expect_failure(done, 5, "no_trust_anchor", self.UUID, "https://127.0.0.1:1",
                            "/etc/powernode/platform-ca.pem")

    def test_no_token_and_no_certificate(self):
        platform = self.serve()
        node = self.new_node()
        node.configure(claim="off")
        done = node.run("enroll", "--json", "--subject", self.UUID, "--platform-url", platform.url,
                        "--ca", platform.ca)
        self.expect_failure(done, 5, "no_token", self.UUID, "no certificate and no bootstrap token", platform.url, "KEY=")
        self.assertEqual(platform.requests(), [])

    def test_flags_that_name_nothing_usable(self):
        node = self.new_node()
        for flag, value in (("--subject", "not a uuid"), ("--platform-url", "http://example.test"),
                            ("--ca", "/nowhere.pem"), ("--token-file", "/nowhere.token")):
            with self.subTest(flag=flag):
                done = node.run("enroll", "--json", flag, value)
                self.assertNotEqual(done.code, 0)
                self.assertIn(flag, done.json["error"])


class RefusedToken(command_test.CommandTest):
    def setUp(self):
        super().setUp()
        self.platform = self.serve()
        self.identity = self.new_identity(self.platform)
        self.node = self.new_node()

    def test_says_so_and_does_not_send_it_again(self):
        wrong = "tokenthatnobodyhasmade0123456789abcdefghijk"
        self.secrets.append(wrong)
        first = self.node.enroll(self.platform, self.identity, "--json", token=wrong)
        self.expect_failure(first, 5, "token_refused", "enroll", self.identity["instance_uuid"], self.platform.url,
                            "from flags", "make a new one")
        again = self.node.enroll(self.platform, self.identity, "--json", token=wrong)
        self.expect_failure(again, 5, "token_refused")
        self.assertEqual(len(self.platform.requests("enroll")), 1)

    def test_a_good_token_works_afterwards(self):
        wrong = "tokenthatnobodyhasmade0123456789abcdefghijk"
        self.expect_failure(self.node.enroll(self.platform, self.identity, "--json", token=wrong), 5, "token_refused")
        self.expect_code(self.node.enroll(self.platform, self.identity), 0)

    def test_another_instance_s_token_leaves_the_node_who_it_is(self):
        wrong = "tokenthatnobodyhasmade0123456789abcdefghijk"
        self.secrets.append(wrong)
        self.expect_code(self.node.enroll(self.platform, self.identity), 0)
        other = self.new_identity(self.platform, "other")
        done = self.node.enroll(self.platform, other, "--json", token=wrong)
        self.expect_failure(done, 5, "token_refused", f"this node stays {self.identity['instance_uuid']}",
                            f"become {other['instance_uuid']}")
        self.assertEqual(self.node.run("enroll", "--json").json["status"], "noop")


class Untrusted(command_test.CommandTest):
    """The platform is not who it should be: nothing is sent."""

    def expect_unsent(self, platform, ca=None):
        identity = self.new_identity(platform)
        done = self.new_node().run("enroll", "--json", "--platform-url", platform.url, "--ca", ca or platform.ca,
                                   "--subject", identity["instance_uuid"], "--token-file", "-",
                                   stdin=identity["bootstrap_token"])
        self.assertEqual(platform.requests("enroll"), [])
        return done

    def test_wrong_ca(self):
        platform = self.serve()
        done = self.expect_unsent(platform, self.serve().ca)
        self.expect_failure(done, 5, "tls_untrusted", "enroll", platform.url, "not issued by", "CA is from flags")

    def test_ed25519_ca(self):
        done = self.expect_unsent(self.serve("--ca", "ed25519"))
        self.expect_failure(done, 5, "ca_algorithm_unsupported", "from flags", "Ed25519", "ECDSA")

    def test_ed25519_ca_for_nodes_only(self):
        platform = self.serve("--leaf-ca", "ed25519")
        done = self.new_node().enroll(platform, self.new_identity(platform), "--json")
        self.expect_failure(done, 5, "ca_algorithm_unsupported", "the token is still good", "ECDSA")

    def test_name_of_somebody_else(self):
        self.expect_failure(self.expect_unsent(self.serve("--certificate", "wrong-name")), 5, "tls_untrusted", "127.0.0.1")

    def test_certificate_that_has_expired(self):
        self.expect_failure(self.expect_unsent(self.serve("--certificate", "expired")), 5, "tls_expired", "clock")

    def test_clock_that_is_behind(self):
        """As a node whose clock stands at 1970 sees every certificate."""
        self.expect_failure(self.expect_unsent(self.serve("--certificate", "not-yet-valid")), 5, "tls_not_yet_valid", "clock")

    def test_ca_file_without_a_certificate(self):
        nothing = self.directory / "nothing.pem"
        nothing.write_text("no certificate\n")
        done = self.expect_unsent(self.serve(), nothing)
        self.assertNotEqual(done.code, 0)
        self.assertIn("--ca", done.json["error"])


class Unreachable(command_test.CommandTest):
    def setUp(self):
        super().setUp()
        self.platform = self.serve()
        self.identity = self.new_identity(self.platform)
        self.node = self.new_node()

    def test_platform_down_then_up(self):
        self.platform.stop()
        done = self.node.enroll(self.platform, self.identity, "--json")
        self.expect_failure(done, 5, "connect_failed", "enroll", self.platform.url)
        self.platform.start()
        self.expect_code(self.node.enroll(self.platform, self.identity), 0)

    def test_name_that_does_not_resolve(self):
        done = self.node.run("enroll", "--json", "--platform-url", "https://nobody.invalid", "--ca", self.platform.ca,
                             "--subject", self.identity["instance_uuid"], "--token-file", "-",
                             stdin=self.identity["bootstrap_token"])
        self.expect_failure(done, 5, "resolve_failed", "nobody.invalid")

    def test_503_with_retry_after(self):
        self.platform.fault("status", route="enroll", number=503, retry_after=7, count=1)
        done = self.node.enroll(self.platform, self.identity, "--json")
        self.expect_failure(done, 5, "platform_error", "enroll", "503", "7 s")
        self.expect_code(self.node.enroll(self.platform, self.identity), 0)

    def test_answer_that_is_not_json(self):
        self.platform.fault("html", route="enroll", count=1)
        done = self.node.enroll(self.platform, self.identity, "--json")
        self.assertEqual(done.code, 5, done.out)
        self.assertIn("enroll", done.json["error"])

    def test_certificate_for_another_key(self):
        self.platform.fault("flawed-leaf", route="enroll", text="wrong-key", count=1)
        done = self.node.enroll(self.platform, self.identity, "--json")
        self.expect_failure(done, 5, "bad_certificate", "enroll", "key")
        self.assertFalse(list(self.node.path("/persist").rglob("gen-*")), "nothing is kept")


if __name__ == "__main__":
    command_test.main()
