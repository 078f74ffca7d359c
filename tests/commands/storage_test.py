"""The persist partition full, read-only or shared: said by name, and the node goes on as far as it can."""

import contextlib
import os
import subprocess

import command_test
import modules


class Storage(command_test.CommandTest):
    def setUp(self):
        super().setUp()
        self.platform = self.platform_with_modules()
        self.identity = self.new_identity(self.platform)
        self.node = self.new_node()
        self.node.trust(self.signer)

    def mount_persist(self, size):
        """A file system of its own, as small as ext4 gets, for --persist."""
        place, disk = self.directory / "persist", self.directory / "disk"
        place.mkdir()
        modules.run("mkfs.ext4", "-q", "-m", "0", "-O", "^has_journal", "-N", "256", disk, size)
        subprocess.run(["mount", "-o", "loop", disk, place], check=True)
        self.addCleanup(subprocess.run, ["umount", "--lazy", place], check=False)
        self.node.persist = place
        return place

    def fill(self, place):
        with contextlib.suppress(OSError), open(place / "filler", "wb", buffering=0) as filler:
            while True:
                filler.write(bytes(4096))

    def big_module(self):
        image = modules.build_image(self.directory, "big", {"/usr/lib/big": os.urandom(2 * 1024 * 1024).hex()})
        self.platform.add_module(image, "big", 30, self.signer)
        return image

    def test_full_before_enrolment_spends_no_token(self):
        self.fill(self.mount_persist("2m"))
        done = self.node.enroll(self.platform, self.identity, "--json")
        self.expect_failure(done, 3, "no_space", "save the key before it is used", str(self.node.persist), "No space left")
        self.assertEqual(self.platform.requests("enroll"), [])

    def test_read_only_before_enrolment_spends_no_token(self):
        place = self.mount_persist("2m")
        subprocess.run(["mount", "-o", "remount,ro", place], check=True)
        done = self.node.enroll(self.platform, self.identity, "--json")
        self.expect_failure(done, 3, "read_only", str(place), "Read-only file system")
        self.assertEqual(self.platform.requests("enroll"), [])

    def test_no_room_for_a_module(self):
        place = self.mount_persist("2m")
        self.node.configure(cache_floor_mib=0)
        self.expect_code(self.node.enroll(self.platform, self.identity), 0)
        self.platform.assign("base")
        self.expect_code(self.node.run("update"), 0)
        mounts = self.node.mounts()
        self.big_module()
        self.platform.assign("big")
        done = self.node.run("update", "--json")
        self.expect_failure(done, 3, "no_space", "pull module big", str(place), "MiB", "free are")
        self.assertEqual(self.node.mounts(), mounts)
        self.assertEqual(self.node.union(), {"etc/base"})
        self.assertEqual(sum(part.stat().st_size for part in (place / "cache/partial").iterdir()), 0, "not begun")

    def test_below_the_floor(self):
        self.mount_persist("2m")
        self.node.configure(cache_floor_mib=8)
        self.expect_code(self.node.enroll(self.platform, self.identity), 0)
        self.platform.assign("base")
        self.expect_failure(self.node.run("update", "--json"), 3, "no_space", "floor of 8 MiB (cache_floor_mib)")

    def start_service(self, **settings):
        self.node.configure(reconcile_interval=1, heartbeat_interval=1, gate_interval=1, gate_probes=1, gate_uptime=0,
                            **settings)
        return self.node.start_service()

    def test_service_outlives_a_disk_that_fills_up(self):
        place = self.mount_persist("2m")
        self.node.configure(cache_floor_mib=0)
        self.expect_code(self.node.enroll(self.platform, self.identity), 0)
        self.platform.assign("base")
        self.expect_code(self.node.run("update"), 0)
        self.fill(place)
        service = self.start_service(cache_floor_mib=0)
        self.eventually(lambda: len(self.platform.requests("status/heartbeat")) >= 2, "heartbeats")
        self.eventually(lambda: any(finding["code"] == "no_space" for finding in self.node.status()["findings"]),
                        "a finding about the disk")
        self.assertTrue(service.running())
        (place / "filler").unlink()
        self.eventually(lambda: self.node.status()["composition"].get("lkg"), "kept once there is room", seconds=60)
        code, _ = service.terminate()
        self.assertEqual(code, 0)

    def test_service_outlives_a_disk_that_turns_read_only(self):
        place = self.mount_persist("2m")
        self.node.configure(cache_floor_mib=0)
        self.expect_code(self.node.enroll(self.platform, self.identity), 0)
        self.platform.assign("base")
        self.expect_code(self.node.run("update"), 0)
        service = self.start_service(cache_floor_mib=0)
        self.eventually(lambda: len(self.platform.requests("status/heartbeat")) >= 2, "heartbeats")
        subprocess.run(["mount", "-o", "remount,ro", place], check=True)
        self.eventually(lambda: self.platform.node()["last_heartbeat"]["persist"]["state"] == "readonly",
                        "the platform learns of it")
        self.assertTrue(service.running())
        self.assertEqual(self.node.union(), {"etc/base"})

    def test_two_agents_pull_one_module(self):
        """The second waits for the first, and names it when that takes too long."""
        self.expect_code(self.node.enroll(self.platform, self.identity), 0)
        self.platform.assign("base")
        self.platform.fault("stall", route="blobs/sha256/*", number=1000)
        service = self.start_service()
        self.eventually(lambda: any("blobs/" in request["path"] for request in self.platform.requests()), "the download")
        done = self.node.run("update", "--json")
        self.expect_failure(done, 14, "locked", "pull module base", f"pid {service.pid} ", modules.sha256(self.base_image))


if __name__ == "__main__":
    command_test.main()
