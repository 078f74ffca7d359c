"""`verify --measure`: what `fsverity digest` prints, by one thread or many."""

import os
import subprocess

import command_test


class Measure(command_test.CommandTest):
    def setUp(self):
        super().setUp()
        self.node = self.new_node()
        self.files = []
        for size in (0, 1, 4097, 3_000_001):
            self.files.append(self.directory / f"file-{size}")
            self.files[-1].write_bytes(os.urandom(size))

    def test_prints_what_fsverity_prints(self):
        wanted = subprocess.run(["fsverity", "digest", *self.files], capture_output=True, check=True, text=True).stdout
        for arguments in ([], ["--threads", "2"], ["--threads", "64"]):
            done = self.node.run("verify", "--measure", *arguments, *self.files)
            self.expect_code(done, 0)
            self.assertEqual(done.out, wanted)
            self.assertEqual(done.err, "")

    def test_json_says_whose_digest_it_is(self):
        done = self.node.run("verify", "--measure", "--json", self.files[1])
        self.expect_code(done, 0)
        file, = done.json["details"]["files"]
        self.assertEqual(file["path"], str(self.files[1]))
        self.assertRegex(file["fsverity"], "^sha256:[0-9a-f]{64}$")
        self.assertIn(file["source"], ("kernel", "computed"))

    def test_one_bad_path_spoils_the_exit_code_and_not_the_others(self):
        pipe = self.directory / "pipe"
        os.mkfifo(pipe)
        done = self.node.run("verify", "--measure", self.directory / "missing", self.files[0], pipe, self.files[1])
        self.expect_code(done, 1)
        self.assertEqual(len(done.out.splitlines()), 2)
        self.assertIn("missing", done.err)
        self.assertIn(str(pipe), done.err)

    def test_refuses_what_makes_no_sense(self):
        for arguments in (["--threads", "0"], ["--threads", "65"], ["--digest", "0" * 64]):
            self.assertNotEqual(self.node.run("verify", "--measure", *arguments, self.files[1]).code, 0)
        self.assertNotEqual(self.node.run("verify", "--threads", "2", self.files[1]).code, 0)


if __name__ == "__main__":
    command_test.main()
