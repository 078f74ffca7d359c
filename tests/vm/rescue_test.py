"""A node that does not know who it is: says what is missing, and goes on looking."""

import scenario


class Rescue(scenario.NodeTest):
    def test_1_says_stage_reason_and_next_try_without_a_secret(self):
        everything = ("instance_uuid", "bootstrap_token", "platform_url", "ca_pem")
        guest = self.power_on(self.hardware(scenario.DISKLESS, leave_out=everything))
        self.assertRegex(self.wait_for_stage(guest, "rescue"), "stage identity: .*does not know who it is")
        self.wait_for_stage(guest, "rescue", "next try")
        guest.cut_power()

    def test_2_corrects_a_clock_that_is_older_than_its_agent(self):
        guest = self.power_on(self.hardware(scenario.DISKLESS, clock="1970-01-01T00:00:00"))
        self.wait_for_stage(guest, "kernel", "clock says 1970-01-01")
        # Whether that is late enough for the platform's certificate depends on the two builds; silence is neither.
        guest.wait_for(r"^\[boot:(switch|rescue)\] ", scenario.BOOT_S, "root or reason")
        guest.cut_power()

    def test_3_shows_no_token_that_was_refused(self):
        self.node.fields["bootstrap_token"] = "Zm9yZ2VkLXRva2VuLW9mLW5vYm9keS1hdC1hbGwtMDAwMDAwMDA"
        guest = self.power_on(self.hardware(scenario.DISKLESS))
        self.assertRegex(self.wait_for_stage(guest, "rescue"), "stage enroll: ")
        self.wait_for_stage(guest, "rescue", "next try")
        self.expect_no_secret(guest)
        type(self).failed = False


if __name__ == "__main__":
    scenario.main()
