"""What the VM tests have in common: one laboratory a test program, whose control
plane knows three signed modules (base, nginx, demo-login) and one node.

Test methods run in the order of their names and stop at the first failure,
since the boots of one node build on each other.
"""

import pathlib
import re
import sys
import unittest

import images
import lab
import machine

# panic=30: a node that loses its init tries again. mitigations=off: there is
# nothing to protect in an emulated processor. The device timeout is for a test
# machine that is busy with something else.
ALWAYS = "panic=30 loglevel=5 mitigations=off systemd.show_status=error systemd.default_device_timeout_sec=300"
DISKLESS = f"boot=powernode powernode.boot=1 ip=dhcp {ALWAYS}"
DISKLESS_DRACUT = f"powernode.boot=1 ip=dhcp rd.neednet=1 {ALWAYS}"
EXISTING_ROOT = f"root=LABEL=root rw powernode.boot=1 ip=dhcp {ALWAYS}"
EXISTING_ROOT_DRACUT = f"{EXISTING_ROOT} rd.neednet=1"

# A set counts as good soon: a test has no minutes to spend on it.
QUICK_GATE = b"gate_uptime = 5\ngate_interval = 1\ngate_probes = 2\nheartbeat_interval = 5\n"

STAGES = ("kernel", "persist", "identity", "enroll", "choose", "fetch", "verify", "mount", "check", "compose",
          "breadcrumb", "switch")

BOOT_S = 300  # an emulated boot takes 30 s on an idle machine; two jobs may share it


class NodeTest(unittest.TestCase):
    modules = ("base", "nginx", "demo-login")
    sign = True

    @classmethod
    def setUpClass(cls):
        cls.lab = lab.Lab().__enter__()
        cls.addClassCleanup(lambda: cls.lab.close(failed=cls.failed))
        cls.failed = True  # until the last test has passed
        cls.control_plane = cls.lab.control_plane
        cls.artifact = images.modules()
        cls.add_modules()
        cls.node = cls.control_plane.add_node("node-1")
        cls.control_plane.assign(cls.node, *cls.modules)
        cls.control_plane.start()
        cls.persist = cls.lab.new_disk("node-1")
        cls.boots = 0

    @classmethod
    def add_modules(cls):
        cls.control_plane.add_module(cls.artifact / "base.erofs", "base", 100)
        cls.control_plane.add_module(cls.artifact / "nginx.erofs", "nginx", 200, cls.artifact / "services.json")
        cls.control_plane.add_module(cls.artifact / "demo-login.erofs", "demo-login", 300)

    def hardware(self, command_line, generator="initramfs-tools", series="6.12", leave_out=(), disks=None, clock=""):
        type(self).web = machine.free_port()
        return machine.Hardware(
            kernel=images.kernel(series),
            initrd=self.lab.boot_image(generator, series, {"/etc/powernode/agent.conf": QUICK_GATE}),
            command_line=command_line,
            disks=[self.persist] if disks is None else disks,
            fw_cfg=self.node.fw_cfg(self.lab.directory, leave_out),
            forward={self.web: 80},
            clock=clock)

    def power_on(self, hardware):
        type(self).boots += 1
        return self.lab.power_on(f"boot-{self.boots}", hardware)

    def wait_for_page(self, guest):
        content = guest.wait_until(lambda: lab.page(self.web), BOOT_S, "page on port 80")
        print(f"  page served {guest.age():.1f} s after power-on", file=sys.stderr)
        return content

    def wait_for_stage(self, guest, stage, text=""):
        return guest.wait_for_line(rf"\[boot:{stage}\] .*{text}.*", BOOT_S, f"line [boot:{stage}] {text}")

    def expect_stages(self, guest, stages=STAGES):
        """Every stage spoke, first in this order, each line with its time."""
        lines = re.findall(r"^\[boot:(\w+)\] .*\(t=[0-9.]+s\)$", guest.console(), re.MULTILINE)
        self.assertEqual([stage for stage in dict.fromkeys(lines) if stage in stages], list(stages))

    def expect_drivers(self, shell, series="6.12"):
        """Every driver the hooks load is in the kernel, as a module or built in."""
        kernel = images.kernel(series).parent
        built_in = next(kernel.glob("tree/usr/lib/modules/*/modules.builtin")).read_text()
        listed = (images.REPOSITORY / "initramfs-hooks/drivers").read_text()
        names = {name.replace("-", "_") for name in re.findall(r"^(\S+) load$", listed, re.MULTILINE)}
        names -= {pathlib.PurePath(path).stem.replace("-", "_") for path in built_in.split()}
        loaded = {line.split()[0] for line in shell.run("cat /proc/modules").splitlines()}
        self.assertEqual(names - loaded, set())

    def expect_no_secret(self, guest):
        self.assertNotIn(self.node.fields["bootstrap_token"], guest.console_log.read_bytes().decode("utf-8", "replace"))

    def heartbeats(self):
        return self.control_plane.count("POST", "/heartbeat")

    def enrolments(self):
        return self.control_plane.count("POST", "/enroll")


def main():
    # ctest shows the output of a failed program only, so it may be plentiful.
    sys.path.insert(0, str(pathlib.Path(__file__).parent))
    program = unittest.main(module="__main__", verbosity=2, failfast=True, exit=False)
    sys.exit(0 if program.result.wasSuccessful() else 1)
