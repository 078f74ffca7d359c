"""A node that does not know who it is: says what is missing, and goes on looking."""

import scenario


class Rescue(scenario.NodeTest):
    def test_says_stage_reason_and_next_try_without_a_secret(self):
        everything = ("instance_uuid", "bootstrap_token", "platform_url", "ca_pem")
        guest = self.power_on(self.hardware(scenario.DISKLESS, leave_out=everything))
        self.assertRegex(self.wait_for_stage(guest, "rescue"), "stage identity: .*does not know who it is")
        self.wait_for_stage(guest, "rescue", "next try")
        guest.cut_power()

    def test_shows_no_token_that_was_refused(self):
        self.node.fields["bootstrap_token"] = "Zm9yZ2VkLXRva2VuLW9mLW5vYm9keS1hdC1hbGwtMDAwMDAwMDA"
        guest = self.power_on(self.hardware(scenario.DISKLESS))
        self.assertRegex(self.wait_for_stage(guest, "rescue"), "stage enroll: ")
        self.wait_for_stage(guest, "rescue", "next try")
        self.expect_no_secret(guest)
        type(self).failed = False


if __name__ == "__main__":
    scenario.main()
