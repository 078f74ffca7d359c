"""`service`: tells its manager, beats, follows the assignment, and ends when it is told to."""

import http.client
import json
import os
import pathlib
import re
import socket
import subprocess
import time

import command_test
import modules
import platform_process

SOURCES = pathlib.Path(__file__).parents[2]


def message_ids():
    """The journal's message ids by the name that the sources give them."""
    return dict(re.findall(r'char (k\w+)\[\] = "([0-9a-f]{32})"', (SOURCES / "runtime/message_ids.h").read_text()))


class ServiceTest(command_test.CommandTest):
    def setUp(self):
        super().setUp()
        self.platform = self.platform_with_modules()
        self.node = self.enrolled_node(self.platform)
        self.platform.assign("base")
        self.configure()

    def configure(self, **settings):
        self.node.configure(reconcile_interval=1, heartbeat_interval=1, gate_interval=1, **settings)

    def start(self, **options):
        service = self.node.start_service(**options)
        self.eventually(lambda: any("READY=1" in notice for notice in service.notified()), "READY=1")
        return service

    def wait_for_union(self, *files, seconds=30):
        self.eventually(lambda: self.node.union() == set(files), f"a union of {files}", seconds)

    def heartbeats(self):
        return len(self.platform.requests("status/heartbeat"))

    def wait_for_heartbeat(self, seconds=30):
        before = self.heartbeats()
        self.eventually(lambda: self.heartbeats() > before, "a heartbeat", seconds)

    def finding(self, code):
        status = self.node.status()
        return next((finding for finding in status["findings"] if finding["code"] == code), None)

    def expect_prompt_end(self, service):
        code, took = service.terminate()
        self.assertEqual(code, 0, service.log())
        self.assertLess(took, 2, service.log())


class Secrets(command_test.CommandTest):
    """What is left of a token once the service has used it."""

    def test_hides_the_token_on_the_command_line_after_enrolment(self):
        platform = self.serve()
        identity = self.new_identity(platform)
        node = self.new_node()
        node.write("/etc/powernode/platform-ca.pem", identity["platform_ca"])
        line = (f"quiet powernode.instance_uuid={identity['instance_uuid']} powernode.platform_url={platform.url} "
                "powernode.bootstrap_token={} ro\n")
        given = node.write("/proc/cmdline", line.format(identity["bootstrap_token"]))
        node.start_service()
        self.eventually(lambda: given.read_text() == line.format("***"), "a masked command line")
        node.services[0].end()
        service = node.start_service()
        self.eventually(lambda: "enrolled before" in service.log(), "a second start")
        self.assertNotIn("bad_token", service.log())


