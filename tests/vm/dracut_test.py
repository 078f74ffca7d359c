"""A diskless node whose initramfs is dracut's."""

import scenario


class Dracut(scenario.NodeTest):
    def test_boots_from_a_dracut_image(self):
        guest = self.power_on(self.hardware(scenario.DISKLESS_DRACUT, generator="dracut"))
        self.wait_for_page(guest)
        self.expect_stages(guest)
        guest.wait_until(lambda: self.heartbeats() > 0, 120, "heartbeat at the control plane")
        with guest.shell() as shell:
            self.assertIn("overlay", shell.run("findmnt -no FSTYPE /"))
            self.expect_drivers(shell)
            # The stub resolver of the initramfs ended with it.
            self.assertIn("nameserver 10.0.2.3", shell.run("cat /etc/resolv.conf"))
            self.assertNotIn("initrd", shell.run("systemctl list-units --state=failed --no-legend"))
        self.expect_no_secret(guest)
        type(self).failed = False


if __name__ == "__main__":
    scenario.main()
