"""`lkg` and `retry-pending-compose`: the last known good set, looked at and edited by hand."""

import hashlib
import json

import command_test
import modules

COMPOSE = "/persist/var/lib/powernode/compose"


def read_state(path):
    return json.loads(path.read_text().splitlines()[1])


def write_state(path, name, body):
    text = json.dumps(body)
    head = {"format": f"powernode-{name}", "version": 1, "sha256": hashlib.sha256(text.encode()).hexdigest(),
            "len": len(text), "written_at": "2026-05-20T10:00:00Z", "agent": "1.0.0"}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{json.dumps(head)}\n{text}\n")


class GoodSet(command_test.CommandTest):
    """A node whose base, web and tree are its last known good set."""

    def setUp(self):
        super().setUp()
        self.platform = self.platform_with_modules()
        self.node = self.enrolled_node(self.platform)
        tree = self.directory / "tree"
        (tree / "etc").mkdir(parents=True)
        for name in ("one", "two", "three"):
            (tree / "etc" / name).write_text(name * 2000)
        self.platform.add_module(tree, "tree", 30, self.signer, format="composefs")
        self.platform.assign("base", "web", "tree")
        self.expect_code(self.node.run("update"), 0)
        composed = read_state(self.node.path("/run/powernode/composed.json"))
        self.lkg = self.node.path(f"{COMPOSE}/lkg.json")
        write_state(self.lkg, "lkg", {**composed, "confirmed_at": "2026-05-20T10:00:00Z", "confirmed_boot_id": "x"})

    def blob(self, image):
        return self.node.path(f"/persist/cache/blobs/sha256_{modules.sha256(image)}")

    def objects(self):
        return sorted(path for path in self.node.path("/persist/cache/objects").rglob("*") if path.is_file())

    def kept(self):
        return {name: info for name, info in self.node.tree().items() if name.startswith("persist/")}

    def validate(self, *flags):
        return self.node.run("lkg", "validate", "--json", *flags)

    def retarget(self, *flags):
        return self.node.run("lkg", "retarget", "--json", *flags)


class Validate(GoodSet):
    def test_a_set_that_would_boot(self):
        before = self.kept()
        done = self.validate()
        self.expect_code(done, 0)
        details = done.json["details"]
        self.assertEqual(done.json["command"], "lkg")
        self.assertEqual(details["file"], str(self.lkg))
        self.assertTrue(details["bootable"])
        self.assertEqual([module["id"] for module in details["modules"]], ["base", "web", "tree"])
        self.assertEqual(self.kept(), before, "it only looks")
        self.assertRegex(self.node.run("lkg", "validate").out, r"(?s)\Abase  sha256:\w{12}  right\n.*would boot it\n\Z")

    def test_lists_every_problem(self):
        self.blob(self.base_image).unlink()
        blob = self.blob(self.web_image)
        content = bytearray(blob.read_bytes())
        content[-1] ^= 1
        blob.unlink()
        blob.write_bytes(content)
        missing, damaged, _ = self.objects()
        size = damaged.stat().st_size
        missing.unlink()
        damaged.unlink()
        damaged.write_bytes(b"x" * size)
        done = self.validate()
        self.expect_failure(done, 2, "lkg_not_bootable", "3 of 3")
        base, web, tree = done.json["details"]["modules"]
        self.assertEqual(base["error_code"], "blob_not_stored")
        self.assertEqual(web["error_code"], "digest_mismatch")
        self.assertEqual(tree["missing_objects"], ["sha256:" + missing.parent.name + missing.name])
        self.assertEqual(tree["damaged_objects"], ["sha256:" + damaged.parent.name + damaged.name])
        text = self.node.run("lkg", "validate")
        self.expect_code(text, 2)
        self.assertIn(f"missing object sha256:{missing.parent.name}{missing.name}", text.out)

    def test_an_image_that_nobody_trusts_any_more(self):
        self.node.trust(self.stranger)
        self.expect_failure(self.validate(), 2, "lkg_not_bootable", "3 of 3")

    def test_another_file_the_former_one_and_none(self):
        other = self.directory / "other.json"
        body = read_state(self.lkg)
        write_state(other, "lkg", body)
        self.lkg.unlink()
        self.expect_failure(self.validate(), 2, "no_lkg", str(self.lkg))
        self.expect_code(self.validate("--path", other), 0)
        former = self.lkg.with_name("lkg.prev.json")
        write_state(former, "lkg", body)
        done = self.validate()
        self.expect_code(done, 0)
        self.assertEqual(done.json["details"]["file"], str(former))
        other.write_text(other.read_text()[:-10])
        self.expect_failure(self.validate("--path", other), 2, "state_corrupt", str(other))
        self.assertTrue(other.exists(), "it only looks")
        write_state(other, "lkg", {**body, "composition": "0" * 64})
        self.expect_failure(self.validate("--path", other), 2, "bad_composition")


