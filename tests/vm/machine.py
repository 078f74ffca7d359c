"""One QEMU guest: started, watched through its serial console, and ended.

The guest runs under emulation (TCG), because a test machine's own
virtualisation is often unusable from inside it; POWERNODE_VM_ACCEL=kvm says
otherwise. Nothing of the guest outlives this process, unless `detach` was
called: the kernel kills QEMU when its parent ends.
"""

import ctypes
import dataclasses
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time

PR_SET_PDEATHSIG = 1

# One processor: with two, QEMU 7.2 now and then runs code that the other one is
# patching, and the guest's kernel dies of an int3. cmpxchg16b it emulates wrongly
# (a stray trap flag); AES and carry-less multiplication pay for themselves in TLS.
PROCESSORS = 1
CPU = "qemu64,-cx16,+ssse3,+sse4.1,+sse4.2,+popcnt,+aes,+pclmulqdq"


class GuestError(Exception):
    """The guest did not do in time what it was expected to do."""


@dataclasses.dataclass
class Hardware:
    kernel: pathlib.Path
    initrd: pathlib.Path
    command_line: str
    disks: list = dataclasses.field(default_factory=list)  # raw images, as vda, vdb, ...
    fw_cfg: dict = dataclasses.field(default_factory=dict)  # name -> file
    forward: dict = dataclasses.field(default_factory=dict)  # host port -> guest port
    memory_mib: int = 1024
    clock: str = ""  # -rtc base=, for instance 1970-01-01T00:00:00


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def printable(console):
    """Bytes of a terminal as text without colours and carriage returns."""
    return re.sub(r"\x1b\[[0-9;?!:]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[c78=>]|\r", "",
                  console.decode("utf-8", "replace"))


def _die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Machine:
    def __init__(self, name, work, hardware):
        self.name = name
        self.console_log = work / f"{name}.console"
        self.console_socket = work / f"{name}.serial"
        self.monitor_socket = work / f"{name}.qmp"
        self._errors = work / f"{name}.qemu"
        self._hardware = hardware
        self._process = None
        self.powered_on = None

    def _command(self):
        hardware = self._hardware
        accel = os.environ.get("POWERNODE_VM_ACCEL", "tcg")
        command = [
            "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-machine", "q35", "-m", str(hardware.memory_mib), "-smp", str(PROCESSORS),
            "-kernel", str(hardware.kernel), "-initrd", str(hardware.initrd),
            "-append", "console=ttyS0,115200 " + hardware.command_line,
            "-device", "virtio-rng-pci",
            "-chardev", f"socket,id=serial,path={self.console_socket},server=on,wait=off,logfile={self.console_log}",
            "-serial", "chardev:serial",
            "-qmp", f"unix:{self.monitor_socket},server=on,wait=off",
        ]
        command += ["-accel", "kvm", "-cpu", "host"] if accel == "kvm" else ["-accel", "tcg", "-cpu", CPU]
        user = "user,id=net" + "".join(
            f",hostfwd=tcp:127.0.0.1:{host}-:{guest}" for host, guest in hardware.forward.items())
        command += ["-netdev", user, "-device", "virtio-net-pci,netdev=net,romfile="]
        for disk in hardware.disks:
            command += ["-drive", f"file={disk},format=raw,if=virtio,cache=unsafe"]
        for key, file in hardware.fw_cfg.items():
            # From a file: a token on QEMU's command line would be seen by ps.
            command += ["-fw_cfg", f"name={key},file={file}"]
        if hardware.clock:
            command += ["-rtc", f"base={hardware.clock}"]
        return command

    def start(self, detach=False):
        self.console_log.write_bytes(b"")
        with open(self._errors, "wb") as errors:
            self._process = subprocess.Popen(
                self._command(), stdin=subprocess.DEVNULL, stdout=errors, stderr=errors,
                start_new_session=detach, preexec_fn=None if detach else _die_with_parent)
        self.powered_on = time.monotonic()
        return self

    @property
    def pid(self):
        return self._process.pid

    def running(self):
        return self._process is not None and self._process.poll() is None

    def age(self):
        return time.monotonic() - self.powered_on

    def console(self):
        """What the guest has written so far, without colours and carriage returns."""
        return printable(self.console_log.read_bytes())

    def wait_for(self, pattern, timeout_s, what):
        """The match of `pattern` in the console, or GuestError with its last lines."""
        deadline = time.monotonic() + timeout_s
        while True:
            ended = not self.running()
            if found := re.search(pattern, self.console(), re.MULTILINE):
                return found
            if ended:
                raise GuestError(f"{self.name}: the machine ended before {what}\n{self.tail()}{self._errors.read_text()}")
            if time.monotonic() > deadline:
                raise GuestError(f"{self.name}: no {what} within {timeout_s} s\n{self.tail()}")
            time.sleep(0.1)

    def wait_for_line(self, pattern, timeout_s, what):
        """The first whole line that `pattern` matches: one still being written does not end with its newline yet."""
        return self.wait_for(rf"^{pattern}(?=\n)", timeout_s, what).group(0)

    def wait_until(self, condition, timeout_s, what):
        """The first true value of `condition()`."""
        deadline = time.monotonic() + timeout_s
        while not (value := condition()):
            if not self.running():
                raise GuestError(f"{self.name}: the machine ended before {what}\n{self.tail()}{self._errors.read_text()}")
            if time.monotonic() > deadline:
                raise GuestError(f"{self.name}: no {what} within {timeout_s} s\n{self.tail()}")
            time.sleep(0.2)
        return value

    def tail(self, lines=25):
        last = self.console().rstrip().splitlines()[-lines:]
        return "".join(f"  | {line}\n" for line in last) + f"whole console: {self.console_log}\n"

    def shell(self, timeout_s=120):
        """A root shell on the console of a guest that logs root in there (demo-login)."""
        self.wait_for(r"root@\S+:~# ", timeout_s, "root shell on the console")
        return Shell(self)

    def cut_power(self):
        if self.running():
            self._process.kill()
        if self._process is not None:
            self._process.wait()


