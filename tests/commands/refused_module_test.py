"""Modules that must not run: each is refused with its own words, and what ran before goes on."""

import json
import os

import command_test
import modules


class RunningNode(command_test.CommandTest):
    """base runs; then the platform offers something bad."""

    def setUp(self):
        super().setUp()
        self.platform = self.platform_with_modules()
        self.node = self.enrolled_node(self.platform)
        self.platform.assign("base")
        self.expect_code(self.node.run("update"), 0)
        self.mounts = self.node.mounts()

    def offer(self, signer=None, image=None, **flags):
        """A module `bad`, assigned."""
        self.bad_image = image or modules.build_image(self.directory, "bad", {"/etc/bad": "bad\n"})
        self.platform.add_module(self.bad_image, "bad", 50, signer, **flags)
        self.platform.assign("bad")

    def expect_refusal(self, code, error_code, *words):
        done = self.node.run("update", "--json")
        self.expect_failure(done, code, error_code, *words)
        self.assertEqual(done.json["stage"], "reconcile")
        self.assertEqual(self.node.mounts(), self.mounts, "what ran goes on, and nothing half-made stays")
        self.assertEqual(self.node.union(), {"etc/base"})
        if hasattr(self, "bad_image"):
            stored = self.node.path("/persist/cache/blobs") / f"sha256_{modules.sha256(self.bad_image)}"
            self.assertFalse(stored.exists(), "nothing unproven is kept under its digest")


class RefusedModule(RunningNode):
    """Bytes, signature or image are not what they should be."""

    def test_flipped_byte(self):
        self.offer(self.signer)
        self.platform.fault("flip", route="blobs/sha256/*", number=1500)
        self.expect_refusal(2, "digest_mismatch", "pull module bad", modules.sha256(self.bad_image))
        self.platform.clear_faults()
        self.expect_code(self.node.run("update"), 0)
        self.assertIn("etc/bad", self.node.union())

    def test_flipped_once_is_fetched_again(self):
        self.offer(self.signer)
        self.platform.fault("flip", route="blobs/sha256/*", number=1500, count=1)
        self.expect_code(self.node.run("update"), 0)
        self.assertIn("etc/bad", self.node.union())

    def test_blob_cut_short_for_good(self):
        self.offer(self.signer)
        self.platform.fault("close", route="blobs/sha256/*", number=0)
        self.expect_refusal(5, "connection_lost", "pull module bad", self.platform.url)

    def test_blob_cut_short_once_is_continued(self):
        self.offer(self.signer)
        self.platform.fault("close", route="blobs/sha256/*", number=1000, count=1)
        self.expect_code(self.node.run("update"), 0)
        blobs = [request for request in self.platform.requests() if request["path"].endswith(modules.sha256(self.bad_image))]
        self.assertEqual(len(blobs), 2)
        self.assertNotIn("Range", blobs[0]["headers"])
        self.assertEqual(blobs[1]["headers"]["Range"], "bytes=1000-")

    def test_signature_of_a_stranger(self):
        self.offer(self.stranger)
        self.expect_refusal(2, "signature_invalid", "verify module bad", "owner.pem", "/etc/powernode/trust/*.pem")
        self.assertFalse([request for request in self.platform.requests()
                          if request["path"].endswith(modules.sha256(self.bad_image))], "no byte of it is fetched")

    def test_signature_of_other_bytes(self):
        signature = self.directory / "other.sig"
        signature.write_text(self.signer.sign(self.base_image))
        self.offer(signature=signature)
        self.expect_refusal(2, "signature_invalid", "verify module bad", "other bytes")

    def test_signature_that_is_no_signature(self):
        signature = self.directory / "no.sig"
        signature.write_text("bm90IGEgc2lnbmF0dXJl")
        self.offer(signature=signature)
        self.expect_refusal(2, "signature_invalid", "verify module bad")

    def test_no_signature(self):
        self.offer()
        self.expect_refusal(2, "signature_missing", "verify module bad", "cosign attest-blob", "powernode.verify=audit")

    def test_no_signature_in_audit_mode(self):
        self.offer()
        self.node.write("/proc/cmdline", "powernode.verify=audit\n")
        self.expect_code(self.node.run("update"), 0)
        self.assertIn("etc/bad", self.node.union())

    def test_wrong_bytes_in_audit_mode(self):
        self.offer()
        self.node.write("/proc/cmdline", "powernode.verify=audit\n")
        self.platform.fault("flip", route="blobs/sha256/*", number=1500)
        self.expect_refusal(2, "digest_mismatch", "pull module bad")

    def test_no_trusted_key(self):
        self.offer(self.signer)
        self.node.path("/etc/powernode/trust/owner.pem").unlink()
        self.expect_refusal(2, "no_trust_keys", "module b", "no trusted key", "/etc/powernode/trust/*.pem")

    def test_unknown_key(self):
        self.offer(self.signer)
        self.node.path("/etc/powernode/trust/owner.pem").unlink()
        self.node.trust(self.stranger, "other")
        self.expect_refusal(2, "signature_invalid", "module b", "other.pem", "/etc/powernode/trust/*.pem")

    def test_image_that_is_not_erofs(self):
        image = self.directory / "noise.erofs"
        image.write_bytes(os.urandom(16384))
        self.offer(self.signer, image, format="erofs")
        done = self.node.run("update", "--json")
        self.expect_failure(done, 2, "image_format_unknown", "module bad", "not an EROFS image", "mkfs.erofs")
        self.assertEqual(self.node.mounts(), self.mounts, "what ran was not even stopped")

    def test_wrong_architecture(self):
        view = self.directory / "view.json"
        view.write_text(json.dumps({"architecture": "sparc"}))
        self.offer(self.signer, view=view)
        self.expect_refusal(6, "wrong_architecture", "bad", "sparc")


