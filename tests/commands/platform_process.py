"""The reference control plane as a process on a free port of the loopback."""

import base64
import json
import os
import pathlib
import signal
import subprocess

BUILD = pathlib.Path(__file__).parents[2] / "build/dev"
PROGRAM = os.environ.get("POWERNODE_PLATFORM", BUILD / "tests/platform/powernode-platform")
PATIENCE = 60
# A line that authorized_keys may have.
SSH_KEY = "ssh-ed25519 " + base64.b64encode(b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + bytes(32)).decode() + " anna"


class Platform:
    """Serves from `directory`. Verbs work while it serves and while it is down."""

    def __init__(self, directory, *serve_flags):
        self.directory = pathlib.Path(directory)
        self.url = None
        self._serve_flags = serve_flags
        self._process = None

    @property
    def ca(self):
        return self.directory / "ca.pem"

    def start(self):
        """Serves; after a stop on the same port as before."""
        listen = "127.0.0.1:0" if self.url is None else self.url.removeprefix("https://")
        reading, writing = os.pipe()
        with open(f"{self.directory}.log", "ab") as log:
            self._process = subprocess.Popen(
                [PROGRAM, "--state", self.directory, "serve", "--listen", listen, "--ip", "127.0.0.1",
                 "--ready-fd", str(writing), *self._serve_flags],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=[writing])
        os.close(writing)
        with os.fdopen(reading) as ready:
            text = ready.read()
        if not text:
            raise AssertionError(f"the control plane did not start: {pathlib.Path(f'{self.directory}.log').read_text()}")
        self.url = json.loads(text)["url"]
        return self

    def stop(self):
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def verb(self, *words):
        done = subprocess.run([PROGRAM, "--state", self.directory, *map(str, words)],
                              capture_output=True, text=True, timeout=PATIENCE)
        if done.returncode != 0:
            raise AssertionError(f"powernode-platform {words}: {done.stderr}{done.stdout}")
        return done.stdout

    def add_node(self, name="demo", **flags):
        return json.loads(self.verb("node", "add", name, *_flags(flags)))

    def add_module(self, image, name, priority, signer=None, **flags):
        signature = [] if "signature" in flags else ["--no-sign"] if signer is None else ["--sign-key", signer.private_key]
        self.verb("module", "add", image, "--name", name, "--priority", priority, *signature, *_flags(flags))

    def assign(self, *modules, node="demo"):
        self.verb("assign", node, *modules)

    def unassign(self, *modules, node="demo"):
        self.verb("unassign", node, *modules)

    def authorize(self, *keys, node="demo"):
        """Who may log in: lines of authorized_keys."""
        lines = self.directory / "keys"
        lines.write_text("".join(f"{key}\n" for key in keys))
        self.verb("node", "set", node, "--authorized-keys", lines)

    def fault(self, kind, **flags):
        self.verb("fault", "add", kind, *_flags(flags))

    def clear_faults(self):
        self.verb("fault", "clear")

    def requests(self, path=None):
        """What was asked so far, the oldest first."""
        lines = [json.loads(line) for line in self.verb("requests").splitlines()]
        return [line for line in lines if path is None or line["path"] == path]

    def status(self):
        return json.loads(self.verb("status", "--json"))

    def node(self, name="demo"):
        """What `status` says about a node."""
        return next(node for node in self.status()["nodes"] if node["name"] == name)

    def complaints(self):
        """What agents sent that the contract does not allow."""
        return [f"{line['what']} ({line['count']} times)" for line in self.status()["complaints"]]


def _flags(flags):
    for name, value in flags.items():
        yield "--" + name.replace("_", "-")
        yield value
