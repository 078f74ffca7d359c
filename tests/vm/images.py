"""The cached artifacts the guests are made of; image/*.sh build what is missing."""

import os
import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent


def agent():
    return pathlib.Path(os.environ.get("POWERNODE_AGENT", REPOSITORY / "dist/powernode-agent-linux-amd64"))


def platform():
    return pathlib.Path(os.environ.get("POWERNODE_PLATFORM", REPOSITORY / "build/release/tests/platform/powernode-platform"))


def _artifact(script, *arguments):
    run = subprocess.run([HERE / "image" / script, *arguments], stdout=subprocess.PIPE, check=True, text=True)
    return pathlib.Path(run.stdout.strip())


def modules():
    return _artifact("modules.sh")


def kernel(series):
    return _artifact("kernel.sh", series) / "vmlinuz"


def initramfs(generator, series):
    return _artifact("initramfs.sh", generator, series, agent()) / "initrd"


def root_disk():
    return _artifact("root-disk.sh") / "root.img"


def persist_disk(path):
    """A new disk with the node's durable partition (node-files.md section 8)."""
    with open(path, "wb") as disk:
        disk.truncate(512 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-L", "persist", "-b", "4096", "-O", "verity", path], check=True)
    return path


def read_from_disk(disk, path):
    """A file of an ext4 image nobody runs on, or None."""
    run = subprocess.run(["debugfs", "-R", f"cat {path}", disk], capture_output=True, check=True)
    return None if b"File not found" in run.stderr else run.stdout
