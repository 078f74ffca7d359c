"""Appends files to an initramfs.

The kernel unpacks concatenated archives one after the other, so what belongs to
one run of a test (keys, CA, configuration) is a few kilobytes after a cached
image instead of a new image. Format: Documentation/driver-api/early-userspace/
buffer-format.rst, "newc".
"""

import pathlib
import shutil


def _entry(inode, name, mode, content=b""):
    fields = (inode, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
    return head + b"\0" * (-len(head) % 4) + content + b"\0" * (-len(content) % 4)


def archive(files):
    """A newc archive of `files` (absolute path -> bytes) and their directories."""
    directories = sorted({str(parent) for path in files for parent in pathlib.PurePosixPath(path).parents} - {"/"})
    entries = [(name, 0o040755, b"") for name in directories]
    entries += [(name, 0o100644, content) for name, content in sorted(files.items())]
    body = b"".join(_entry(number, name.lstrip("/"), mode, content)
                    for number, (name, mode, content) in enumerate(entries, start=1))
    body += _entry(0, "TRAILER!!!", 0)
    return body + b"\0" * (-len(body) % 512)


def append(image, files, target):
    shutil.copyfile(image, target)
    with open(target, "r+b") as out:
        size = out.seek(0, 2)
        out.write(b"\0" * (-size % 4) + archive(files))
    return target
