"""`verify`: exit 0 proven, 2 wrong, 12 could not tell; never 0 without a proof."""

import pathlib
import shutil
import subprocess
import time

import command_test
import modules


class Verify(command_test.CommandTest):
    def setUp(self):
        super().setUp()
        self.node = self.new_node()
        self.node.trust(self.signer)
        self.image = self.directory / "module.erofs"
        shutil.copy(self.base_image, self.image)

    def attest(self, **predicate):
        bundle = self.directory / "module.erofs.sigstore.json"
        bundle.write_text(self.signer.attest(self.image, **predicate))
        return bundle


class ByTheNodesPolicy(Verify):
    def test_a_module_statement_proves_what_the_image_is(self):
        self.attest(revision=7)
        done = self.node.run("verify", self.image, "--json")
        self.expect_code(done, 0)
        details = done.json["details"]
        self.assertEqual(details["verdict"], "ok")
        self.assertEqual(details["sha256"], modules.sha256(self.image))
        self.assertEqual(details["fsverity_computed"], modules.fsverity(self.image))
        self.assertEqual(details["module"], "web")
        self.assertEqual(details["statement"]["revision"], 7)
        self.assertEqual(details["rule"], "built-in rule (any trusted key)")
        self.assertEqual(details["proven"][:3], ["sha256", "signature", "module"])
        self.assertEqual(len(details["key_id"]), 64)

    def test_for_people_one_line_says_it(self):
        self.attest(revision=7)
        done = self.node.run("verify", self.image)
        self.assertRegex(done.out, r"\A\S+/module.erofs: ok: key \w{12}, revision 7, by built-in rule")
        self.assertEqual(done.err, "")

    def test_a_statement_about_other_bytes_or_another_architecture(self):
        self.attest(subject="0" * 64)
        self.expect_failure(self.node.run("verify", self.image, "--json"), 2, "signature_invalid", "subject")
        self.attest(imageFsverity="0" * 64)
        self.expect_failure(self.node.run("verify", self.image, "--json"), 2, "fsverity_mismatch", "0" * 64)
        self.attest(architecture="riscv64")
        self.expect_failure(self.node.run("verify", self.image, "--json"), 2, "wrong_architecture", "riscv64")
        self.attest()
        self.expect_failure(self.node.run("verify", self.image, "--json", "--module", "db"), 2, "statement_mismatch")

    def test_bytes_alone_need_the_word_blob_only(self):
        self.signer.sign_beside(self.image)
        self.expect_failure(self.node.run("verify", self.image, "--json"), 2, "statement_missing", "blob-only",
                            "policy.json")
        self.node.accept(binding="blob-only")
        done = self.node.run("verify", self.image, "--json", "--digest", f"sha256:{modules.sha256(self.image)}")
        self.expect_code(done, 0)
        self.assertIn("the platform's word", done.json["details"]["not_proven"][0])

    def test_flipped_byte(self):
        self.attest()
        content = bytearray(self.image.read_bytes())
        content[2000] ^= 1
        self.image.write_bytes(content)
        self.expect_failure(self.node.run("verify", self.image, "--json"), 2, "signature_invalid", str(self.image))

    def test_signature_of_a_stranger(self):
        self.node.accept(binding="blob-only")
        self.stranger.sign_beside(self.image)
        done = self.node.run("verify", self.image, "--json")
        self.expect_failure(done, 2, "signature_invalid", str(self.image), "owner.pem", "/etc/powernode/trust/*.pem")

    def test_no_signature(self):
        done = self.node.run("verify", self.image, "--json")
        self.expect_failure(done, 12, "signature_missing", str(self.image), ".sig", "--signature")
        self.assertEqual(done.json["details"]["verdict"], "could not check")

    def test_no_key(self):
        self.attest()
        done = self.new_node().run("verify", self.image, "--json")
        self.expect_failure(done, 12, "no_trust_keys", "no trusted key", "/etc/powernode/trust/*.pem")
        self.assertEqual(done.json["details"]["verdict"], "could not check")

    def test_a_policy_that_is_not_understood_refuses_everything(self):
        self.attest()
        self.node.accept(binding="whatever")
        self.expect_failure(self.node.run("verify", self.image, "--json"), 12, "bad_policy", "policy.json", "whatever")

    def test_a_policy_given_by_name(self):
        self.attest()
        place = self.directory / "policy"
        (place / "trust").mkdir(parents=True)
        shutil.copy(self.signer.public_key, place / "trust/owner.pem")
        policy = place / "policy.json"
        policy.write_text('{"format":"powernode-policy","version":1,"rules":[{"modules":["db"],"keys":["owner.pem"]}]}')
        self.expect_failure(self.node.run("verify", self.image, "--json", "--policy", policy), 2, "no_policy_rule", "web")
        policy.write_text(policy.read_text().replace('"db"', '"w*"'))
        done = self.node.run("verify", self.image, "--json", "--policy", policy)
        self.expect_code(done, 0)
        self.assertEqual(done.json["details"]["rule"], "rule 1 (w*)")
        self.expect_failure(self.node.run("verify", self.image, "--json", "--policy", "/nowhere.json"), 12, "policy",
                            "/nowhere.json")