class Manager(ServiceTest):
    """What the service manager is told."""

    def test_ready_status_and_stopping(self):
        service = self.start()
        self.wait_for_union("etc/base")
        line = r"(?s).*STATUS=host mode, set \w{12}: 1 of 1 module live.*; heartbeat answered less than a minute ago"
        self.eventually(lambda: any(re.match(line, notice) for notice in service.notified()),
                        "STATUS with modules and heartbeat")
        self.expect_prompt_end(service)
        self.assertIn("STOPPING=1", service.notices)
        self.assertEqual(sum("READY=1" in notice for notice in service.notices), 1)

    def test_gives_metrics_to_who_asks(self):
        textfiles = self.directory / "textfiles"
        textfiles.mkdir()
        self.configure(metrics_textfile=textfiles)
        service = self.start()
        self.wait_for_union("etc/base")
        self.wait_for_heartbeat()
        self.eventually(lambda: "\npowernode_modules_live 1\n" in self.metrics(), "one module")
        text = self.metrics()
        self.assertRegex(text, r"(?m)^powernode_heartbeats_total\{outcome=\"success\"\} [1-9]")
        self.assertRegex(text, r"(?m)^powernode_certificate_not_after_timestamp_seconds \d{10}$")
        self.assertRegex(text, r"(?m)^powernode_agent_info\{version=\"[^\"]+\",mode=\"host\"\} 1$")
        written = textfiles / "powernode.prom"
        self.eventually(lambda: written.exists() and "\npowernode_modules_live 1\n" in written.read_text(), "a text file")
        self.assertEqual(written.stat().st_mode & 0o7777, 0o644)
        client = socket.socket(socket.AF_UNIX)
        client.connect(str(self.node.path("/run/powernode/metrics.sock")))
        self.expect_prompt_end(service)  # in spite of a silent client
        client.close()
        self.assertEqual(list(textfiles.iterdir()), [written])

    def metrics(self):
        """What a scraper gets, by its own HTTP client."""
        connection = http.client.HTTPConnection("node", timeout=20)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(20)
        connection.sock.connect(str(self.node.path("/run/powernode/metrics.sock")))
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.getheader("Content-Type"), "text/plain; version=0.0.4; charset=utf-8")
        text = answer.read().decode()
        connection.close()
        return text

    def test_a_metrics_directory_that_is_missing_is_said_and_harms_nothing(self):
        self.configure(metrics_textfile=self.directory / "missing")
        self.start()
        self.wait_for_union("etc/base")
        self.eventually(lambda: any(finding["subject"] == "metrics_textfile" for finding in self.node.status()["findings"]),
                        "a finding")

    def test_writes_fields_to_the_journal(self):
        path = self.node.path("/run/systemd/journal/socket")
        path.parent.mkdir(parents=True)
        journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        journal.bind(str(path))
        journal.settimeout(30)
        self.addCleanup(journal.close)
        service = self.start(journal=True)
        ids = message_ids()
        entries = []
        wanted = {ids["kAgentStarted"], ids["kComposed"]}
        while not wanted <= {entry.get("MESSAGE_ID") for entry in entries}:
            entries.append(dict(line.split("=", 1) for line in journal.recv(65536).decode().splitlines()))
        for entry in entries:
            self.assertEqual(entry["SYSLOG_IDENTIFIER"], "powernode-agent")
            self.assertIn(entry["PRIORITY"], ("3", "4", "6"))
            self.assertTrue(entry["MESSAGE"].startswith(entry["POWERNODE_STAGE"] + ": "))
            self.assertIn(entry.get("MESSAGE_ID", ids["kAgentStarted"]), ids.values())
        composed = next(entry for entry in entries if entry.get("MESSAGE_ID") == ids["kComposed"])
        self.assertRegex(composed["POWERNODE_COMPOSITION"], "^[0-9a-f]{64}$")
        self.assertTrue(any(entry.get("POWERNODE_MODULE") == "base" for entry in entries), entries)
        self.assertEqual(service.log(), "", "nothing is said twice")

    def test_lists_its_message_ids_for_operators(self):
        ids = message_ids()
        self.assertGreaterEqual(len(ids), 9)
        self.assertEqual(len(set(ids.values())), len(ids))
        listed = re.findall(r"(?m)^\| `([0-9a-f]{32})` \|", (SOURCES / "runtime/README.md").read_text())
        self.assertEqual(listed, list(ids.values()))

    def test_feeds_the_watchdog(self):
        service = self.start(environment={"WATCHDOG_USEC": "6000000"})
        self.eventually(lambda: service.notified().count("WATCHDOG=1") >= 3, "three signs of life", seconds=10)

    def test_reads_its_configuration_again_when_hung_up(self):
        self.node.configure(reconcile_interval=1, heartbeat_interval=300, gate_interval=1)
        service = self.start()
        self.wait_for_union("etc/base")
        self.eventually(lambda: self.heartbeats() > 0, "the first heartbeat")
        before = self.heartbeats()
        self.configure(no_such_key=1)  # and a heartbeat each second
        service.hang_up()
        self.eventually(lambda: self.heartbeats() > before + 3, "heartbeats at the new pace", 20)
        self.eventually(lambda: self.finding("setting_ignored"), "a finding about the line")
        self.assertIn("the configuration was read again", service.log())
        self.configure()
        service.hang_up()
        self.eventually(lambda: not self.finding("setting_ignored"), "the finding's end")
        self.assertTrue(service.running())
        self.expect_prompt_end(service)

    def test_is_ready_without_a_platform(self):
        self.platform.stop()
        service = self.start()
        self.assertTrue(service.running())
        self.expect_prompt_end(service)

    def test_logs_json_to_the_journal(self):
        service = self.start(journal=True)
        self.wait_for_union("etc/base")
        self.expect_prompt_end(service)
        lines = service.log().splitlines()
        self.assertTrue(lines)
        for line in lines:
            self.assertRegex(line, r"^<[3467]>\{")
            entry = json.loads(line[3:])
            self.assertTrue({"time", "level", "stage", "text"} <= set(entry), line)
        self.assertTrue(any("add base" in line for line in lines), service.log())

    def test_logs_lines_for_people(self):
        service = self.start()
        self.expect_prompt_end(service)
        self.assertRegex(service.log(), r"(?m)^\d\d:\d\d:\d\d service: powernode-agent \S+ starts$")


