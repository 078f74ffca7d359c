"""`verify`: exit 0 proven, 2 wrong, 12 could not tell; never 0 without a proof."""

import shutil

import command_test
import modules


class Verify(command_test.CommandTest):
    def setUp(self):
        super().setUp()
        self.node = self.new_node()
        self.node.trust(self.signer)
        self.image = self.directory / "module.erofs"
        shutil.copy(self.base_image, self.image)

    def test_good(self):
        self.signer.sign_beside(self.image)
        for arguments in ([], ["--digest", modules.sha256(self.image)], ["--digest", f"sha256:{modules.sha256(self.image)}"]):
            done = self.node.run("verify", self.image, "--json", *arguments)
            self.expect_code(done, 0)
            self.assertEqual(done.json["details"]["verdict"], "good")
            self.assertEqual(done.json["details"]["sha256"], modules.sha256(self.image))
            self.assertEqual(done.json["details"]["proven"], ["sha256", "signature"])
            self.assertEqual(len(done.json["details"]["key_id"]), 64)

    def test_for_people_names_the_verdict(self):
        self.signer.sign_beside(self.image)
        done = self.node.run("verify", self.image)
        self.assertRegex(done.out, r"(?m)^verdict: +good$")
        self.assertEqual(done.err, "")

    def test_signature_and_key_given_by_name(self):
        signature = self.directory / "elsewhere.sig"
        signature.write_text(self.stranger.sign(self.image))
        done = self.node.run("verify", self.image, "--json", "--signature", signature, "--key", self.stranger.public_key)
        self.expect_code(done, 0)

    def test_wrong_digest(self):
        self.signer.sign_beside(self.image)
        done = self.node.run("verify", self.image, "--json", "--digest", "0" * 64)
        self.expect_failure(done, 2, "digest_mismatch", str(self.image), modules.sha256(self.image), "--digest", "0" * 64)
        self.assertEqual(done.json["details"]["verdict"], "wrong")

    def test_wrong_digest_without_a_signature_is_wrong_too(self):
        self.expect_failure(self.node.run("verify", self.image, "--json", "--digest", "0" * 64), 2, "digest_mismatch")

    def test_flipped_byte(self):
        self.signer.sign_beside(self.image)
        content = bytearray(self.image.read_bytes())
        content[2000] ^= 1
        self.image.write_bytes(content)
        done = self.node.run("verify", self.image, "--json")
        self.expect_failure(done, 2, "signature_invalid", str(self.image), "other bytes")

    def test_signature_of_a_stranger(self):
        self.stranger.sign_beside(self.image)
        done = self.node.run("verify", self.image, "--json")
        self.expect_failure(done, 2, "signature_invalid", str(self.image), "owner.pem", "/etc/powernode/trust/*.pem")

    def test_no_signature(self):
        done = self.node.run("verify", self.image, "--json")
        self.expect_failure(done, 12, "signature_missing", str(self.image), f"{self.image}.sig", "--signature")
        self.assertEqual(done.json["details"]["verdict"], "could not check")

    def test_named_signature_that_is_not_there(self):
        done = self.node.run("verify", self.image, "--json", "--signature", "/nowhere.sig")
        self.assertEqual(done.code, 1, done.out)
        self.assertIn("/nowhere.sig", done.json["error"])

    def test_signature_that_is_no_signature(self):
        self.directory.joinpath("module.erofs.sig").write_text("not base64!\n")
        self.expect_failure(self.node.run("verify", self.image, "--json"), 2, "signature_invalid", str(self.image))

    def test_no_key(self):
        self.signer.sign_beside(self.image)
        done = self.new_node().run("verify", self.image, "--json")
        self.expect_failure(done, 12, "no_trust_keys", "no trusted key", "/etc/powernode/trust/*.pem", "--key")
        self.assertEqual(done.json["details"]["verdict"], "could not check")

    def test_unknown_key(self):
        bundle = self.directory / "bundle.json"
        bundle.write_text('{"base64Signature": "%s", "keyid": "%s"}' % (self.signer.sign(self.image), "ab" * 32))
        done = self.node.run("verify", self.image, "--json", "--signature", bundle)
        self.expect_failure(done, 12, "key_unknown", "ab" * 32, "owner.pem")

    def test_key_file_without_a_key(self):
        self.signer.sign_beside(self.image)
        done = self.node.run("verify", self.image, "--json", "--key", self.image)
        self.assertNotEqual(done.code, 0)
        self.assertIn(str(self.image), done.json["error"])

    def test_no_image(self):
        done = self.node.run("verify", "/nowhere.erofs", "--json")
        self.assertEqual(done.code, 1, done.out)
        self.assertIn("/nowhere.erofs", done.json["error"])

    def test_digest_that_is_none(self):
        done = self.node.run("verify", self.image, "--json", "--digest", "tomato")
        self.expect_failure(done, 1, "bad_digest", "tomato")


if __name__ == "__main__":
    command_test.main()
