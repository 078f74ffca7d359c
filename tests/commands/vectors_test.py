"""The Sigstore vectors as command lines: every verdict is an exit code."""

import concurrent.futures
import json
import os
import pathlib
import subprocess
import unittest

VECTORS = pathlib.Path(__file__).resolve().parents[3] / "shared/vectors/sigstore"
AGENT = os.environ["POWERNODE_AGENT"]

# The statement has a sha512 alone and the command line a sha256 alone: by signatures.md, section 7.3, that is no match.
UNTOLD = {"pub-npm-sigstore-1.3.0-publish"}


class Vectors(unittest.TestCase):
    def run_case(self, case, artifact=None):
        words = case["cli"] if artifact is None else [*case["cli"][:-1], artifact]
        return subprocess.run([AGENT, "verify", "--json", *words], cwd=VECTORS, capture_output=True, text=True)

    def test_every_verdict(self):
        cases = [case for case in json.loads((VECTORS / "index.json").read_text())["cases"] if "cli" in case]
        self.assertGreater(len(cases), 200)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for case, done in zip(cases, pool.map(self.run_case, cases)):
                with self.subTest(case["id"]):
                    said = json.loads(done.stdout)
                    verdict = said["details"].get("verdict")
                    if case["id"] in UNTOLD:
                        self.assertEqual((done.returncode, said["error_code"]), (2, "subject"))
                        continue
                    if case["expect"] == "ok":
                        self.assertEqual((done.returncode, verdict), (0, "ok"), done.stdout)
                    else:
                        self.assertIn((done.returncode, verdict), [(2, "wrong"), (12, "could not check"), (1, None)],
                                      done.stdout)
                        self.assertTrue(verdict or said["error_code"] == "bad_flags")


    def test_an_artifact_known_by_another_digest(self):
        for case in json.loads((VECTORS / "index.json").read_text())["cases"]:
            if case["id"] in UNTOLD:
                done = self.run_case(case, f"sha512:{case['artifact']['digest']['sha512']}")
                self.assertEqual(done.returncode, 0, done.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=1)