class RefusedList(RunningNode):
    """The assignment itself is not one to follow."""

    def setUp(self):
        super().setUp()
        self.platform.assign("web")

    def test_empty(self):
        self.platform.fault("empty-list", route="modules")
        self.expect_refusal(6, "empty_assignment", "assigns no module", "assign one")

    def test_duplicate(self):
        self.platform.fault("duplicate-ids", route="modules")
        self.expect_refusal(5, "partial_answer", "list modules", "base", "twice")

    def test_count_that_differs(self):
        self.platform.fault("wrong-count", route="modules")
        self.expect_refusal(5, "partial_answer", "list modules", "not complete")

    def test_missing_dependency(self):
        alone = {"id": "web", "name": "web", "priority": 20, "effective_priority": 20, "dependencies": ["ghost"]}
        self.platform.fault("patch", route="modules", text=json.dumps({"data": {"modules": [alone], "count": 1}}))
        self.expect_refusal(6, "missing_dependency", "web", "needs module ghost", "not in the list")

    def test_module_that_vanished_unannounced(self):
        self.expect_code(self.node.run("update"), 0)
        self.mounts = self.node.mounts()
        self.platform.fault("short-list", route="modules", number=1)
        done = self.node.run("update", "--json")
        self.expect_failure(done, 5, "unconfirmed_shrink", "web", "thirty seconds")
        self.assertEqual(self.node.mounts(), self.mounts)

    def test_older_assignment_than_the_running_one(self):
        self.expect_code(self.node.run("update"), 0)
        self.mounts = self.node.mounts()
        self.platform.fault("stale-revision", route="modules", number=1)
        done = self.node.run("update", "--json")
        self.expect_failure(done, 6, "revision_rollback", "revision")
        self.assertEqual(self.node.mounts(), self.mounts)

    def test_answer_that_is_not_json(self):
        self.platform.fault("html", route="modules")
        self.expect_refusal(5, "not_json", "list modules")


if __name__ == "__main__":
    command_test.main()
