"""A laboratory: a reference control plane, its name, and the nodes it knows.

Runs inside `in-lab`, which gives it an address for a name server. Guests reach
this machine as 10.0.2.2 and the control plane as platform.test. Everything lies
in one directory, which is removed at the end, or kept and named when something
failed or POWERNODE_VM_KEEP is set.
"""

import dataclasses
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import images
import initrd
import machine

PLATFORM_NAME = "platform.test"
HOST_AS_SEEN_BY_GUEST = "10.0.2.2"


class Lab:
    def __init__(self, keep_processes=False):
        self._keep_processes = keep_processes
        self._left_running = False
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="powernode-lab-"))
        self.control_plane = ControlPlane(self)
        self.machines = []
        self._processes = []

    def __enter__(self):
        try:
            self._serve_names()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind, value, trace):
        self.close(failed=kind is not None)

    def close(self, failed=False):
        for guest in self.machines:
            guest.cut_power()
        for process in reversed(self._processes):
            end(process)
        if self._left_running:
            return
        if failed or os.environ.get("POWERNODE_VM_KEEP"):
            print(f"logs are in {self.directory}", file=sys.stderr)
        else:
            shutil.rmtree(self.directory, ignore_errors=True)

    def spawn(self, command, log):
        """A process of the laboratory, ended with it."""
        detached = self._keep_processes
        with open(self.directory / log, "ab") as out:
            process = subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                start_new_session=detached, preexec_fn=None if detached else machine._die_with_parent)
        self._processes.append(process)
        return process

    def leave_running(self, link):
        """What runs goes on after this process; `link` leads to its directory and pids."""
        pids = [process.pid for process in self._processes] + [guest.pid for guest in self.machines if guest.running()]
        (self.directory / "pids").write_text("\n".join(map(str, pids)))
        link.unlink(missing_ok=True)
        link.symlink_to(self.directory)
        self._processes, self.machines, self._left_running = [], [], True

    def _serve_names(self):
        address = os.environ.get("POWERNODE_LAB_DNS")
        if not address:
            raise SystemExit("run this through tests/vm/in-lab")
        self.spawn(
            ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--user=root",
             f"--pid-file={self.directory}/dnsmasq.pid", f"--listen-address={address}", "--bind-interfaces",
             "--log-queries", "--log-facility=-", f"--address=/{PLATFORM_NAME}/{HOST_AS_SEEN_BY_GUEST}", f"--local=/{PLATFORM_NAME}/"],
            "dnsmasq.log")

    def new_disk(self, name):
        return images.persist_disk(self.directory / f"{name}.persist")

    def boot_image(self, generator="initramfs-tools", series="6.12", files=None):
        """An initramfs with this laboratory's trust key and, when given, more files."""
        base = images.initramfs(generator, series)
        number = len(list(self.directory.glob("*.initrd")))
        content = {"/etc/powernode/trust/lab.pem": self.control_plane.public_key.read_bytes()}
        content.update(files or {})
        return initrd.append(base, content, self.directory / f"{generator}-{series}-{number}.initrd")

    def pack(self, tree):
        """A directory as a composefs image, and the directory of its objects."""
        image, objects = tree.with_suffix(".cfs"), tree.with_suffix(".objects")
        subprocess.run([images.agent(), "pack", tree, "--image", image, "--objects", objects], check=True,
                       stdout=subprocess.DEVNULL)
        return image, objects

    def power_on(self, name, hardware, detach=False):
        guest = machine.Machine(name, self.directory, hardware)
        self.machines.append(guest)
        return guest.start(detach)


def end(process):
    """SIGTERM, then SIGKILL for one that does not listen."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


@dataclasses.dataclass
class Identity:
    name: str
    fields: dict  # as `node add` prints them

    def fw_cfg(self, directory, leave_out=()):
        """QEMU's fw_cfg items (node-files.md section 2.4), each in a file of its own."""
        values = {
            "instance_uuid": self.fields["instance_uuid"],
            "bootstrap_token": self.fields["bootstrap_token"],
            "platform_url": self.fields["platform_url"],
            "ca_pem": self.fields["platform_ca"],
            "instance_name": self.name,
        }
        items = {}
        for key, value in values.items():
            if key not in leave_out:
                file = directory / f"{self.name}.{key}"
                file.touch(mode=0o600)
                file.write_text(value)
                items[f"opt/com.powernode/{key}"] = file
        return items


class ControlPlane:
    """The reference control plane of tests/platform, driven by its command line."""

    def __init__(self, lab):
        self._lab = lab
        self.state = lab.directory / "platform"
        self.port = machine.free_port()
        self._control_port = machine.free_port()
        self._process = None
        self.url = f"https://{PLATFORM_NAME}:{self.port}"
        self.signing_key = lab.directory / "signing-key.pem"
        self.public_key = lab.directory / "signing-key.pub"
        subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self.signing_key],
                       check=True, stderr=subprocess.DEVNULL)
        subprocess.run(["openssl", "ec", "-in", self.signing_key, "-pubout", "-out", self.public_key],
                       check=True, stderr=subprocess.DEVNULL)

    def command(self, *words):
        """The output of one verb of powernode-platform."""
        run = subprocess.run([images.platform(), "--state", self.state, *words], capture_output=True, text=True)
        if run.returncode != 0:
            raise RuntimeError(f"powernode-platform {' '.join(map(str, words))}: {run.stderr.strip()}")
        return run.stdout

    def start(self):
        ready = self._lab.directory / "platform.pid"
        ready.unlink(missing_ok=True)
        self._process = self._lab.spawn(
            [images.platform(), "--state", self.state, "serve", "--listen", f"127.0.0.1:{self.port}",
             "--control", f"127.0.0.1:{self._control_port}", "--name", PLATFORM_NAME, "--pid-file", ready],
            "platform.log")
        deadline = time.monotonic() + 10
        while not ready.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("powernode-platform did not start, see " + str(self._lab.directory / "platform.log"))
            time.sleep(0.05)

    def stop(self):
        end(self._process)

    def add_node(self, name):
        fields = json.loads(self.command("node", "add", name))
        fields["platform_url"] = self.url
        return Identity(name, fields)

    def add_module(self, image, name, priority, services=None, signed=True, objects=None):
        words = ["module", "add", image, "--name", name, "--priority", str(priority), "--id", name]
        if services:
            words += ["--services", services]
        if objects:
            words += ["--objects", objects]
        if signed:
            words += ["--sign-key", self.signing_key]
        self.command(*words)

    def assign(self, node, *modules):
        self.command("assign", node.name, *modules)

    def requests(self):
        return [json.loads(line) for line in self.command("requests").splitlines() if line.strip()]

    def count(self, method, path_end):
        return sum(1 for request in self.requests()
                   if request["method"] == method and ("/" + request["path"]).endswith(path_end))

    def status(self):
        return json.loads(self.command("status", "--json"))


def page(port):
    """The page a guest serves on the forwarded port, or None while it does not."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}/", timeout=2) as answer:
            return answer.read().decode()
    except (urllib.error.URLError, OSError):
        return None
