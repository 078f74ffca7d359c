"""A set that is assigned while the node runs is staged, and the next boot composes it though nobody answers."""

import json

import scenario


class Staged(scenario.NodeTest):
    def composition(self, shell):
        return json.loads(shell.run("cat /run/powernode/status.json"))["composition"]

    def wait_for(self, guest, shell, what, holds):
        guest.wait_until(lambda: holds(self.composition(shell)), 240, what)
        composition = self.composition(shell)
        shell.run("sync")
        return composition

    def boot(self):
        guest = self.power_on(self.hardware(scenario.DISKLESS))
        self.wait_for_page(guest)
        return guest

    def test_1_another_set_is_staged_beside_the_good_one(self):
        guest = self.boot()
        with guest.shell() as shell:
            self.wait_for(guest, shell, "a good set", lambda now: "lkg" in now and now["lkg"] == now.get("running"))
            tree = self.lab.directory / "extra"
            (tree / "usr/share/extra").mkdir(parents=True)
            (tree / "usr/share/extra/note").write_text("it came while the node ran\n")
            self.control_plane.add_module(tree, "extra", 400, image_format="erofs")
            self.control_plane.assign(self.node, "extra")
            staged = self.wait_for(guest, shell, "a staged set", lambda now: "staged" in now)
            self.assertNotEqual(staged["staged"], staged["running"])
            self.assertTrue(staged["pending_reboot"])
            shell.run("test ! -e /usr/share/extra/note")
        type(self).staged = staged["staged"]
        guest.cut_power()

    def test_2_and_booted_without_the_platform(self):
        self.control_plane.stop()
        guest = self.boot()
        self.wait_for_stage(guest, "choose", "staged set: 4 modules")
        with guest.shell() as shell:
            shell.run("grep -q 'while the node ran' /usr/share/extra/note")
            now = self.wait_for(guest, shell, "the good set", lambda now: now.get("lkg") == self.staged)
            self.assertEqual((now["running"], now["source"]), (self.staged, "staged"))
            self.assertNotIn("staged", now)
        guest.cut_power()

    def test_3_then_it_is_the_last_known_good_one(self):
        guest = self.boot()
        self.wait_for_stage(guest, "choose", "last known good set: 4 modules")
        guest.cut_power()
        type(self).failed = False


if __name__ == "__main__":
    scenario.main()
