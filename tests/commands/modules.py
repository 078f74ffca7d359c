"""Module images and who signs them.

An image is EROFS, a few kilobytes; a signer is an EC P-256 key pair whose
signatures are those of `cosign sign-blob --key`: base64 of the DER signature.
"""

import base64
import hashlib
import pathlib
import subprocess


def run(*command):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True).stdout


class Signer:
    def __init__(self, directory, name):
        self.private_key = pathlib.Path(directory) / f"{name}.key"
        self.public_key = pathlib.Path(directory) / f"{name}.pub.pem"
        run("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self.private_key)
        run("openssl", "ec", "-in", self.private_key, "-pubout", "-out", self.public_key)

    def sign(self, image):
        """The signature's text."""
        return base64.b64encode(run("openssl", "dgst", "-sha256", "-sign", self.private_key, image)).decode()

    def sign_beside(self, image):
        """Writes IMAGE.sig, where `verify` looks."""
        path = pathlib.Path(f"{image}.sig")
        path.write_text(self.sign(image) + "\n")
        return path


def build_image(directory, name, files):
    """An EROFS image with `files`: path in the module -> text."""
    tree = pathlib.Path(directory) / f"{name}.tree"
    for path, text in files.items():
        target = tree / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    image = pathlib.Path(directory) / f"{name}.erofs"
    run("mkfs.erofs", image, tree)
    return image


def sha256(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()
