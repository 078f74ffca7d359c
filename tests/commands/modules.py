"""Module images and who signs them.

An image is EROFS, a few kilobytes; a signer is an EC P-256 key pair whose
signatures are those of `cosign sign-blob --key`, base64 of the DER signature,
and of `cosign attest-blob --key`, a bundle around a statement.
"""

import base64
import hashlib
import json
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


    def attest(self, image, subject=None, **predicate):
        """A Sigstore bundle around a module statement (verify/README.md)."""
        statement = {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": "web", "digest": {"sha256": subject or sha256(image)}}],
            "predicateType": "https://powernode.com/module/v1",
            "predicate": {"moduleId": "web", "name": "web", "version": "1", "architecture": "all", "revision": 1,
                          "imageFsverity": fsverity(image), **predicate}}
        payload = json.dumps(statement).encode()
        kind = "application/vnd.in-toto+json"
        encoding = f"DSSEv1 {len(kind)} {kind} {len(payload)} ".encode() + payload
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", str(self.private_key)], input=encoding,
                                   check=True, capture_output=True).stdout
        return json.dumps({
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {"publicKey": {"hint": ""}},
            "dsseEnvelope": {"payload": base64.b64encode(payload).decode(), "payloadType": kind,
                             "signatures": [{"sig": base64.b64encode(signature).decode()}]}})


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


def fsverity(path):
    return run("fsverity", "digest", "--compact", path).decode().split()[0]
