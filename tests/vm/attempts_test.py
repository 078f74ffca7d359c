"""A set that boots and never becomes healthy: tried twice, then the node goes back to the last good one by itself."""

import json

import scenario


class Attempts(scenario.NodeTest):
    def boot(self):
        guest = self.power_on(self.hardware(scenario.DISKLESS))
        self.wait_for_page(guest)
        return guest

    def expect_status(self, guest, **expected):
        with guest.shell() as shell:
            def holds():
                status = json.loads(shell.run("cat /run/powernode/status.json"))
                return all(status["composition"].get(key) == value for key, value in expected.items())
            guest.wait_until(holds, 120, f"status {expected}")
            shell.run("sync")

    def test_1_a_set_becomes_the_last_good_one(self):
        guest = self.boot()
        with guest.shell() as shell:
            shell.wait_for("ls /persist/var/lib/powernode/compose | grep lkg.json")
            shell.run("sync")
        self.expect_status(guest, attempts=0)
        guest.cut_power()

    def test_2_another_one_is_tried_while_its_service_fails(self):
        tree = self.lab.directory / "broken"
        (tree / "usr/share/broken").mkdir(parents=True)
        (tree / "usr/share/broken/note").write_text("its service ends at once\n")
        services = self.lab.directory / "broken.json"
        services.write_text(json.dumps([{"name": "broken", "start_command": "/bin/false"}]))
        self.control_plane.add_module(tree, "broken", 400, services, image_format="erofs")
        self.control_plane.assign(self.node, "broken")
        for attempt in (1, 2):
            guest = self.boot()
            self.wait_for_stage(guest, "choose", "live: 4 modules")
            self.expect_status(guest, attempts=attempt, source="live")
            guest.cut_power()

    def test_3_then_the_last_good_one_is_booted(self):
        guest = self.boot()
        self.assertIn("attempts_used_up", guest.console())
        self.wait_for_stage(guest, "choose", "last known good set: 3 modules")
        self.expect_status(guest, source="lkg")
        guest.cut_power()

    def test_4_and_a_set_that_changes_is_tried_again(self):
        self.control_plane.command("unassign", self.node.name, "broken")
        guest = self.boot()
        self.wait_for_stage(guest, "choose", "live: 3 modules")
        guest.cut_power()
        type(self).failed = False


if __name__ == "__main__":
    scenario.main()
