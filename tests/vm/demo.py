"""`make demo`: see tests/vm/demo."""

import os
import pathlib
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import termios
import time
import tty

import images
import lab
import machine
import scenario

STAGE_LIMIT_S = 240  # without a new line from the machine
LEFT_RUNNING = pathlib.Path(
    os.environ.get("POWERNODE_CACHE") or pathlib.Path(
        os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "powernode-agent") / "vm" / "demo"
TITLES = {
    "enroll": "enrolled", "choose": "chosen", "fetch": "pulled", "verify": "verified", "mount": "mounted",
    "compose": "root composed", "check": "root checked", "breadcrumb": "recorded", "switch": "switched",
}


class Failed(Exception):
    """A stage did not come: (stage, why)."""


class Show:
    """One line a stage: seconds since power-on, title, what happened."""

    def __init__(self):
        self.begin = time.monotonic()
        self.stage = "preparation"

    def line(self, title, text, seconds=None):
        self.stage = title
        at = time.monotonic() - self.begin if seconds is None else seconds
        print(f"{at:7.1f} s  {title:<14} {text}", flush=True)

    def follow_boot(self, guest):
        """Shows the machine's own stage lines until it switches into its root."""
        shown, last_new = 0, time.monotonic()
        while True:
            lines = re.findall(r"^\[boot:(\w+)\] (.*?)(?: \(t=([0-9.]+)s\))?$", guest.console(), re.MULTILINE)
            for stage, text, seconds in lines[shown:]:
                if stage == "rescue":
                    raise Failed(self.stage, text)
                # The machine's clock, put on power-on as seen from here, so that both agree.
                self.line(TITLES.get(stage, stage), text, guest.age())
                if stage == "switch":
                    return
            if len(lines) > shown:
                shown, last_new = len(lines), time.monotonic()
            if not guest.running():
                raise Failed(self.stage, "the machine ended\n" + guest.tail())
            if time.monotonic() - last_new > STAGE_LIMIT_S:
                raise Failed(self.stage, f"nothing new for {STAGE_LIMIT_S} s\n" + guest.tail())
            time.sleep(0.05)


def first(guest, condition, what):
    try:
        return guest.wait_until(condition, STAGE_LIMIT_S, what)
    except machine.GuestError as error:
        raise Failed(what, str(error)) from error


def run():
    keep = os.environ.get("KEEP") == "1"
    if LEFT_RUNNING.exists():
        sys.exit(f"demo: one is still running in {os.readlink(LEFT_RUNNING)}: end it with tests/vm/demo stop")
    for program in (images.agent(), images.platform()):
        if not os.access(program, os.X_OK):
            sys.exit(f"demo: there is no {program}: run make build first")
    show = Show()
    laboratory = lab.Lab(keep_processes=keep)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with laboratory:
            present(laboratory, show, keep)
            if keep:
                laboratory.leave_running(LEFT_RUNNING)
    except (Failed, RuntimeError, subprocess.CalledProcessError) as error:
        stage, why = error.args if isinstance(error, Failed) else (show.stage, str(error))
        print(f"\ndemo failed at stage: {stage}\n{why}\nlogs: {laboratory.directory}", file=sys.stderr)
        sys.exit(1)


def present(laboratory, show, keep):
    control_plane = laboratory.control_plane
    artifact = images.modules()
    kernel, initrd = images.kernel("6.12"), laboratory.boot_image()
    control_plane.add_module(artifact / "base.erofs", "base", 100)
    control_plane.add_module(artifact / "nginx.erofs", "nginx", 200, artifact / "services.json")
    modules = ["base", "nginx"]
    if keep:
        control_plane.add_module(artifact / "demo-login.erofs", "demo-login", 300)
        modules.append("demo-login")
    node = control_plane.add_node("demo-node")
    control_plane.assign(node, *modules)
    control_plane.start()
    show.line("control plane", f"{control_plane.url} knows {node.name} and {len(modules)} signed modules")

    web = machine.free_port()
    show.begin = time.monotonic()
    guest = laboratory.power_on("node", machine.Hardware(
        kernel=kernel, initrd=initrd, command_line=scenario.DISKLESS, disks=[laboratory.new_disk("node")],
        fw_cfg=node.fw_cfg(laboratory.directory), forward={web: 80}), detach=keep)
    show.begin = guest.powered_on
    show.line("power-on", "QEMU without hardware virtualisation: 2 processors, 1 GiB, an empty persist disk")
    show.follow_boot(guest)

    seen = {}
    waiting = {
        "first heartbeat": lambda: control_plane.count("POST", "/heartbeat"),
        "page served": lambda: lab.page(web),
    }
    while waiting:
        def any_new():
            return [what for what, condition in waiting.items() if condition()]
        for what in first(guest, any_new, next(iter(waiting))):
            seen[what] = waiting.pop(what)()
            show.line(what, f"http://127.0.0.1:{web}/" if what == "page served" else f"from {node.name}")

    print(f"\n$ curl http://127.0.0.1:{web}/")
    page = subprocess.run(["curl", "-sS", "--noproxy", "*", f"http://127.0.0.1:{web}/"], check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    print(page, end="")
    if node.name not in page:
        raise Failed("page served", f"the page does not name {node.name}")
    print("\n$ powernode-platform status")
    print(control_plane.command("status"), end="", flush=True)
    if keep:
        print(f"""
The machine and its control plane go on running:
  its page       http://127.0.0.1:{web}/
  log in         tests/vm/demo login      (root without a password, from the demo-login module; leave with Ctrl-])
  look around    /run/powernode/bin/powernode-agent status; findmnt /; cat /run/powernode/composed.json;
                 journalctl -u powernode-agent; systemctl status 'powernode-*'
  control plane  {images.platform()} --state {control_plane.state} status
                 (or requests, task add {node.name} ..., unassign {node.name} nginx)
  console log    {guest.console_log}
  end it         tests/vm/demo stop""")


def login():
    directory = pathlib.Path(os.readlink(LEFT_RUNNING)) if LEFT_RUNNING.exists() else None
    if directory is None:
        sys.exit("demo: nothing is running: start it with make demo KEEP=1")
    print("Ctrl-] leaves; Enter shows the prompt.", file=sys.stderr)
    with socket.socket(socket.AF_UNIX) as console:
        console.connect(str(directory / "node.serial"))
        before = termios.tcgetattr(0)
        tty.setraw(0)
        try:
            while True:
                ready, _, _ = select.select([0, console], [], [])
                if console in ready:
                    if not (output := console.recv(4096)):
                        return
                    os.write(1, output)
                if 0 in ready:
                    typed = os.read(0, 4096)
                    if not typed or b"\x1d" in typed:
                        return
                    console.sendall(typed)
        finally:
            termios.tcsetattr(0, termios.TCSADRAIN, before)


def stop():
    if not LEFT_RUNNING.exists():
        sys.exit("demo: nothing is running")
    directory = pathlib.Path(os.readlink(LEFT_RUNNING))
    for pid in (directory / "pids").read_text().split():
        try:
            # A number may by now be another's: only what runs from this directory.
            if str(directory).encode() in pathlib.Path("/proc", pid, "cmdline").read_bytes():
                os.kill(int(pid), signal.SIGTERM)
        except OSError:
            pass
    LEFT_RUNNING.unlink()
    shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    {"run": run, "login": login, "stop": stop}[sys.argv[1]]()