class Shell:
    """Commands typed into a guest's serial console, one at a time."""

    def __init__(self, guest):
        self._guest = guest
        self._received = bytearray()
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(str(guest.console_socket))
        # Always reading: a guest whose console nobody drains stops. QEMU's log
        # is no substitute, it repeats bytes when the connection was full.
        threading.Thread(target=self._read, daemon=True).start()
        self._count = 0
        self.run("stty -echo; PS1=''; bind 'set enable-bracketed-paste off'; dmesg -n 1")

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()

    def _read(self):
        try:
            while received := self._connection.recv(4096):
                self._received += received
        except OSError:
            pass

    def run(self, command, timeout_s=60, status=0):
        """Its output; GuestError when it ends with another status than `status`."""
        self._count += 1
        # In two pieces, so that the echo of the command is not taken for its result.
        self._connection.sendall(
            f"echo '<be''gin {self._count}>'; {command}; echo \"<e\"\"nd {self._count} $?>\"\n".encode())
        expected = re.compile(rf"<begin {self._count}>\n(.*)<end {self._count} (\d+)>", re.DOTALL)
        found = self._guest.wait_until(
            lambda: expected.search(printable(bytes(self._received))), timeout_s, f"end of `{command}`")
        output, ended_with = found.group(1), int(found.group(2))
        if ended_with != status:
            raise GuestError(f"{self._guest.name}: `{command}` ended with {ended_with}:\n{output}")
        return output

    def wait_for(self, command, timeout_s=120):
        """Runs `command` until it ends with 0: what the guest does at its own pace is not there at once."""
        self._guest.wait_until(lambda: self.run(f"( {command} ) >/dev/null 2>&1; echo $?").strip() == "0", timeout_s,
                               f"success of `{command}`")
