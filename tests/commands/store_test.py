"""The module store as a person sees it: what it holds, whether that is right, and what nothing needs any more."""

import hashlib
import os

import command_test
import modules


class Store(command_test.CommandTest):
    def setUp(self):
        super().setUp()
        self.platform = self.platform_with_modules()
        self.node = self.enrolled_node(self.platform)
        self.platform.assign("base", "web")
        self.expect_code(self.node.run("update"), 0)

    def blob(self, image):
        return self.node.path(f"/persist/cache/blobs/sha256_{modules.sha256(image)}")

    def nobodys(self, content="nobody's"):
        path = self.node.path(f"/persist/cache/blobs/sha256_{hashlib.sha256(content.encode()).hexdigest()}")
        path.write_text(content)
        return path

    def test_says_what_is_there_without_reading_it(self):
        self.node.configure(cache_budget_mib=100)
        self.blob(self.base_image).chmod(0o644)
        self.blob(self.base_image).write_bytes(b"x")
        done = self.node.run("introspect", "--store", "--json")
        self.expect_code(done, 0)
        details = done.json["details"]
        self.assertEqual(details["blobs"]["count"], 2)
        self.assertEqual(details["objects"], {"count": 0, "bytes": 0})
        self.assertEqual(details["budget"], 100 << 20)
        self.assertGreater(details["free"], 0)
        self.assertNotIn("damaged", details)
        self.assertRegex(self.node.run("introspect", "--store").out, r"(?m)^blobs +2, ")

    def test_check_names_what_is_damaged(self):
        done = self.node.run("introspect", "--store", "--check", "--json")
        self.expect_code(done, 0)
        self.assertEqual(done.json["details"]["damaged"], [])
        blob = self.blob(self.web_image)
        content = bytearray(blob.read_bytes())
        content[len(content) // 2] ^= 1
        blob.unlink()
        blob.write_bytes(content)
        done = self.node.run("introspect", "--store", "--check", "--json")
        self.expect_failure(done, 2, "store_damaged", f"blobs/{blob.name}")
        self.assertEqual([problem["name"] for problem in done.json["details"]["damaged"]], [f"blobs/{blob.name}"])
        self.assertRegex(self.node.run("introspect", "--store", "--check").out, rf"(?m)^damaged +blobs/{blob.name}")

    def test_check_is_about_the_store(self):
        self.expect_code(self.node.run("introspect", "--check"), 1)

    def test_gc_lists_and_then_removes_what_nothing_needs(self):
        blob = self.nobodys()
        plan = self.node.run("gc", "--json")
        self.expect_code(plan, 0)
        self.assertEqual([file["name"] for file in plan.json["details"]["removable"]], [f"blobs/{blob.name}"])
        self.assertEqual(plan.json["details"]["freed"], 0)
        self.assertIn("--execute", self.node.run("gc").out)
        self.assertTrue(blob.exists())
        done = self.node.run("gc", "--execute", "--json")
        self.expect_code(done, 0)
        self.assertGreater(done.json["details"]["freed"], 0)
        self.assertFalse(blob.exists())
        for image in (self.base_image, self.web_image):
            self.assertTrue(self.blob(image).exists())
        self.assertEqual(self.node.run("gc", "--execute", "--json").json["status"], "noop")

    def test_gc_touches_nothing_when_it_cannot_tell(self):
        blob = self.nobodys()
        self.node.write("/persist/var/lib/powernode/compose/lkg.json", "no such thing\n")
        done = self.node.run("gc", "--execute", "--json")
        self.expect_failure(done, 2, "state_corrupt", "last known good", "nothing is removed")
        self.assertTrue(blob.exists())

    def test_an_update_makes_room_within_the_budget(self):
        old = self.nobodys("x" * (2 << 20))
        self.node.configure(cache_budget_mib=1)
        image = modules.build_image(self.directory, "more", {"/usr/lib/more": os.urandom(4096).hex()})
        self.platform.add_module(image, "more", 30, self.signer)
        self.platform.assign("base", "web", "more")
        self.expect_code(self.node.run("update"), 0)
        self.assertFalse(old.exists())
        for kept in (self.base_image, self.web_image, image):
            self.assertTrue(self.blob(kept).exists())


if __name__ == "__main__":
    command_test.main()
