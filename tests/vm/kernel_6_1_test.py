"""A diskless node on the oldest kernel we serve."""

import scenario


class Kernel61(scenario.NodeTest):
    def test_boots_on_linux_6_1(self):
        guest = self.power_on(self.hardware(scenario.DISKLESS, series="6.1"))
        self.wait_for_page(guest)
        self.assertIn("Linux 6.1.", self.wait_for_stage(guest, "kernel"))
        self.expect_stages(guest)
        guest.wait_until(lambda: self.heartbeats() > 0, 120, "heartbeat at the control plane")
        with guest.shell() as shell:
            self.expect_drivers(shell, "6.1")
        type(self).failed = False


if __name__ == "__main__":
    scenario.main()
