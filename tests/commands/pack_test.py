"""`pack`: directories and dumps as composefs images, images as dumps, two images side by side."""

import concurrent.futures
import hashlib
import os
import pathlib
import signal
import stat
import subprocess
import time

import command_test
import node

VECTORS = pathlib.Path(__file__).resolve().parents[3] / "shared/vectors/composefs"
ROOT = "/ 0 40755 2 0 0 0 1.0 - - -\n"


def pack(*words, **options):
    """Standard output as bytes: an image may be there."""
    return subprocess.run([node.PROGRAM, "pack", *map(str, words)], capture_output=True, timeout=90, **options)


class Pack(command_test.CommandTest):
    def setUp(self):
        super().setUp()
        self.node = self.new_node()
        self.tree = self.directory / "tree"
        self.image = self.directory / "image"
        self.store = self.directory / "objects"
        (self.tree / "sub").mkdir(parents=True)
        (self.tree / "small").write_text("small\n")
        (self.tree / "large").write_bytes(b"large" * 100_000)
        (self.tree / "sub/copy").write_bytes(b"large" * 100_000)
        (self.tree / "sub/other").write_bytes(b"other" * 100)
        os.symlink("small", self.tree / "link")

    def run_pack(self, *words, **options):
        done = self.node.run("pack", *words, **options)
        self.assertEqual(done.err if done.code == 0 else "", "")
        return done

    def digest(self, *words):
        done = self.run_pack("--print-digest", *words)
        self.expect_code(done, 0)
        self.assertRegex(done.out, r"\A[0-9a-f]{64}\n\Z")
        return done.out.strip()

    def dump(self, *lines):
        path = self.directory / "dump"
        path.write_text(ROOT + "".join(line + "\n" for line in lines))
        return path

    def stored(self):
        return sorted(str(path.relative_to(self.store)) for path in self.store.glob("??/*"))

    def test_every_vector(self):
        flags = {".v0.digest": ["--min-version=0", "--max-version=0"], ".v1.digest": ["--min-version=1"], ".digest": []}
        cases = []
        for path in sorted(VECTORS.glob("*.digest")):
            suffix = next(suffix for suffix in flags if path.name.endswith(suffix))
            dump = VECTORS / (path.name.removesuffix(suffix) + ".dump")
            cases.append((path, ["--from-dump", "--print-digest", *flags[suffix], dump]))
        self.assertGreater(len(cases), 25)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for (path, _), done in zip(cases, pool.map(lambda case: pack(*case[1]), cases)):
                with self.subTest(path.name):
                    self.assertEqual((done.returncode, done.stdout.decode()), (0, path.read_text()), done.stderr)

    def test_every_image_of_the_vectors_byte_for_byte_and_back(self):
        images = sorted(VECTORS.glob("*.cfs"))
        self.assertEqual(len(images), 8)
        for image in images:
            with self.subTest(image.name):
                done = pack("--from-dump", image.with_suffix(".dump"), "--image", "-")
                self.assertEqual((done.returncode, done.stdout, done.stderr), (0, image.read_bytes(), b""))
                dump = pack("--to-dump", image)
                self.assertEqual((dump.returncode, dump.stderr), (0, b""))
                again = pack("--from-dump", "-", "--image", "-", input=dump.stdout)
                self.assertEqual(again.stdout, image.read_bytes())

    def test_bytes_that_say_nothing_of_the_tree_are_noticed(self):
        original = sorted(VECTORS.glob("*.cfs"))[0]
        image = bytearray(original.read_bytes())
        image[512] ^= 1
        changed = self.directory / "changed"
        changed.write_bytes(image)
        done = pack("--to-dump", changed)
        self.assertEqual((done.returncode, done.stdout), (0, pack("--to-dump", original).stdout))
        self.assertIn(b"is not laid out as mkcomposefs", done.stderr)

    def test_refused_dumps_say_where_and_why(self):
        dumps = sorted((VECTORS / "invalid").glob("*.dump"))
        self.assertGreaterEqual(len(dumps), 10)
        for dump in dumps:
            with self.subTest(dump.stem):
                done = self.run_pack("--from-dump", dump, "--image", self.image)
                self.expect_code(done, 1)
                self.assertRegex(done.err, rf"{dump}.*line \d+.*: .+\[\w+\]")
                self.assertFalse(self.image.exists())
        self.assertEqual(list(self.directory.glob(".image*")), [])

    def test_image_and_what_is_said_of_it(self):
        done = self.run_pack(self.tree, "--image", self.image, "--json")
        self.expect_code(done, 0)
        details = done.json["details"]
        content = self.image.read_bytes()
        self.assertEqual(details["sha256"], hashlib.sha256(content).hexdigest())
        self.assertEqual(details["digest"], self.node.run("verify", "--measure", self.image).out.split()[0][7:])
        self.assertEqual(details["size"], len(content))
        self.assertEqual((details["version"], details["files"], details["objects"], details["object_bytes"]),
                         (0, 4, 2, 500_500))
        self.assertNotIn("new_objects", details)
        self.assertEqual(stat.S_IMODE(self.image.stat().st_mode), 0o644)
        self.assertEqual(self.digest(self.tree), details["digest"])
        people = self.run_pack(self.tree, "--image", self.image)
        self.assertIn(f"digest:        {details['digest']}\n", people.out)

    def test_objects_are_written_once(self):
        first = self.run_pack(self.tree, "--image", self.image, "--objects", self.store, "--json").json["details"]
        self.assertEqual((first["new_objects"], first["new_object_bytes"]), (2, 500_500))
        names = self.stored()
        self.assertEqual(len(names), 2)
        for name in names:
            measured = self.node.run("verify", "--measure", self.store / name).out.split()[0][7:]
            self.assertEqual(name.replace("/", ""), measured)
            self.assertIn(name, self.run_pack("--to-dump", self.image).out)
        second = self.run_pack(self.tree, "--image", self.image, "--objects", self.store, "--json").json["details"]
        self.assertEqual((second["new_objects"], second["digest"]), (0, first["digest"]))
        self.assertEqual(self.stored(), names)

    def test_each_choice_of_a_directory_changes_what_is_packed(self):
        os.setxattr(self.tree / "small", "user.a", b"1")
        os.setxattr(self.tree / "small", "trusted.a", b"1")
        os.mknod(self.tree / "null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
        seen = {self.digest(self.tree)}
        for flags in (["--epoch", "0"], ["--epoch", "-7"], ["--skip-devices"], ["--skip-xattrs"], ["--user-xattrs"],
                      ["--min-version", "1"]):
            with self.subTest(flags=flags):
                digest = self.digest(self.tree, *flags)
                self.assertNotIn(digest, seen)
                seen.add(digest)
        for threads in ("1", "2", "64"):
            self.assertIn(self.digest(self.tree, "--threads", threads), seen)
        os.mknod(self.tree / "gone", stat.S_IFCHR, 0)
        self.assertEqual(self.digest(self.tree), self.digest(self.tree, "--min-version", "1"))
        self.assertEqual(self.digest(self.tree, "--min-version", "0"), self.digest(self.tree, "--max-version", "0"))
        self.assertNotEqual(self.digest(self.tree, "--max-version", "0"), self.digest(self.tree, "--max-version", "1"))

    def test_refuses_flags_that_make_no_sense(self):
        dump = self.dump()
        refused = (
            [self.tree],
            [self.tree, "--print-digest", "--skip-xattrs", "--user-xattrs"],
            [self.tree, "--print-digest", "--threads", "0"],
            [self.tree, "--print-digest", "--threads", "65"],
            [self.tree, "--print-digest", "--min-version", "2"],
            [self.tree, "--print-digest", "--max-version", "-1"],
            [self.tree, "--print-digest", "--epoch", "soon"],
            [self.tree, "--image", "-", "--print-digest"],
            [self.tree, "--image", self.image, "--objects", self.tree / "objects"],
            *([dump, "--from-dump", "--print-digest", *flags] for flags in (
                ["--epoch", "0"], ["--skip-devices"], ["--skip-xattrs"], ["--user-xattrs"], ["--objects", self.store])),
            *([self.image, "--to-dump", *flags] for flags in (
                ["--image", self.image], ["--print-digest"], ["--from-dump"], ["--threads", "2"], ["--epoch", "0"],
                ["--compare", self.image])),
            [self.image, "--compare", self.image, "--print-digest"],
            [],
        )
        for words in refused:
            with self.subTest(words=words):
                done = self.run_pack(*words)
                self.expect_code(done, 1)
                self.assertEqual(done.out, "")
                self.assertNotEqual(done.err, "")
        self.expect_failure(self.run_pack(self.tree, "--image", "-", "--json"), 1, "bad_flags", "--image -")
        self.assertFalse(self.image.exists() or self.store.exists() or (self.tree / "objects").exists())

    def test_bad_sources_are_named(self):
        os.symlink(self.tree, self.directory / "to-tree")
        for source, word in ((self.directory / "missing", "missing"), (self.tree / "small", "small"),
                             (self.directory / "to-tree", "to-tree")):
            done = self.run_pack(source, "--image", self.image)
            self.expect_code(done, 1)
            self.assertIn(word, done.err)
        self.assertFalse(self.image.exists())

    def test_failure_leaves_the_old_image(self):
        self.image.write_text("old")
        self.expect_code(self.run_pack(self.directory / "missing", "--image", self.image), 1)
        self.assertEqual(self.image.read_text(), "old")
        pipe = self.directory / "pipe"
        os.mkfifo(pipe)
        done = self.run_pack(self.tree, "--image", pipe)
        self.expect_code(done, 1)
        self.assertIn("no regular file", done.err)
        self.assertTrue(stat.S_ISFIFO(pipe.stat().st_mode))
        self.expect_code(self.run_pack(self.tree, "--image", self.directory / "nowhere/image"), 1)

    def test_a_dump_from_standard_input(self):
        wanted = self.digest("--from-dump", self.dump("/a 1 100644 1 0 0 0 1.0 - x -"))
        done = self.run_pack("--from-dump", "--print-digest", "-", stdin=ROOT + "/a 1 100644 1 0 0 0 1.0 - x -\n")
        self.assertEqual(done.out.strip(), wanted)

    def test_an_image_that_is_none_is_refuted(self):
        self.expect_code(self.run_pack(self.tree, "--image", self.image), 0)
        whole = self.image.read_bytes()
        for name, content in (("empty", b""), ("short", whole[:5000]), ("other", b"x" * 8192)):
            bad = self.directory / name
            bad.write_bytes(content)
            for words in (["--to-dump", bad], ["--compare", self.image, bad], ["--compare", bad, self.image]):
                done = self.run_pack(*words, "--json")
                self.assertEqual(done.code, 2, done.out)
                self.assertIn(str(bad), done.json["error"])
        self.expect_failure(self.run_pack("--to-dump", self.directory / "missing", "--json"), 1, "system_error", "missing")

    def test_compare(self):
        new = self.directory / "new"
        self.expect_code(self.run_pack(self.tree, "--image", self.image, "--epoch", "1"), 0)
        same = self.run_pack("--compare", self.image, self.image, "--json")
        self.expect_code(same, 0)
        self.assertEqual(same.json["details"]["equal"], True)
        (self.tree / "sub/other").write_bytes(b"another" * 100)
        (self.tree / "small").rename(self.tree / "renamed")
        self.expect_code(self.run_pack(self.tree, "--image", new, "--epoch", "1"), 0)
        done = self.run_pack("--compare", self.image, new, "--json")
        self.expect_failure(done, 2, "images_differ")
        details = done.json["details"]
        self.assertEqual((details["equal"], details["removed"], details["added"]), (False, ["/small"], ["/renamed"]))
        self.assertEqual(details["changed"], [{"path": "/sub/other", "what": ["size", "object", "digest"]}])
        self.assertEqual(details["only_in_other"], {"objects": 1, "bytes": 500})
        self.assertEqual(details["only_in_image"], {"objects": 1, "bytes": 700})
        people = self.run_pack("--compare", self.image, new)
        self.expect_code(people, 2)
        self.assertIn("- /small\n", people.out)
        self.assertIn("+ /renamed\n", people.out)
        self.assertIn("~ /sub/other: size, object, digest\n", people.out)

    def test_a_signal_in_the_middle_leaves_nothing(self):
        many = self.directory / "many"
        many.mkdir()
        for i in range(4000):
            (many / str(i)).write_bytes(f"{i}\n".encode() * 1000)
        for number in (signal.SIGTERM, signal.SIGKILL):
            for pause in (0, 0.1, 0.4):
                with self.subTest(number=number, pause=pause):
                    self.store = self.directory / f"objects-{number}-{pause}"
                    program = subprocess.Popen([node.PROGRAM, "pack", many, "--image", self.image, "--objects", self.store],
                                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
                    self.eventually(self.store.exists, "the program works")
                    time.sleep(pause)
                    program.send_signal(number)
                    said = program.communicate(timeout=90)[1]
                    if program.returncode == 0:
                        self.image.unlink()  # it was faster than the signal
                        continue
                    self.assertEqual(program.returncode, 1 if number == signal.SIGTERM else -number, said)
                    self.assertFalse(self.image.exists())
                    if number == signal.SIGTERM:
                        self.assertIn(b"[cancelled]", said)
                        self.assertEqual(list(self.directory.glob(".image*")), [])
                    self.check_stored(self.stored()[:50])
        self.expect_code(self.run_pack(many, "--image", self.image, "--objects", self.store), 0)
        self.assertEqual(len(self.stored()), 4000)
        self.check_stored(self.stored()[::100])

    def check_stored(self, names):
        for name in names:
            measured = self.node.run("verify", "--measure", self.store / name).out.split()[0][7:]
            self.assertEqual(name.replace("/", ""), measured)


if __name__ == "__main__":
    command_test.main()
