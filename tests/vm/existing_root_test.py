"""A machine with a root of its own: it stays, and the modules live beside it."""

import subprocess

import images
import scenario


class ExistingRoot(scenario.NodeTest):
    modules = ("base", "nginx")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.root = cls.lab.directory / "root.img"
        subprocess.run(["cp", "--sparse=always", images.root_disk(), cls.root], check=True)

    def boot(self, command_line, generator):
        return self.power_on(self.hardware(command_line, generator, disks=[self.root, self.persist]))

    def test_1_serves_from_a_union_beside_the_root(self):
        guest = self.boot(scenario.EXISTING_ROOT, "initramfs-tools")
        self.wait_for_page(guest)
        self.assertEqual(self.enrolments(), 1)
        guest.wait_until(lambda: self.heartbeats() > 0, 120, "heartbeat at the control plane")
        with guest.shell() as shell:
            self.assertIn("ext4", shell.run("findmnt -no FSTYPE /"))
            self.assertIn("overlay", shell.run("findmnt -no FSTYPE /run/powernode/union"))
            shell.run("test ! -e /usr/sbin/nginx")
            shell.run("test -x /run/powernode/union/usr/sbin/nginx")
            self.assertIn("/run/powernode/bin/powernode-agent",
                          shell.run("systemctl show -P ExecStart powernode-agent.service"))
            shell.run("sync")
        self.expect_no_secret(guest)
        guest.cut_power()

    def test_2_does_the_same_from_a_dracut_image_with_the_same_certificate(self):
        guest = self.boot(scenario.EXISTING_ROOT_DRACUT, "dracut")
        self.wait_for_page(guest)
        with guest.shell() as shell:
            self.assertIn("ext4", shell.run("findmnt -no FSTYPE /"))
        self.assertEqual(self.enrolments(), 1)
        type(self).failed = False


if __name__ == "__main__":
    scenario.main()
