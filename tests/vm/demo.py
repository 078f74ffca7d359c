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
import site_content

STAGE_LIMIT_S = 240  # without a new line from the machine
LEFT_RUNNING = pathlib.Path(
    os.environ.get("POWERNODE_CACHE") or pathlib.Path(
        os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "powernode-agent") / "vm" / "demo"
LAST_BOOT = "second"  # the machine that KEEP=1 leaves running
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
    control_plane.add_module(artifact / "base.erofs", "base", 100)
    control_plane.add_module(artifact / "nginx.erofs", "nginx", 200, artifact / "services.json")
    publish_site(laboratory, version=1)
    modules = ["base", "nginx", "site"]
    if keep:
        control_plane.add_module(artifact / "demo-login.erofs", "demo-login", 300)
        modules.append("demo-login")
    node = control_plane.add_node("demo-node")
    control_plane.assign(node, *modules)
    control_plane.start()
    show.line("control plane", f"{control_plane.url} knows {node.name} and {len(modules)} signed modules")

    web = machine.free_port()
    hardware = machine.Hardware(
        kernel=images.kernel("6.12"), initrd=laboratory.boot_image(), command_line=scenario.DISKLESS,
        disks=[laboratory.new_disk("node")], fw_cfg=node.fw_cfg(laboratory.directory), forward={web: 80})
    guest = boot(laboratory, show, node, "first", hardware, "an empty persist disk", detach=False)
    fetch_page(web, "/", node.name)
    fetch_page(web, "/site/", "version 1")

    before = served(control_plane)
    changed = publish_site(laboratory, version=2)
    print()
    show.line("update", f"site: version 2 is published; {changed / 1024:.0f} KiB of its files are new")
    guest.cut_power()
    show.line("power cut", "of the running machine; the next boot brings the update")
    guest = boot(laboratory, show, node, LAST_BOOT, hardware, "the same disk", detach=keep)
    fetch_page(web, "/site/", "version 2")
    after = served(control_plane)
    objects, fetched = (after[f"{what}_served"] - before[f"{what}_served"] for what in ("objects", "object_bytes"))
    print(f"\nThe update of `site` took {objects} objects, {fetched / 1024:.0f} KiB, of the control plane;"
          f" the other files were on the node already.")

    print("\n$ powernode-platform status")
    print(control_plane.command("status"), end="", flush=True)
    if keep:
        print(f"""
The machine and its control plane go on running:
  its page       http://127.0.0.1:{web}/ and /site/
  log in         tests/vm/demo login      (root without a password, from the demo-login module; leave with Ctrl-])
  look around    /run/powernode/bin/powernode-agent status; findmnt /; cat /run/powernode/composed.json;
                 journalctl -u powernode-agent; systemctl status 'powernode-*'
  control plane  {images.platform()} --state {control_plane.state} status
                 (or requests, task add {node.name} ..., unassign {node.name} nginx)
  console log    {guest.console_log}
  end it         tests/vm/demo stop""")


def publish_site(laboratory, version):
    directory = laboratory.directory / f"site-{version}"
    changed = site_content.write(directory, version)
    laboratory.control_plane.add_module(directory, "site", 250, image_format="composefs")
    return changed


def served(control_plane):
    """The control plane's view of its one node: `objects_served`, `object_bytes_served`."""
    return control_plane.status()["nodes"][0]


def boot(laboratory, show, node, name, hardware, disk, detach):
    """From power-on to a served page, a line a stage."""
    control_plane = laboratory.control_plane
    beats = control_plane.count("POST", "/heartbeat")
    guest = laboratory.power_on(name, hardware, detach=detach)
    show.begin = guest.powered_on
    show.line("power-on", f"QEMU without hardware virtualisation: 2 processors, 1 GiB, {disk}")
    show.follow_boot(guest)
    [web] = hardware.forward
    waiting = {
        "heartbeat": lambda: control_plane.count("POST", "/heartbeat") > beats,
        "page served": lambda: lab.page(web),
    }
    while waiting:
        def any_new():
            return [what for what, condition in waiting.items() if condition()]
        for what in first(guest, any_new, next(iter(waiting))):
            del waiting[what]
            show.line(what, f"http://127.0.0.1:{web}/" if what == "page served" else f"from {node.name}")
    return guest


def fetch_page(web, path, expected):
    url = f"http://127.0.0.1:{web}{path}"
    print(f"\n$ curl {url}")
    page = subprocess.run(["curl", "-sS", "--noproxy", "*", url], check=True, stdout=subprocess.PIPE, text=True).stdout
    print(page, end="", flush=True)
    if expected not in page:
        raise Failed("page served", f"the page does not say {expected}")


def login():
    directory = pathlib.Path(os.readlink(LEFT_RUNNING)) if LEFT_RUNNING.exists() else None
    if directory is None:
        sys.exit("demo: nothing is running: start it with make demo KEEP=1")
    print("Ctrl-] leaves; Enter shows the prompt.", file=sys.stderr)
    with socket.socket(socket.AF_UNIX) as console:
        console.connect(str(directory / f"{LAST_BOOT}.serial"))
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
