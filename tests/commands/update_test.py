"""`update`, `attach` and `detach`: the union beside the root is what was asked for, and a dry run asks nobody twice."""

import json

import command_test
import modules
import platform_process


class Update(command_test.CommandTest):
    def setUp(self):
        super().setUp()
        self.platform = self.platform_with_modules()
        self.node = self.enrolled_node(self.platform)

    def kept(self):
        """The node's tree without /run, where a dry run may leave a lock."""
        return {name: info for name, info in self.node.tree().items() if name != "run" and not name.startswith("run/")}

    def plan(self, done):
        return [(step["op"], step["id"]) for step in done.json["details"]["plan"]]

    def test_dry_run_writes_nothing(self):
        self.platform.assign("base", "web")
        before = self.kept()
        done = self.node.run("update", "--dry-run", "--json")
        self.expect_code(done, 0)
        self.assertEqual(self.plan(done), [("add", "base"), ("add", "web")])
        self.assertFalse(done.json["details"]["applied"])
        self.assertEqual(self.kept(), before)
        self.assertEqual(self.node.mounts(), [])
        self.assertEqual([request for request in self.platform.requests() if "blobs/" in request["path"]], [])

    def test_sync_brings_modules_and_those_who_may_log_in(self):
        key = platform_process.SSH_KEY
        self.node.write("/etc/passwd", "root:x:0:0::/root:/bin/sh\n")
        mine = self.node.write("/root/.ssh/authorized_keys", "# mine\n")
        self.platform.authorize(key)
        self.platform.assign("base")
        self.expect_code(self.node.run("sync", "--dry-run", "--json"), 0)
        self.assertEqual(mine.read_text(), "# mine\n")
        done = self.node.run("sync", "--json")
        self.expect_code(done, 0)
        self.assertTrue(done.json["details"]["applied"])
        self.assertEqual(self.node.union(), {"etc/base"})
        self.assertEqual(mine.read_text(), f"# mine\n# BEGIN powernode\n{key}\n# END powernode\n")

    def test_sync_says_what_is_amiss_with_the_keys_and_does_the_rest(self):
        self.node.write("/etc/passwd", "root:x:0:0::/root:/bin/sh\n")
        self.node.write("/root/.profile", "")
        self.platform.authorize("not a key")
        self.platform.assign("base")
        done = self.node.run("sync", "--json")
        self.expect_code(done, 8)
        self.assertEqual(done.json["status"], "partial")
        self.assertEqual([note["code"] for note in done.json["details"]["keys_and_name"]], ["bad_key_line"])
        self.assertEqual(self.node.union(), {"etc/base"})

    def test_applies_and_is_a_noop_afterwards(self):
        self.platform.assign("base", "web")
        done = self.node.run("update", "--json")
        self.expect_code(done, 0)
        self.assertTrue(done.json["details"]["applied"])
        self.assertEqual(self.node.union(), {"etc/base", "srv/page", "usr/bin/web"})
        mounts, requests = self.node.mounts(), len(self.platform.requests())
        again = self.node.run("update", "--json")
        self.expect_code(again, 0)
        self.assertEqual(again.json["status"], "noop")
        self.assertEqual(again.json["details"]["plan"], [])
        self.assertEqual(self.node.mounts(), mounts)
        fetched = [request["path"] for request in self.platform.requests()[requests:]]
        self.assertFalse([path for path in fetched if "blobs/" in path], "nothing is fetched twice")
        self.assertEqual(self.platform.complaints(), [])

    def test_for_people_says_what_changes(self):
        self.platform.assign("base")
        done = self.node.run("update", "--dry-run")
        self.assertRegex(done.out, r"\Aadd base \(base\) sha256:\w{12}\n  fetch base: sha256:\w{12} of base\n"
                         r"  mount-layer base: sha256:\w{12}\n  mount-union \w{12}: 1 layers\nnothing was changed \(--dry-run\)\n\Z")
        self.assertRegex(self.node.run("update").out, r"applied\n\Z")
        self.assertEqual(self.node.run("update").out, "nothing to change\n")

    def test_higher_priority_covers_lower(self):
        cover = modules.build_image(self.directory, "cover", {"/etc/base": "covered\n"})
        self.platform.add_module(cover, "cover", 90, self.signer)
        self.platform.assign("base", "cover")
        self.expect_code(self.node.run("update"), 0)
        self.assertEqual(self.node.path("/run/powernode/union/etc/base").read_text(), "covered\n")

    def test_new_version_and_unassigned_module(self):
        self.platform.assign("base", "web")
        self.expect_code(self.node.run("update"), 0)
        newer = modules.build_image(self.directory, "newer", {"/etc/base": "newer\n"})
        self.platform.add_module(newer, "base", 10, self.signer)
        self.platform.unassign("web")
        done = self.node.run("update", "--json")
        self.expect_code(done, 0)
        self.assertEqual(self.plan(done), [("update", "base"), ("remove", "web")])
        self.assertEqual(self.node.union(), {"etc/base"})
        self.assertEqual(self.node.path("/run/powernode/union/etc/base").read_text(), "newer\n")

    def publish_tree(self, **files):
        tree = self.directory / "tree"
        (tree / "etc").mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (tree / "etc" / name).write_text(content)
        self.platform.add_module(tree, "tree", 30, self.signer, format="composefs")

    def test_of_a_composefs_module_only_changed_files_are_fetched(self):
        self.publish_tree(same="same" * 5000, other="other" * 1000, changed="first" * 1000)
        self.platform.assign("tree")
        done = self.node.run("update", "--json")
        self.expect_code(done, 0)
        supplied = done.json["details"]["supplied"]
        self.assertEqual((supplied["fetched_objects"], supplied["present_objects"]), (3, 0))
        self.publish_tree(changed="second" * 1000)
        done = self.node.run("update", "--json")
        self.expect_code(done, 0)
        supplied = done.json["details"]["supplied"]
        self.assertEqual((supplied["fetched_objects"], supplied["present_objects"]), (1, 2))
        self.assertEqual(supplied["present_bytes"], 25000)
        self.assertEqual(self.node.path("/run/powernode/union/etc/changed").read_text(), "second" * 1000)
        self.assertRegex(self.node.path("/run/powernode/composed.json").read_text(),
                         r'"objects": *\{[^}]*"fetched_bytes": *6000')
        self.assertEqual(self.platform.complaints(), [])

    def test_progress_for_programs(self):
        self.publish_tree(one="1" * 5000, two="2" * 5000)
        self.platform.assign("tree")
        done = self.node.run("update", "--json", "--progress-fd", "2")
        self.expect_code(done, 0)
        lines = [json.loads(line) for line in done.err.splitlines()]
        self.assertEqual({line["module"] for line in lines}, {"tree"})
        self.assertEqual(lines[-1], {"module": "tree", "bytes_done": 10000, "bytes_total": 10000, "objects_done": 2,
                                     "objects_total": 2})
        quiet = self.node.run("update")
        self.assertEqual(quiet.err, "", "no bar where nobody looks")
        self.assertIn("bad_progress_fd", self.node.run("update", "--json", "--progress-fd", "77").out)

    def scratches(self):
        return sorted(point for point in self.node.mounts() if point.rpartition("/")[2].startswith("scratch"))

    def test_open_file_keeps_the_former_union_while_the_new_one_is_seen(self):
        self.platform.assign("base")
        self.expect_code(self.node.run("update"), 0)
        before = self.scratches()
        self.platform.assign("web")
        with open(self.node.path("/run/powernode/union/etc/base")) as held:
            self.expect_code(self.node.run("update"), 0)
            self.assertEqual(held.read(), "base\n")
            self.assertIn("srv/page", self.node.union())
            self.assertEqual(len(self.scratches()), len(before) + 1)
        self.expect_code(self.node.run("update"), 0)
        self.assertEqual(len(self.scratches()), len(before), "it goes when nobody uses it any more")

    def test_service_tells_what_a_former_union_waits_for(self):
        self.platform.assign("base")
        self.expect_code(self.node.run("update"), 0)
        self.node.configure(reconcile_interval=1, heartbeat_interval=1, gate_interval=1, gate_probes=1, gate_uptime=0)
        with open(self.node.path("/run/powernode/union/etc/base")):
            self.platform.assign("web")
            self.node.start_service()
            self.eventually(lambda: "srv/page" in self.node.union(), "the change goes on")
            self.eventually(self.node.path("/run/powernode/status.json").exists, "a status")
            self.eventually(self.former_findings, "the former union is in use")
        self.assertIn("fuser -vm", self.former_findings()[0]["detail"])
        self.eventually(lambda: not self.former_findings(), "it is gone")
        self.assertEqual(len(self.scratches()), 1)

    def former_findings(self):
        return [finding for finding in self.node.status().get("findings", [])
                if finding["code"] == "former_union_in_use"]

    def test_renders_the_units_of_its_services(self):
        services = self.directory / "services.json"
        services.write_text(json.dumps([{"name": "server", "start_command": "/usr/bin/web --port 80",
                                         "restart_policy": "always", "env": {"TITLE": "100% \"web\""}}]))
        self.platform.add_module(self.web_image, "web", 20, self.signer, services=services)
        self.platform.assign("base", "web")
        self.expect_code(self.node.run("update"), 0)
        unit = self.node.path("/run/systemd/system/powernode-web-server.service")
        text = unit.read_text()
        self.assertRegex(text, r"\A# powernode-unit v1 module=web digest=sha256:\w{64} body=\w{64}\n")
        for line in ("ExecStart=/usr/bin/web --port 80", "Restart=always", 'Environment="TITLE=100%% \\"web\\""',
                     f"RootDirectory={self.node.path('/run/powernode/union')}"):
            self.assertIn(f"\n{line}\n", text)
        link = self.node.path("/run/systemd/system/multi-user.target.wants/powernode-web-server.service")
        self.assertEqual(link.resolve(), unit)
        self.platform.unassign("web")
        self.expect_code(self.node.run("update"), 0)
        self.assertFalse(unit.exists())
        self.assertFalse(link.is_symlink())

    def test_an_empty_list_takes_everything_away_only_when_an_operator_says_so(self):
        services = self.directory / "services.json"
        services.write_text(json.dumps([{"name": "server", "start_command": "/usr/bin/web"}]))
        self.platform.add_module(self.web_image, "web", 20, self.signer, services=services)
        self.platform.assign("base", "web")
        self.expect_code(self.node.run("update"), 0)
        unit = self.node.path("/run/systemd/system/powernode-web-server.service")
        self.assertTrue(unit.exists())
        self.platform.fault("empty-list", route="modules", count=-1)
        for _ in range(2):
            self.expect_failure(self.node.run("update", "--json"), 6, "empty_assignment", "--allow-empty")
        plan = self.node.run("update", "--allow-empty", "--dry-run", "--json")
        self.expect_code(plan, 0)
        self.assertEqual(self.plan(plan), [("remove", "base"), ("remove", "web")])
        self.assertEqual(len(self.node.union()), 3)
        done = self.node.run("update", "--allow-empty", "--json")
        self.expect_code(done, 0)
        self.assertTrue(done.json["details"]["applied"])
        self.assertEqual(self.node.mounts(), [])
        self.assertFalse(unit.exists())
        self.assertFalse(self.node.path("/run/powernode/composed.json").exists())
        self.assertEqual(self.node.run("update", "--allow-empty", "--json").json["status"], "noop")
        self.platform.clear_faults()
        self.expect_code(self.node.run("update"), 0)
        self.assertEqual(len(self.node.union()), 3)

    def test_not_enrolled(self):
        self.expect_failure(self.new_node().run("update", "--json"), 5, "not_enrolled", "/persist/var/lib/powernode/pki",
                            "powernode-agent enroll")

    def test_revoked_certificate(self):
        self.platform.verb("certificate", "revoke", "demo")
        done = self.node.run("update", "--json")
        self.assertEqual(done.code, 5, done.out)
        self.assertIn("list modules", done.json["error"])


