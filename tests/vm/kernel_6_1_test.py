"""A diskless node on the oldest kernel we serve."""

import scenario


class Kernel61(scenario.NodeTest):
    @classmethod
    def add_modules(cls):
        super().add_modules()
        source = cls.lab.directory / "tools"
        source.mkdir()
        (source / "tool").write_bytes(bytes(range(256)))
        image, objects = cls.lab.pack(source)
        cls.control_plane.add_module(image, "tools", 400, objects=objects)

    def test_1_boots_on_linux_6_1(self):
        guest = self.power_on(self.hardware(scenario.DISKLESS, series="6.1"))
        self.wait_for_page(guest)
        self.assertIn("Linux 6.1.", self.wait_for_stage(guest, "kernel"))
        self.expect_stages(guest)
        guest.wait_until(lambda: self.heartbeats() > 0, 120, "heartbeat at the control plane")
        with guest.shell() as shell:
            self.expect_drivers(shell, "6.1")
            shell.wait_for("""tr -d ' \\n' </run/powernode/status.json | grep '"gate":"passed"'""")
            shell.run("sync")
        guest.cut_power()

    def test_2_refuses_a_composefs_module_with_the_version_it_needs_and_boots_the_set_before(self):
        self.control_plane.assign(self.node, "tools")
        guest = self.power_on(self.hardware(scenario.DISKLESS, series="6.1"))
        line = self.wait_for_stage(guest, "mount", "tools")
        self.assertIn("needs Linux 6.5", line)
        self.wait_for_page(guest)
        self.assertRegex(guest.console(), r"\[boot:choose\] .*last known good")
        type(self).failed = False


if __name__ == "__main__":
    scenario.main()
