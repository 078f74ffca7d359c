"""A diskless node: enrols once, keeps its identity, and boots without its platform."""

import scenario


class Diskless(scenario.NodeTest):
    def test_1_first_boot_enrols_and_serves(self):
        guest = self.power_on(self.hardware(scenario.DISKLESS))
        self.assertIn(self.node.name, self.wait_for_page(guest))
        self.expect_stages(guest)
        self.assertEqual(self.enrolments(), 1)
        guest.wait_until(lambda: self.heartbeats() > 0, 120, "heartbeat at the control plane")
        with guest.shell() as shell:
            self.assertIn("overlay", shell.run("findmnt -no FSTYPE /"))
            self.expect_drivers(shell)
            # The root has no agent; /run may be noexec, /run/powernode is not.
            shell.run("test ! -e /usr/bin/powernode-agent")
            shell.wait_for("systemctl is-active powernode-agent.service")
            shell.run("/run/powernode/bin/powernode-agent status")
            # Names are found after the switch as before it.
            self.assertIn("nameserver 10.0.2.3", shell.run("cat /etc/resolv.conf"))
            shell.wait_for("ls /persist/var/lib/powernode/compose | grep lkg")
            # The journal has its entries by what they mean (runtime/README.md: the service begins its work).
            shell.wait_for("journalctl -q -o cat MESSAGE_ID=6342dbd7fe9545b585bd221c4e677773 | grep -q 'powernode-agent .* starts'")
            drawn = "/run/powernode/bin/powernode-agent introspect --timeline"
            guest.wait_until(lambda: "healthy" in shell.run(drawn), 120, "the last stage of this boot")
            for stage in ("start", "kernel", "mount", "switch", "service ready", "first heartbeat"):
                self.assertRegex(shell.run(drawn), rf"(?m)^{stage} ")
            # The kernel holds every read of the images to the digest that their owner signed.
            shell.wait_for("grep -q '\"kernel_verity\": true' /run/powernode/status.json")
            shell.run("! grep -q '\"kernel_verity\": false' /run/powernode/status.json")
            # What has run healthily is what this node takes nothing older than.
            shell.wait_for("grep '\"modules\"' /persist/var/lib/powernode/agent/revisions.json")
            shell.run("sync")
        self.expect_no_secret(guest)
        guest.cut_power()

    def test_2_second_boot_spends_no_token(self):
        before = self.heartbeats()
        guest = self.power_on(self.hardware(scenario.DISKLESS))
        self.wait_for_page(guest)
        self.assertEqual(self.enrolments(), 1)
        self.assertRegex(self.wait_for_stage(guest, "enroll"), "skipped")
        guest.wait_until(lambda: self.heartbeats() > before, 120, "heartbeat at the control plane")
        guest.cut_power()

    def test_3_boots_the_last_known_good_set_without_the_platform(self):
        self.control_plane.stop()
        guest = self.power_on(self.hardware(scenario.DISKLESS))
        self.wait_for_page(guest)
        self.wait_for_stage(guest, "choose", "last known good set")
        self.control_plane.start()
        before = self.heartbeats()
        guest.wait_until(lambda: self.heartbeats() > before, 120, "heartbeat after the platform came back")
        self.assertEqual(self.enrolments(), 1)
        type(self).failed = False


if __name__ == "__main__":
    scenario.main()