class BySigner(Verify):
    def test_signature_and_key_given_by_name(self):
        signature = self.directory / "elsewhere.sig"
        signature.write_text(self.stranger.sign(self.image))
        done = self.node.run("verify", self.image, "--json", "--signature", signature, "--key", self.stranger.public_key)
        self.expect_code(done, 0)
        self.assertEqual(done.json["details"]["verdict"], "ok")
        done = self.node.run("verify", self.image, "--json", "--signature", signature, "--key", self.signer.public_key)
        self.expect_failure(done, 2, "sig", str(self.image))

    def test_a_digest_instead_of_a_file(self):
        bundle = self.attest()
        digest = f"sha256:{modules.sha256(self.image)}"
        key = self.signer.public_key
        self.expect_code(self.node.run("verify", digest, "--bundle", bundle, "--key", key), 0)
        wrong = self.node.run("verify", f"sha256:{'0' * 64}", "--bundle", bundle, "--key", key, "--json")
        self.expect_failure(wrong, 2, "subject")
        untold = self.node.run("verify", digest, "--bundle", bundle, "--key", key, "--fsverity", "0" * 64, "--json")
        self.expect_failure(untold, 12, "fsverity_unknown")

    def test_wrong_digests(self):
        self.signer.sign_beside(self.image)
        key = ["--key", self.signer.public_key]
        done = self.node.run("verify", self.image, "--json", *key, "--digest", "0" * 64)
        self.expect_failure(done, 2, "digest_mismatch", str(self.image), modules.sha256(self.image), "--digest", "0" * 64)
        self.assertEqual(done.json["details"]["verdict"], "wrong")
        done = self.node.run("verify", self.image, "--json", *key, "--fsverity", "0" * 64)
        self.expect_failure(done, 2, "fsverity_mismatch", modules.fsverity(self.image))
        right = ["--digest", modules.sha256(self.image), "--fsverity", modules.fsverity(self.image)]
        self.expect_code(self.node.run("verify", self.image, *key, *right), 0)
        self.expect_failure(self.node.run("verify", self.image, "--json", "--digest", "tomato"), 1, "bad_digest", "tomato")

    def test_files_that_are_not_there_or_not_what_they_should_be(self):
        self.signer.sign_beside(self.image)
        gone = self.node.run("verify", self.image, "--json", "--signature", "/nowhere.sig")
        self.assertEqual(gone.code, 1, gone.out)
        self.assertIn("/nowhere.sig", gone.json["error"])
        self.assertEqual(self.node.run("verify", "/nowhere.erofs", "--json").code, 1)
        self.expect_failure(self.node.run("verify", self.image, "--json", "--key", self.image), 12, "key", str(self.image))
        no_root = self.node.run("verify", self.image, "--json", "--key", self.signer.public_key, "--trusted-root", self.image)
        self.expect_failure(no_root, 12, "root", str(self.image))
        pathlib.Path(f"{self.image}.sig").write_text("not base64!\n")
        done = self.node.run("verify", self.image, "--json", "--key", self.signer.public_key)
        self.expect_failure(done, 2, "parse", str(self.image))

    def test_flags_that_leave_something_out(self):
        self.attest()
        for flags in (["--certificate-identity", "a"], ["--trusted-root", "/x"], ["--certificate-oidc-issuer", "b"],
                      ["--certificate-identity", "a", "--certificate-oidc-issuer", "b"],
                      ["--key", self.signer.public_key, "--certificate-identity", "a"]):
            with self.subTest(flags=flags):
                self.expect_failure(self.node.run("verify", self.image, "--json", *flags), 1, "bad_flags")


class WhatItTouches(Verify):
    def test_one_open_no_process_no_socket(self):
        bundle = self.attest()
        trace = self.directory / "trace"
        words = self.node.command_line("verify", self.image, "--bundle", bundle, "--key", self.signer.public_key)
        subprocess.run(["strace", "-f", "-s", "4096", "-o", trace, "-e", "trace=open,openat,openat2,execve,clone,clone3,fork,vfork,socket",
                        *map(str, words)], check=True, capture_output=True,
                       env={"ASAN_OPTIONS": "detect_leaks=0", "LC_ALL": "C"})
        calls = trace.read_text()
        self.assertEqual(calls.count(f'"{self.image}"'), 2, "the argument of execve, and one open")
        self.assertEqual(calls.count("execve("), 1)
        self.assertNotIn("fork(", calls)
        self.assertNotIn("socket(", calls)
        for line in calls.splitlines():
            if " clone" in line:
                self.assertIn("CLONE_THREAD", line, "a thread, for the signals, and no process")

    def test_a_file_that_is_swapped_meanwhile(self):
        """The verdict is about the file that was opened, whatever its name means by then."""
        with open(self.image, "ab") as image:
            image.truncate(600 << 20)
        bundle = self.attest()
        evil = self.directory / "evil"
        for opened, swapped, code in ((self.image, evil, 0), (evil, self.image, 2)):
            shutil.copy(self.base_image, evil)
            place = self.directory / "place"
            place.unlink(missing_ok=True)
            place.hardlink_to(opened)
            words = self.node.command_line("verify", place, "--bundle", bundle, "--key", self.signer.public_key)
            if opened == evil:
                with open(evil, "ab") as image:
                    image.truncate(600 << 20)
                    image.seek(500 << 20)
                    image.write(b"evil")
            process = subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            deadline = time.monotonic() + 30
            while not self.has_open(process.pid, place) and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.001)
            self.assertIsNone(process.poll(), "swapped too late for this test to mean anything")
            other = self.directory / "other"
            other.unlink(missing_ok=True)
            other.hardlink_to(swapped)
            other.rename(place)
            process.communicate(timeout=300)
            self.assertEqual(process.returncode, code)

    def has_open(self, pid, path):
        wanted = path.stat().st_ino
        for descriptor in pathlib.Path(f"/proc/{pid}/fd").iterdir():
            try:
                if descriptor.stat().st_ino == wanted:
                    return True
            except OSError:
                continue
        return False


if __name__ == "__main__":
    command_test.main()