class AttachDetach(command_test.CommandTest):
    def setUp(self):
        super().setUp()
        self.platform = self.platform_with_modules()
        self.node = self.enrolled_node(self.platform)
        self.platform.assign("base", "web")
        self.expect_code(self.node.run("update"), 0)
        self.whole = self.node.union()

    def test_plan_is_all_without_execute(self):
        before = self.node.tree()
        done = self.node.run("detach", "web")
        self.expect_code(done, 0)
        self.assertRegex(done.out, r"\Aremove web \(web\) [^\n]*\n(?:  [a-z]+(?:-[a-z]+)? [^\n]*\n)+nothing was changed; add --execute to do it\n\Z")
        self.assertEqual(self.node.tree(), before)

    def test_detach_and_attach(self):
        done = self.node.run("detach", "web", "--execute", "--json")
        self.expect_code(done, 0)
        self.assertTrue(done.json["details"]["applied"])
        self.assertEqual(self.node.union(), {"etc/base"})
        plan = self.node.run("attach", "web", "--json").json["details"]
        self.assertEqual([(step["op"], step["id"]) for step in plan["plan"]], [("add", "web")])
        self.assertFalse(plan["applied"])
        self.assertEqual(self.node.union(), {"etc/base"})
        self.expect_code(self.node.run("attach", "web", "--execute"), 0)
        self.assertEqual(self.node.union(), self.whole)

    def test_attach_what_is_attached(self):
        done = self.node.run("attach", "web", "--execute", "--json")
        self.expect_code(done, 0)
        self.assertEqual(done.json["status"], "noop")

    def test_detach_needs_no_platform(self):
        self.platform.stop()
        self.expect_code(self.node.run("detach", "web", "--execute"), 0)
        self.assertEqual(self.node.union(), {"etc/base"})

    def test_last_module_stays(self):
        self.expect_code(self.node.run("detach", "web", "--execute"), 0)
        for arguments in ([], ["--execute"]):
            done = self.node.run("detach", "base", "--json", *arguments)
            self.expect_failure(done, 6, "last_module", "base", "last one")
            self.assertEqual(done.json["status"], "refused")
        self.assertEqual(self.node.union(), {"etc/base"})

    def test_modules_nobody_knows(self):
        self.expect_failure(self.node.run("attach", "nope", "--json"), 1, "module_not_assigned", "nope", "assign it")
        self.expect_failure(self.node.run("detach", "nope", "--json"), 1, "not_attached", "nope")
        done = self.node.run("attach", "../web", "--json")
        self.assertEqual(done.code, 1, done.out)
        self.assertIn("../web", done.json["error"])


if __name__ == "__main__":
    command_test.main()