class Assignment(ServiceTest):
    """The node becomes what is assigned, by itself."""

    def test_attaches_and_detaches_modules(self):
        self.start()
        self.wait_for_union("etc/base")
        self.platform.assign("web")
        self.wait_for_union("etc/base", "srv/page", "usr/bin/web", seconds=15)
        self.eventually(lambda: set(self.platform.node()["last_heartbeat"]["module_digests"]) == {"base", "web"},
                        "the platform knows what is live")
        self.platform.unassign("web")
        self.wait_for_union("etc/base", seconds=15)
        self.assertEqual(self.platform.complaints(), [])

    def test_tells_the_platform_what_happened(self):
        def told():
            return [(event["kind"], event["payload"].get("module_id")) for event in self.platform.status()["events"]
                    if event["kind"] != "compose.promoted"]

        self.start()
        self.wait_for_union("etc/base")
        self.platform.assign("web")
        self.wait_for_union("etc/base", "srv/page", "usr/bin/web", seconds=15)
        self.node.services[0].end()
        self.start()  # sends what is left at once
        expected = [("agent.started", None), ("module.attached", "base"), ("module.attached", "web"),
                    ("agent.started", None)]
        self.eventually(lambda: told() == expected, f"the events {expected}")
        for event in self.platform.status()["events"]:
            self.assertEqual(event["payload"]["node_id"], event["node_id"])
        self.assertEqual(self.platform.complaints(), [])

    def test_keeps_the_keys_of_those_who_may_log_in(self):
        key = platform_process.SSH_KEY
        self.node.write("/etc/passwd", "root:x:0:0::/root:/bin/sh\n")
        mine = self.node.write("/root/.ssh/authorized_keys", "# mine\n")
        self.platform.authorize(key, "not a key")
        self.start()
        self.eventually(lambda: mine.read_text() == f"# mine\n# BEGIN powernode\n{key}\n# END powernode\n", "the block")
        self.eventually(lambda: self.finding("bad_key_line"), "a finding about the other line")
        self.platform.authorize()  # nobody any more: not believed at once
        self.node.services[0].end()
        asked = len(self.platform.requests("config/authorized_keys"))
        self.start()
        self.eventually(lambda: len(self.platform.requests("config/authorized_keys")) > asked, "a question for keys")
        self.node.services[1].end()
        self.assertIn(key, mine.read_text())

    def test_sends_evidence_of_each_live_module(self):
        self.platform.assign("web")
        self.start()
        self.wait_for_union("etc/base", "srv/page", "usr/bin/web", seconds=15)
        evidence = self.eventually(
            lambda: (lambda all: len(all) == 2 and all)(
                (self.platform.node()["last_heartbeat"] or {}).get("module_evidence", [])), "evidence of both")
        with open("/proc/self/mountinfo") as table:
            mounted = {int(line.split()[0]): line.split()[4] for line in table}
        for position, (module, name) in enumerate(zip(evidence, ("base", "web")), start=1):
            self.assertEqual(module["module_id"], name)
            self.assertEqual(module["layer"], position)
            layer = self.node.path("/run/powernode/layers") / module["digest"].removeprefix("sha256:")[:32]
            self.assertEqual(mounted[module["mount_id"]], str(layer))
            self.assertRegex(module["keyid"], "^[0-9a-f]{64}$")
            self.assertIs(module["verity"], module["enforcement"] == "kernel enforced")
            for guess in ("identity", "issuer", "units"):
                self.assertNotIn(guess, module)
        self.assertEqual(self.platform.complaints(), [])

    def test_refuses_one_bad_module_and_keeps_the_rest(self):
        service = self.start()
        self.wait_for_union("etc/base")
        bad = modules.build_image(self.directory, "bad", {"/etc/bad": "bad\n"})
        self.platform.add_module(bad, "bad", 50, self.stranger)
        self.platform.assign("bad")
        self.eventually(lambda: self.finding("signature_invalid"), "a finding about the signature")
        self.assertEqual(self.node.union(), {"etc/base"})
        self.eventually(lambda: "signature_invalid" in json.dumps(self.platform.node()["last_heartbeat"]["findings"]),
                        "the platform learns of it")
        self.platform.unassign("bad")
        self.eventually(lambda: not self.finding("signature_invalid"), "the finding is over")
        self.assertTrue(service.running())

    def test_takes_nothing_older_than_what_ran_healthily(self):
        self.configure(gate_probes=1, gate_uptime=0)
        self.start()
        newer = modules.build_image(self.directory, "newer", {"/etc/newer": "newer\n"})
        self.platform.add_module(newer, "base", 10, self.signer)
        self.wait_for_union("etc/newer", seconds=15)
        floors = self.node.path("/persist/var/lib/powernode/agent/revisions.json")
        self.eventually(lambda: floors.exists() and '"base":2' in floors.read_text(), "the floor rises")
        self.platform.add_module(self.base_image, "base", 10, self.signer, revision=1)
        self.eventually(lambda: self.finding("revision_too_old"), "a finding about the revision")
        self.assertEqual(self.node.union(), {"etc/newer"})

    def test_the_platforms_trust_policy_takes_away_and_survives_it(self):
        self.start()
        self.wait_for_union("etc/base")
        policy = self.directory / "trust-policy.json"
        policy.write_text(json.dumps({"format": "powernode-trust-policy", "version": 1, "revision": 3,
                                      "revoked_digests": [f"sha256:{modules.sha256(self.web_image)}"]}))
        self.platform.verb("trust-policy", "set", policy, "--sign-key", self.signer.private_key)
        self.platform.assign("web")
        self.eventually(lambda: self.finding("digest_revoked"), "a finding about the digest")
        self.assertEqual(self.node.union(), {"etc/base"})
        policy.write_text(policy.read_text().replace('"revision": 3', '"revision": 2').replace("sha256:", "sha256:0"))
        self.platform.verb("trust-policy", "set", policy, "--sign-key", self.stranger.private_key)
        self.eventually(lambda: self.platform.requests("trust/policy"), "it asks")
        self.assertTrue(self.finding("digest_revoked"))

    def test_enrolls_by_itself(self):
        identity = self.new_identity(self.platform, "second")
        self.platform.assign("base", node="second")
        node = self.node = self.new_node()
        node.trust(self.signer)
        self.configure()
        node.write("/etc/powernode/platform-ca.pem", identity["platform_ca"])
        node.write("/etc/identity.cfg", f"ID={identity['instance_uuid']}\nKEY={identity['bootstrap_token']}\n"
                                        f"SERVER={self.platform.url}\n")
        self.start()
        self.wait_for_union("etc/base")

    def test_the_set_that_passed_the_gate_is_the_last_known_good(self):
        self.configure(gate_probes=1, gate_uptime=0)
        service = self.start()
        self.wait_for_union("etc/base")
        good = self.eventually(lambda: self.node.status()["composition"].get("lkg"), "a last known good set")
        self.assertEqual(good, self.node.status()["composition"]["running"])
        self.expect_prompt_end(service)
        for mountpoint in reversed(self.node.mounts()):
            subprocess.run(["umount", mountpoint], check=True)
        self.platform.stop()
        self.start()
        self.wait_for_union("etc/base")
        self.eventually(lambda: self.node.status()["composition"].get("source") == "lkg", "it says where it is from")


