"""The content of the demo's composefs module: a web site of a few hundred files, in two versions of which few differ.

The same version is always the same bytes, and no two files are alike or compress to nothing.
"""

import hashlib

PAGES = 240
PICTURES = 8
CHANGED_PAGES = (7, 70, 170)
CHANGED_PICTURE = 3


def _bytes(name, version, size):
    return hashlib.shake_256(f"{name} {version}".encode()).digest(size)


def _page(number, version):
    text = _bytes(f"page {number}", version, 8 * 1024).hex()
    lines = "\n".join(text[at:at + 100] for at in range(0, len(text), 100))
    return f"<!doctype html><title>page {number}</title>\n<pre>{lines}</pre>\n".encode()


def write(root, version):
    """Writes version 1 or 2 of the site below `root`; returns the number of bytes that differ from version 1."""
    site = root / "srv/site"
    (site / "pages").mkdir(parents=True)
    (site / "pictures").mkdir()
    changed = 0
    front = f"<!doctype html><title>site</title><h1>site, version {version}</h1><p>{PAGES} pages.</p>\n"
    # More than 64 bytes: an object of the store, as the others are.
    files = {site / "index.html": (front.encode(), True)}
    for number in range(PAGES):
        of = version if number in CHANGED_PAGES else 1
        files[site / f"pages/{number}.html"] = (_page(number, of), of != 1)
    for number in range(PICTURES):
        of = version if number == CHANGED_PICTURE else 1
        files[site / f"pictures/{number}.raw"] = (_bytes(f"picture {number}", of, 768 * 1024), of != 1)
    for path, (content, differs) in files.items():
        path.write_bytes(content)
        changed += len(content) if differs else 0
    return changed
