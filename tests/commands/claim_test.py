"""The claim: a device without a token shows a code, a person confirms it, and the node is known from then on."""

import json
import re
import subprocess
import time

import command_test
import node

MAC = "52:54:00:12:34:56"


class ClaimTest(command_test.CommandTest):
    def setUp(self):
        super().setUp()
        self.platform = self.serve()
        self.platform.verb("set", "--next-poll", 5, "--claims-per-minute", 100)
        self.node = self.new_device()

    def new_device(self, mac=MAC):
        """A node that knows its platform and nothing else, with one network card and a screen."""
        machine = self.new_node()
        machine.write("/etc/powernode/platform-ca.pem", self.platform.ca.read_text())
        machine.write("/etc/identity.cfg", f"SERVER={self.platform.url}\n")
        card = machine.path("/sys/devices/pci0000:00/0000:00:03.0/net/eth0")
        machine.write(f"{card.relative_to(machine.root)}/address", f"{mac}\n")
        machine.write(f"{card.relative_to(machine.root)}/type", "1\n")
        (card / "device").symlink_to("../..")
        cards = machine.path("/sys/class/net")
        cards.mkdir(parents=True)
        (cards / "eth0").symlink_to(card)
        machine.write("/dev/tty1", "")
        machine.configure(reconcile_interval=1, heartbeat_interval=1, gate_interval=1)
        return machine

    def polls(self):
        return self.platform.requests("claim")

    def screen(self):
        return self.node.path("/dev/tty1").read_text()

    def code(self):
        return re.search(r"Code: +(\w{8})\n", self.screen()).group(1)

    def start_waiting(self):
        """The service, as soon as it shows a code."""
        service = self.node.start_service()
        self.eventually(lambda: "Code:" in self.screen(), "a code on the screen")
        return service

    def confirm(self, name="demo"):
        identity = self.new_identity(self.platform, name)
        self.platform.verb("claim", "confirm", self.code(), name)
        return identity


class Service(ClaimTest):
    def test_is_claimed_enrolls_beats_and_never_asks_again(self):
        self.platform.fault("foreign-url", route="claim")
        service = self.start_waiting()
        code = self.code()
        self.assertIn(f"{self.platform.url}/claim/{code}", self.screen())
        self.eventually(lambda: len(self.polls()) >= 3, "three polls")
        self.assertEqual(self.screen().count(code), 2, "once as the code, once in the URL, however often it asks")
        self.assertEqual(service.log().count(f"confirm code {code}"), 1)
        identity = self.confirm()
        self.eventually(lambda: self.platform.node()["heartbeats"] > 0, "a heartbeat")
        self.assertEqual(len(self.platform.requests("enroll")), 1)
        self.assertEqual(len(self.platform.node()["certificates"]), 1)
        self.assertEqual(self.node.run("introspect", "--json").json["details"]["pki"]["instance_id"],
                         identity["instance_uuid"])
        self.assertFalse(list(self.node.path("/persist").rglob("pending")))
        asked = len(self.polls())
        for _ in range(2):
            self.assertEqual(service.terminate()[0], 0)
            beats = self.platform.node()["heartbeats"]
            service = self.node.start_service()
            self.eventually(lambda: self.platform.node()["heartbeats"] > beats, "a heartbeat")
        self.assertEqual(len(self.polls()), asked)
        self.assertEqual(self.platform.complaints(), [])

    def test_says_that_it_waits_and_for_which_code(self):
        self.start_waiting()
        code = self.code()
        self.eventually(lambda: self.node.path("/run/powernode/status.json").exists() and
                        self.node.status().get("claim", {}).get("code") == code, "the code in the status")
        self.assertIn(f"claim       waits for code {code}", self.node.run("status").out)
        self.eventually(lambda: "claim_pending" in [finding["code"] for finding in self.node.status()["findings"]],
                        "the finding in the status")
        self.assertEqual(self.node.run("introspect", "--json").json["details"]["claim"]["code"], code)
        self.assertRegex(self.node.run("introspect").out, rf"(?m)^claim +waits .* code {code} .* as {MAC}")
        self.confirm()
        self.eventually(lambda: not self.node.status().get("claim"), "the wait is over")
        self.assertNotIn("claim_pending", [finding["code"] for finding in self.node.status()["findings"]])

    def test_ends_within_two_seconds(self):
        service = self.start_waiting()
        code, took = service.terminate()
        self.assertEqual(code, 0, service.log())
        self.assertLess(took, 2)

    def test_ends_within_two_seconds_while_the_platform_is_silent(self):
        self.platform.fault("delay", route="claim", number=30000)
        service = self.node.start_service()
        time.sleep(1)
        code, took = service.terminate()
        self.assertEqual(code, 0, service.log())
        self.assertLess(took, 2)

    def test_is_killed_between_claim_and_enrolment(self):
        self.platform.fault("status", route="enroll", number=503, retry_after=60)
        service = self.start_waiting()
        self.confirm()
        self.eventually(lambda: self.platform.requests("enroll"), "an enrolment")
        subprocess.run(["kill", "-9", str(service.pid)], check=True)
        service.end()
        asked = len(self.polls())
        self.platform.clear_faults()
        self.node.start_service()
        self.eventually(lambda: self.platform.node()["heartbeats"] > 0, "a heartbeat")
        self.assertEqual(len(self.polls()), asked, "the token it was given was kept")

    def test_takes_a_token_that_appears_while_it_waits(self):
        self.start_waiting()
        identity = self.new_identity(self.platform)
        source = "/sys/firmware/qemu_fw_cfg/by_name/opt/com.powernode"
        self.node.write(f"{source}/instance_uuid/raw", identity["instance_uuid"])
        self.node.write(f"{source}/bootstrap_token/raw", identity["bootstrap_token"])
        self.eventually(lambda: self.platform.node()["heartbeats"] > 0, "a heartbeat")
        self.assertTrue(all(poll["status"] == 200 for poll in self.polls()))


