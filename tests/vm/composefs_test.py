"""A composefs module on a persist partition with fs-verity: the kernel holds every byte of it.

Its files are damaged below the running node, in the disk image and in the object store. Each of them must then fail to
be read, and nothing else.
"""

import json
import mmap
import random

import scenario

AGENT = "/run/powernode/bin/powernode-agent"
REPLACED = ("swapped-a", "swapped-b", "truncated", "without-verity")
FILES = ("whole", "flipped", *REPLACED)


def content(name):
    """Three blocks that are like nothing else on the disk."""
    return random.Random(name).randbytes(3 * 4096)


class Composefs(scenario.NodeTest):
    modules = ("base", "nginx", "demo-login", "tools")

    @classmethod
    def add_modules(cls):
        super().add_modules()
        source = cls.lab.directory / "tools"
        (source / "opt/tools").mkdir(parents=True)
        for name in FILES:
            (source / "opt/tools" / name).write_bytes(content(name))
        image, cls.objects = cls.lab.pack(source)
        cls.control_plane.add_module(image, "tools", 400, objects=cls.objects)

    def object_of(self, name):
        """The path of a file's object in the guest."""
        wanted = content(name)
        found = next(path for path in self.objects.glob("??/*") if path.read_bytes() == wanted)
        return f"/persist/cache/objects/{found.parent.name}/{found.name}"

    def flip_on_disk(self, name):
        """Turns a bit of the file's second block over, wherever the disk holds it."""
        wanted = content(name)[4096:8192]
        found = 0
        with open(self.persist, "r+b") as disk, mmap.mmap(disk.fileno(), 0) as data:
            place = data.find(wanted)
            while place >= 0:
                data[place + 100] ^= 1
                found += 1
                place = data.find(wanted, place + 1)
        self.assertGreater(found, 0, f"{name} is not on the disk")

    def expect_readable(self, shell, *names):
        for name in names:
            shell.run(f"cat /opt/tools/{name} >/dev/null")

    def expect_eio(self, shell, *names):
        for name in names:
            self.assertIn("Input/output error", shell.run(f"cat /opt/tools/{name} 2>&1 >/dev/null", status=1))

    def test_1_is_held_by_the_kernel_and_says_so(self):
        guest = self.power_on(self.hardware(scenario.DISKLESS))
        self.wait_for_page(guest)
        self.assertIn("kernel enforced", self.wait_for_stage(guest, "mount", "tools"))
        type(self).guest = guest
        type(self).shell = guest.shell().__enter__()
        shell = self.shell
        self.assertIn("verity=require", shell.run("grep ' / / ' /proc/self/mountinfo"))
        guest.wait_until(lambda: "tools" in shell.run(f"{AGENT} status || true"), 120, "status")
        status = json.loads(shell.run("cat /run/powernode/status.json"))
        held = {module["name"]: module["enforcement"] for module in status["modules"]}
        self.assertEqual(held, dict.fromkeys(self.modules, "kernel enforced"))
        self.assertIn("tools: kernel enforced", shell.run(f"{AGENT} introspect"))
        self.expect_readable(shell, "whole")

    def test_2_a_bit_flipped_under_a_mounted_file_is_eio_and_nothing_else(self):
        self.expect_readable(self.shell, "flipped")
        self.shell.run("sync")
        self.flip_on_disk("flipped")
        self.shell.run("echo 3 >/proc/sys/vm/drop_caches")
        self.expect_eio(self.shell, "flipped")
        self.expect_readable(self.shell, "whole")
        self.wait_for_page(self.guest)

    def test_3_objects_that_are_others_are_not_opened(self):
        shell = self.shell
        a, b = self.object_of("swapped-a"), self.object_of("swapped-b")
        shell.run(f"mv {a} /persist/cache/t && mv {b} {a} && mv /persist/cache/t {b}")
        cut = self.object_of("truncated")
        shell.run(f"head -c 100 {cut} >/persist/cache/t && mv /persist/cache/t {cut}")
        bare = self.object_of("without-verity")
        shell.run(f"cp {bare} /persist/cache/t && mv /persist/cache/t {bare}")
        self.expect_eio(shell, *REPLACED)
        self.expect_readable(shell, "whole")
        shell.run("sync")
        self.guest.cut_power()

    def test_4_the_next_boot_fetches_what_is_not_what_it_is_called(self):
        guest = self.power_on(self.hardware(scenario.DISKLESS))
        self.wait_for_page(guest)
        with guest.shell() as shell:
            self.expect_readable(shell, "whole", *REPLACED)
        type(self).failed = False


if __name__ == "__main__":
    scenario.main()
