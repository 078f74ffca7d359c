"""A node whose clock is wrong: it comes up all the same, by the platform's time, and remembers how late it was."""

import scenario


class Clock(scenario.NodeTest):
    def boot(self, clock):
        guest = self.power_on(self.hardware(scenario.DISKLESS, clock=clock))
        self.wait_for_page(guest)
        return guest

    def test_1_first_boot_in_2050_asks_for_the_time_before_it_enrols(self):
        guest = self.boot("2050-01-01T00:00:00")
        self.assertRegex(guest.console(), "clock said 2050-01-01.*by the platform's word")
        self.assertEqual(self.enrolments(), 1)
        with guest.shell() as shell:
            known = "cat /persist/var/lib/powernode/agent/clock.json || true"
            guest.wait_until(lambda: "last_good_time" in shell.run(known), 180, "a time that the platform confirmed")
            self.assertNotIn("2050", shell.run("date -u"))
            shell.run("sync")
        guest.cut_power()

    def test_2_a_clock_without_battery_starts_where_the_node_was(self):
        guest = self.boot("1970-01-01T00:00:00")
        self.assertRegex(guest.console(), "clock says .*already: set to that")
        self.assertNotIn("by the platform's word", guest.console())
        self.assertEqual(self.enrolments(), 1)
        guest.cut_power()

    def test_3_a_stored_certificate_that_only_seems_expired_is_used(self):
        guest = self.boot("2050-01-01T00:00:00")
        self.assertRegex(guest.console(), "clock said 2050-01-01.*by the platform's word")
        self.assertRegex(self.wait_for_stage(guest, "enroll"), "skipped")
        self.assertEqual(self.enrolments(), 1)
        guest.cut_power()
        type(self).failed = False


if __name__ == "__main__":
    scenario.main()