class Expired(ClaimTest):
    """The certificate ended while the node was off, and nobody left it a token."""

    def setUp(self):
        super().setUp()
        self.platform.verb("set", "--leaf-lifetime", 5)
        self.assertEqual(self.node.run("enroll", "--json").json["error_code"], "claim_pending")
        code = self.node.run("introspect", "--json").json["details"]["claim"]["code"]
        self.identity = self.new_identity(self.platform)
        self.platform.verb("claim", "confirm", code, "demo")
        self.expect_code(self.node.run("enroll", "--json"), 0)
        self.platform.verb("set", "--leaf-lifetime", 3600)
        time.sleep(6)

    def test_the_old_key_is_proof_enough(self):
        done = self.node.run("enroll", "--json")
        self.expect_code(done, 0)
        self.assertEqual(done.json["details"]["instance_id"], self.identity["instance_uuid"])
        self.assertEqual(done.json["details"]["generation"], "gen-000002")

    def test_else_an_operator_confirms(self):
        self.platform.verb("set", "--claim-proof-grace", 0)
        done = self.node.run("enroll", "--json")
        self.expect_failure(done, 5, "claim_pending")
        code = self.node.run("introspect", "--json").json["details"]["claim"]["code"]
        self.platform.verb("claim", "confirm", code, "demo")
        self.expect_code(self.node.run("enroll", "--json"), 0)


class Enroll(ClaimTest):
    def test_prints_the_code_and_ends(self):
        done = self.node.run("enroll", "--json")
        code = self.node.run("introspect", "--json").json["details"]["claim"]["code"]
        self.expect_failure(done, 5, "claim_pending", code, f"{self.platform.url}/claim/{code}")
        self.assertEqual(done.json["stage"], "claim")
        self.assertEqual(len(self.polls()), 1)

    def test_waits_when_it_is_told_to(self):
        waiting = subprocess.Popen(self.node.command_line("enroll", "--json", "--wait"), stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        try:
            self.eventually(lambda: "Code:" in self.screen(), "a code on the screen")
            self.confirm()
            out, err = waiting.communicate(timeout=node.PATIENCE)
        finally:
            waiting.kill()
        self.node.said += [out, err]
        self.assertEqual(waiting.returncode, 0, out + err)
        self.assertEqual(json.loads(out)["details"]["enrolled"], "now")
        self.assertEqual(err.count("confirm code"), 1)

    def test_ends_the_wait_on_a_signal(self):
        waiting = subprocess.Popen(self.node.command_line("enroll", "--json", "--wait"), stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        self.eventually(lambda: "Code:" in self.screen(), "a code on the screen")
        asked = time.monotonic()
        waiting.terminate()
        out, _ = waiting.communicate(timeout=node.PATIENCE)
        self.assertLess(time.monotonic() - asked, 2)
        self.assertEqual(waiting.returncode, 5)
        self.assertIn("claim_pending", out)

    def test_does_not_ask_when_that_is_switched_off(self):
        self.node.configure(claim="off")
        self.expect_failure(self.node.run("enroll", "--json"), 5, "no_identity")
        self.assertEqual(self.polls(), [])

    def test_another_device_with_the_same_address_gets_no_token(self):
        self.assertEqual(self.node.run("enroll", "--json").json["error_code"], "claim_pending")
        code = self.node.run("introspect", "--json").json["details"]["claim"]["code"]
        self.new_identity(self.platform)
        self.platform.verb("claim", "confirm", code, "demo")
        thief = self.new_device()
        self.assertEqual(thief.run("enroll", "--json").json["error_code"], "claim_pending")
        self.expect_code(self.node.run("enroll", "--json"), 0)


if __name__ == "__main__":
    command_test.main()
