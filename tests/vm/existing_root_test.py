"""A machine with a root of its own: it stays, and the modules live beside it."""

import json
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
        guest.cut_power()

    def publish_note(self, version, command="/bin/sleep infinity"):
        tree = self.lab.directory / f"note-{version}"
        (tree / "usr/share/note").mkdir(parents=True)
        (tree / "usr/share/note/version").write_text(f"{version}\n")
        services = tree.with_suffix(".json")
        services.write_text(json.dumps([{"name": "note", "start_command": command}]))
        self.control_plane.add_module(tree, "note", 300, services, image_format="erofs")

    def test_3_changes_one_module_while_the_others_run_on(self):
        self.publish_note(1)
        self.control_plane.assign(self.node, "note")
        guest = self.boot(scenario.EXISTING_ROOT, "initramfs-tools")
        self.wait_for_page(guest)
        with guest.shell() as shell:
            def main_pid(unit):
                return shell.run(f"systemctl show -P MainPID {unit}").strip()

            def version():
                return shell.run("cat /run/powernode/union/usr/share/note/version || true").strip()

            def findings():
                return shell.run("cat /run/powernode/status.json")

            guest.wait_until(lambda: "active" in shell.run("systemctl is-active powernode-note-note || true").split(), 120,
                             "the note's service")
            before = main_pid("powernode-nginx-nginx"), main_pid("powernode-note-note")
            shell.run("touch /tmp/go; (while test -e /tmp/go; do cat /run/powernode/union/etc/os-release >/dev/null"
                      " || echo failed >>/tmp/failures; done) >/dev/null 2>&1 & true")
            self.publish_note(2)
            guest.wait_until(lambda: version() == "2", 120, "version 2 in the union")
            guest.wait_until(lambda: main_pid("powernode-note-note") not in ("0", before[1]), 60, "its service again")
            self.assertEqual(main_pid("powernode-nginx-nginx"), before[0], "nginx runs on")
            shell.run("rm /tmp/go; test ! -e /tmp/failures")
            guest.wait_until(lambda: shell.run("findmnt -rno TARGET | grep -c /run/powernode/scratch || true").strip() == "1",
                             120, "the former union is gone")

            self.publish_note(3, command="/bin/false")
            guest.wait_until(lambda: "unit_did_not_come_back" in findings(), 180, "the change is taken back")
            self.assertEqual(version(), "2")
            self.assertIn("active", shell.run("systemctl is-active powernode-note-note").split())
            self.assertEqual(main_pid("powernode-nginx-nginx"), before[0])
            guest.wait_until(lambda: "attempts_used_up" in findings(), 300, "it is not tried for ever")
        type(self).failed = False


if __name__ == "__main__":
    scenario.main()
