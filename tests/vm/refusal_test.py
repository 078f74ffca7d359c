"""A module that is not what was signed: refused, said so, tried again, never run."""

import lab
import scenario


class Refusal(scenario.NodeTest):
    modules = ("base", "nginx")

    def test_refuses_a_tampered_module_and_boots_once_it_is_whole(self):
        self.control_plane.command("fault", "add", "flip", "--route", "blobs/*", "--number", "4096")
        guest = self.power_on(self.hardware(scenario.DISKLESS))
        line = self.wait_for_stage(guest, "rescue", "stage verify")
        self.assertIn("digest_mismatch", line)
        self.wait_for_stage(guest, "rescue", "next try")
        self.assertIsNone(lab.page(self.web))
        self.assertNotRegex(guest.console(), r"\[boot:mount\]")
        self.expect_no_secret(guest)
        self.control_plane.command("fault", "clear")
        self.wait_for_page(guest)
        type(self).failed = False


if __name__ == "__main__":
    scenario.main()
