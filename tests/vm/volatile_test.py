"""A node without a persist partition: says so, and serves all the same."""

import scenario


class Volatile(scenario.NodeTest):
    modules = ("base", "nginx")

    def test_boots_without_a_persist_partition(self):
        hardware = self.hardware(scenario.DISKLESS, disks=[])
        guest = self.power_on(hardware)
        self.wait_for_page(guest)
        self.wait_for_stage(guest, "persist", "volatile")
        guest.wait_until(lambda: self.heartbeats() > 0, 120, "heartbeat at the control plane")
        self.assertIn("volatile", self.control_plane.command("status"))
        type(self).failed = False


if __name__ == "__main__":
    scenario.main()