class Retarget(GoodSet):
    def setUp(self):
        super().setUp()
        self.newer = modules.build_image(self.directory, "newer", {"/srv/page": "newer\n"})
        self.digest = modules.sha256(self.newer)
        self.before = self.lkg.read_text()

    def publish(self, services=None):
        """Another version of web, which this node runs from now on: all that is new is here."""
        flags = {}
        if services:
            path = self.directory / "services.json"
            path.write_text(json.dumps(services))
            flags["services"] = path
        self.platform.add_module(self.newer, "web", 20, self.signer, **flags)
        self.expect_code(self.node.run("update"), 0)
        manifest = read_state(self.node.path("/persist/var/lib/powernode/manifests/web.json"))["body"]
        path = self.directory / "manifest.json"
        path.write_text(json.dumps(manifest))
        return path

    def refused(self, code, *flags):
        """By both ways, and nothing is changed."""
        self.expect_failure(self.retarget(*flags), 11, code)
        self.expect_failure(self.retarget(*flags, "--execute"), 2, code)
        self.assertEqual(self.lkg.read_text(), self.before)

    def test_with_the_manifest_that_is_known(self):
        self.publish()
        flags = ("--module", "web", "--digest", self.digest)
        done = self.retarget(*flags)
        self.expect_code(done, 0)
        self.assertFalse(done.json["details"]["executed"])
        self.assertEqual(self.lkg.read_text(), self.before)
        done = self.retarget(*flags, "--execute")
        self.expect_code(done, 0)
        body = read_state(self.lkg)
        self.assertEqual(body["composition"], done.json["details"]["composition"])
        self.assertIn("sha256:" + self.digest, [module["digest"] for module in body["modules"]])
        self.assertEqual(body["reason"], "retargeted web")
        backup = self.lkg.with_name(done.json["details"]["backup"].rsplit("/", 1)[1])
        self.assertRegex(backup.name, r"\Alkg\.json\.backup-\d{4}-")
        self.assertEqual(backup.read_text(), self.before)
        self.expect_code(self.validate(), 0)

    def test_when_services_differ_only_with_their_manifest(self):
        manifest = self.publish([{"name": "server", "start_command": "/usr/bin/web"}])
        flags = ("--module", "web", "--digest", f"sha256:{self.digest}")
        self.refused("manifest_needed", *flags)
        self.expect_code(self.retarget(*flags, "--manifest", manifest, "--execute"), 0)
        web = [module for module in read_state(self.lkg)["modules"] if module["id"] == "web"][0]
        self.assertEqual(web["manifest"]["services"][0]["name"], "server")
        self.expect_code(self.validate(), 0)

    def test_what_would_not_boot_is_refused(self):
        manifest = self.publish()
        flags = ("--module", "web", "--digest", self.digest)
        self.refused("manifest_needed", "--module", "web", "--digest", "0" * 64)
        self.refused("manifest_mismatch", "--module", "base", "--digest", self.digest, "--manifest", manifest)
        self.refused("manifest_mismatch", "--module", "web", "--digest", "0" * 64, "--manifest", manifest)
        self.refused("not_in_set", "--module", "other", "--digest", self.digest)
        self.refused("digest_unsupported", "--module", "web", "--digest", "short")
        self.refused("lkg_not_bootable", *flags, "--fsverity", "0" * 64)
        self.blob(self.newer).unlink()
        self.refused("lkg_not_bootable", *flags)
        self.assertEqual([path.name for path in self.lkg.parent.iterdir() if "backup" in path.name], [])


class RetryPendingCompose(command_test.CommandTest):
    def test_resets_what_was_tried_and_only_when_told(self):
        machine = self.new_node()
        run = lambda *flags: machine.run("retry-pending-compose", "--json", *flags)
        self.assertEqual(run().json["status"], "noop")
        path = machine.path(f"{COMPOSE}/attempts.json")
        write_state(path, "attempts", {"entries": [
            {"composition": "c" * 64, "attempts": 2, "inconclusive": 0, "last_boot_id": "x", "last_result": "tried",
             "first_at": "2026-05-20T10:00:00Z", "last_at": "2026-05-20T11:00:00Z"}]})
        before = path.read_text()
        done = run()
        self.expect_code(done, 11)
        self.assertEqual(done.json["details"]["sets"],
                         [{"composition": "c" * 64, "attempts": 2, "last_at": "2026-05-20T11:00:00Z"}])
        self.assertEqual(path.read_text(), before)
        self.assertIn("--yes", machine.run("retry-pending-compose").out)
        done = run("--yes")
        self.expect_code(done, 0)
        self.assertTrue(done.json["details"]["reset"])
        self.assertEqual(read_state(path), {"entries": []})
        self.assertEqual(run("--yes").json["status"], "noop")


if __name__ == "__main__":
    command_test.main()