class Trouble(ServiceTest):
    """The platform misbehaves; the service does not."""

    def test_platform_down_and_up_again(self):
        service = self.start()
        self.wait_for_union("etc/base")
        self.wait_for_heartbeat()
        self.platform.stop()
        self.eventually(lambda: self.node.status().get("heartbeat_error"), "a missed heartbeat is said")
        self.assertEqual(self.node.union(), {"etc/base"})
        self.assertTrue(service.running())
        self.platform.assign("web")
        self.platform.start()
        self.wait_for_union("etc/base", "srv/page", "usr/bin/web")
        self.wait_for_heartbeat()
        self.eventually(lambda: not self.node.status().get("heartbeat_error"), "the trouble is over")

    def test_silence_about_modules_does_not_hold_up_the_heartbeat(self):
        self.platform.fault("delay", route="modules", number=20000)
        service = self.start()
        self.wait_for_heartbeat()
        self.wait_for_heartbeat()
        self.assertTrue(service.running())
        self.expect_prompt_end(service)

    def test_503_with_retry_after_is_waited_for(self):
        self.start()
        self.wait_for_union("etc/base")
        self.wait_for_heartbeat()
        self.platform.fault("status", route="status/heartbeat", number=503, retry_after=4, count=1)
        self.eventually(lambda: any(request["status"] == 503 for request in self.platform.requests("status/heartbeat")),
                        "the refusal")
        refused = time.monotonic()
        self.eventually(lambda: self.platform.requests("status/heartbeat")[-1]["status"] == 200, "the next heartbeat")
        self.assertGreater(time.monotonic() - refused, 2.5)

    def test_ends_in_the_middle_of_a_stalled_download(self):
        self.platform.fault("stall", route="blobs/sha256/*", number=1000)
        service = self.start()
        self.eventually(lambda: any("blobs/" in request["path"] for request in self.platform.requests()), "the download")
        time.sleep(0.5)
        self.expect_prompt_end(service)
        self.assertEqual(self.node.mounts(), [])
        self.assertFalse(list(self.node.path("/persist/cache/blobs").glob("sha256_*")))
        self.platform.clear_faults()
        self.expect_code(self.node.run("update"), 0)
        self.assertEqual(self.node.union(), {"etc/base"})

    def test_ends_while_the_platform_is_silent(self):
        self.platform.fault("delay", number=30000)
        service = self.start()
        time.sleep(1)
        self.expect_prompt_end(service)

    def test_revoked_certificate_is_said_and_modules_stay(self):
        service = self.start()
        self.wait_for_union("etc/base")
        self.platform.verb("certificate", "revoke", "demo")
        self.eventually(lambda: any(finding["severity"] == "high" and finding["subject"] == "reconcile"
                                    for finding in self.node.status()["findings"]), "a finding")
        self.assertEqual(self.node.union(), {"etc/base"})
        self.assertTrue(service.running())

    def test_no_identity_yet(self):
        node = self.node = self.new_node()
        self.configure()
        service = self.start()
        self.eventually(lambda: node.path("/run/powernode/status.json").exists() and self.finding("no_identity"),
                        "the reason in its status")
        self.assertTrue(service.running())
        self.expect_prompt_end(service)


