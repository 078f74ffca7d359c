"""A node: a directory that the agent takes for `/`, and the agent's commands run in it."""

import dataclasses
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

PROGRAM = os.environ.get("POWERNODE_AGENT", pathlib.Path(__file__).parents[2] / "build/dev/powernode-agent")
PATIENCE = 90


@dataclasses.dataclass
class Ended:
    """A command's end."""
    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


class Node:
    def __init__(self, directory):
        self.root = pathlib.Path(directory)
        self.persist = None  # another place than <root>/persist
        self.said = []       # everything any command of this node printed
        self.services = []
        self.root.mkdir()

    def path(self, name):
        return self.root / name.lstrip("/")

    def write(self, name, text):
        target = self.path(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        return target

    def trust(self, signer, name="owner"):
        self.write(f"/etc/powernode/trust/{name}.pem", signer.public_key.read_text())

    def accept(self, **rule):
        """A policy of one rule: any trusted key, any module."""
        rules = [{"modules": ["*"], "keys": ["*"], **rule}]
        self.write("/etc/powernode/policy.json", json.dumps({"format": "powernode-policy", "version": 1, "rules": rules}))

    def configure(self, **settings):
        self.write("/etc/powernode/agent.conf", "".join(f"{key} = {value}\n" for key, value in settings.items()))

    def command_line(self, command, *arguments):
        words = [PROGRAM, command, "--below", self.root]
        if self.persist is not None:
            words += ["--persist", self.persist]
        return [str(word) for word in (*words, *arguments)]

    def run(self, command, *arguments, stdin=""):
        done = subprocess.run(self.command_line(command, *arguments), input=stdin, capture_output=True, text=True,
                              timeout=PATIENCE, env=_environment())
        self.said += [done.stdout, done.stderr]
        return Ended(done.returncode, done.stdout, done.stderr)

    def enroll(self, platform, identity, *arguments, token=None):
        """With everything given by hand; the token comes through standard input."""
        return self.run("enroll", "--platform-url", platform.url, "--ca", platform.ca, "--subject",
                        identity["instance_uuid"], "--token-file", "-", *arguments,
                        stdin=identity["bootstrap_token"] if token is None else token)

    def start_service(self, *arguments, environment=None, journal=False):
        service = Service(self, arguments, environment or {}, journal)
        self.services.append(service)
        return service

    def close(self):
        for service in self.services:
            service.end()
        for mountpoint in reversed(self.mounts()):
            subprocess.run(["umount", "--lazy", mountpoint], check=False, capture_output=True)

    def mounts(self):
        """What is mounted below the node, the oldest first."""
        with open("/proc/self/mountinfo") as table:
            points = [line.split()[4] for line in table]
        return [point for point in points if point.startswith(f"{self.root}/")]

    def union(self):
        """The files of the composed union, by their path in it."""
        root = self.path("/run/powernode/union")
        return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}

    def status(self):
        return json.loads(self.path("/run/powernode/status.json").read_text())

    def tree(self):
        """Each name below the node with kind, mode, size and time of its last change."""
        listing = {}
        for path in sorted(self.root.rglob("*")):
            info = path.lstat()
            listing[str(path.relative_to(self.root))] = (info.st_mode, info.st_size, info.st_mtime_ns)
        return listing


class Service:
    """`powernode-agent service`, with a service manager's socket to report to."""

    def __init__(self, node, arguments, environment, journal):
        self._node = node
        self.log_path = node.root.with_name(f"{node.root.name}-service-{len(node.services)}.log")
        self._log = open(self.log_path, "wb")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        notify = f"{node.root}.notify-{len(node.services)}"
        self._socket.bind(notify)
        self._socket.setblocking(False)
        self.notices = []
        given = {"NOTIFY_SOCKET": notify, **environment}
        if journal:
            stream = os.fstat(self._log.fileno())
            given["JOURNAL_STREAM"] = f"{stream.st_dev}:{stream.st_ino}"
        self._process = subprocess.Popen(node.command_line("service", *arguments), stdin=subprocess.DEVNULL,
                                         stdout=self._log, stderr=self._log, env=_environment(given))

    @property
    def pid(self):
        return self._process.pid

    def log(self):
        return self.log_path.read_text()

    def running(self):
        return self._process.poll() is None

    def notified(self):
        """Every message to the service manager so far."""
        while True:
            try:
                self.notices.append(self._socket.recv(65536).decode())
            except BlockingIOError:
                return self.notices

    def hang_up(self):
        """SIGHUP: the configuration is to be read again."""
        self._process.send_signal(signal.SIGHUP)

    def terminate(self):
        """SIGTERM; the exit code and how many seconds the end took."""
        asked = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        code = self._process.wait(30)
        took = time.monotonic() - asked
        self.end()
        return code, took

    def end(self):
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if not self._log.closed:
            self.notified()
            self._log.close()
            self._socket.close()
            self._node.said.append(self.log())
            self._node.said += self.notices


def _environment(given=None):
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith("POWERNODE_") and name not in ("NOTIFY_SOCKET", "JOURNAL_STREAM")}
    return {**kept, **(given or {})}