class Twice(ServiceTest):
    def test_second_service_names_the_first(self):
        first = self.start()
        done = self.node.run("service", "--json")
        self.expect_failure(done, 14, "locked", "agent.lock", f"pid {first.pid} ", "powernode-agent service")
        self.assertTrue(first.running())
        self.expect_prompt_end(first)
        self.expect_prompt_end(self.start())

    def test_a_killed_service_leaves_no_lock(self):
        first = self.start()
        self.wait_for_union("etc/base")
        os.kill(first.pid, 9)
        first.end()
        self.start()
        self.wait_for_heartbeat()
        self.assertEqual(self.node.union(), {"etc/base"})

    def test_commands_beside_the_service(self):
        self.start()
        self.wait_for_union("etc/base")
        self.eventually(lambda: self.node.status()["modules"] and self.node.status().get("last_heartbeat"), "a status")
        self.expect_code(self.node.run("introspect"), 0)
        status = self.node.run("status", "--json").json["details"]
        self.assertEqual(status["mode"], "host")
        self.assertEqual([(module["name"], module["layer"]) for module in status["modules"]], [("base", "mounted")])
        for_people = self.node.run("status").out
        for word in (self.platform.url, "MODULE", "base", "host", "mounted 1", "gate"):
            self.assertIn(word, for_people)
        self.assertNotIn("note ", for_people)
        self.expect_code(self.node.run("update"), 0)

    def test_status_names_the_sets_with_and_without_the_service(self):
        self.configure(gate_probes=1, gate_uptime=0)
        service = self.start()
        self.wait_for_union("etc/base")
        self.eventually(lambda: "last_good" in self.node.status()["sets"], "a last good set")
        told = self.node.run("status", "--json").json["details"]
        self.assertEqual((told["schema"], told["version"], told["from"]), ("powernode-status", 1, "service"))
        self.assertEqual(told["sets"]["running"]["composition"], told["composition"]["running"])
        self.assertEqual(told["sets"]["running"]["attempts"], 0)
        self.assertEqual(told["sets"]["running"]["modules"], 1)
        self.expect_prompt_end(service)
        found = self.node.run("status", "--json").json["details"]
        self.assertEqual(found["from"], "files")
        for same in ("schema", "version", "mode", "boot_id", "sets", "composition", "auth"):
            self.assertEqual(found[same], told[same], same)
        for before, now in zip(told["modules"], found["modules"], strict=True):
            self.assertEqual({**before, "services": []}, {**now, "services": []})
        self.assertRegex(self.node.run("status").out, r"(?m)^last good +\w{12}, 1 modules, since 20")


if __name__ == "__main__":
    command_test.main()
