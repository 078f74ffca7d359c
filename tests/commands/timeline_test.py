"""`introspect --timeline`: the stages of a boot as text and as a drawing."""

import hashlib
import json
import pathlib
import xml.dom.minidom

import command_test

HOSTILE = '<script>alert("1")</script> & \'two\' ]]> \x1b[2J \x00 \ufffe \uffff \ud83d\ude00 é'


class Timeline(command_test.CommandTest):
    def setUp(self):
        super().setUp()
        self.node = self.new_node()

    def keep(self, *stages):
        """As boot does it."""
        boot_id = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        body = json.dumps({"boot_id": boot_id,
                           "stages": [dict(zip(("stage", "start_ms", "end_ms", "detail"), stage)) for stage in stages]})
        header = {"format": "powernode-timeline", "version": 1, "len": len(body.encode()),
                  "sha256": hashlib.sha256(body.encode()).hexdigest()}
        self.node.write("/run/powernode/timeline.json", f"{json.dumps(header)}\n{body}\n")

    def draw(self):
        """The drawing, as a parser of XML reads it."""
        target = self.directory / "boot.svg"
        done = self.node.run("introspect", "--timeline", "--svg", target)
        self.expect_code(done, 0)
        return xml.dom.minidom.parse(str(target)).documentElement

    def texts(self, drawing, name):
        return ["".join(node.data for node in element.childNodes if node.nodeType == node.TEXT_NODE)
                for element in drawing.getElementsByTagName(name)]

    def test_draws_bars_for_a_terminal(self):
        self.keep(("start", 0, 4000, "kernel"), ("fetch", 4000, 6000, "web"), ("verify", 5000, 6001, "web"),
                  ("healthy", 6001, 8000, ""))
        done = self.node.run("introspect", "--timeline")
        self.expect_code(done, 0)
        lines = done.out.splitlines()
        self.assertRegex(lines[0], r"^STAGE +START +TIME +0 +8\.000 s$")
        self.assertTrue(all(len(line) <= 80 for line in lines), done.out)
        for line, expected in zip(lines[1:], (r"start +0\.000 +4\.000  #{21}", r"fetch +4\.000 +2\.000  {21} +#{10}",
                                              r"verify +5\.000 +1\.001  {21} {5} +#{5}", r"healthy +6\.001 +1\.999 +#{11}"),
                                  strict=True):
            self.assertRegex(line, f"^{expected}$")

    def test_prints_the_stages_as_json(self):
        self.keep(("start", 0, 4000, "kernel"))
        details = self.node.run("introspect", "--timeline", "--json").json["details"]
        self.assertEqual(details["stages"], [{"stage": "start", "start_ms": 0, "end_ms": 4000, "detail": "kernel"}])

    def test_draws_for_a_browser(self):
        self.keep(("start", 0, 4000, "kernel"), ("fetch", 4000, 8000, "web: 12.3 MiB"))
        drawing = self.draw()
        self.assertEqual(drawing.tagName, "svg")
        self.assertEqual(drawing.namespaceURI, "http://www.w3.org/2000/svg")
        self.assertEqual(self.texts(drawing, "text"), ["start", "4.000 s", "fetch", "4.000 s"])
        self.assertEqual(self.texts(drawing, "title")[2], "4.000 s to 8.000 s: web: 12.3 MiB")
        self.assertIn("prefers-color-scheme:dark", self.texts(drawing, "style")[0])
        width = int(drawing.getAttribute("width"))
        bars = [(int(bar.getAttribute("x")), int(bar.getAttribute("width"))) for bar in drawing.getElementsByTagName("rect")]
        self.assertEqual(bars[0][1], bars[1][1])
        self.assertEqual(bars[0][0] + bars[0][1], bars[1][0])
        self.assertLess(sum(bars[1]), width)
        for name in ("href", "src", "script", "image"):
            self.assertNotIn(name, drawing.toxml(), "it needs nothing but itself")

    def test_is_well_formed_whatever_the_stages_say(self):
        self.keep((HOSTILE, 0, 10, HOSTILE), ("x" * 10000, 10, 10, "y" * 10000), ("", -5, 2**60, None), ("z", "later", [], {}))
        drawing = self.draw()
        self.assertEqual(len(drawing.getElementsByTagName("rect")), 4)
        self.assertFalse(drawing.getElementsByTagName("script"))
        self.assertIn('<script>alert("1")</script> & \'two\' ]]>', self.texts(drawing, "text")[0])
        self.assertIn("é", self.texts(drawing, "text")[0])
        for text in self.node.run("introspect", "--timeline").out.splitlines():
            self.assertNotIn("\x1b", text)

    def test_says_when_there_is_none(self):
        self.expect_failure(self.node.run("introspect", "--timeline", "--json"), 12, "no_timeline", "powernode-agent.service")
        self.expect_code(self.node.run("introspect", "--svg", self.directory / "boot.svg"), 1)

    def test_a_drawing_that_cannot_be_written_is_a_failure(self):
        self.keep(("start", 0, 4000, "kernel"))
        done = self.node.run("introspect", "--timeline", "--svg", self.directory / "missing" / "boot.svg", "--json")
        self.assertNotEqual(done.code, 0)
        self.assertIn("boot.svg", done.json["error"])

    def test_the_service_adds_its_own_stages(self):
        platform = self.platform_with_modules()
        self.node = self.enrolled_node(platform)
        platform.assign("base")
        self.node.configure(reconcile_interval=1, heartbeat_interval=1, gate_interval=1, gate_probes=1, gate_uptime=0)
        for _ in range(2):
            service = self.node.start_service()
            self.eventually(lambda: any("READY=1" in notice for notice in service.notified()), "READY=1")
            self.eventually(lambda: all(f"\n{stage} " in self.node.run("introspect", "--timeline").out
                                        for stage in ("first heartbeat", "healthy")), "an answered, healthy node")
            service.terminate()
        stages = self.node.run("introspect", "--timeline", "--json").json["details"]["stages"]
        self.assertEqual([stage["stage"] for stage in stages if stage["stage"] != "first heartbeat"],
                         ["start", "service ready", "healthy"])
        self.assertEqual(sum(stage["stage"] == "first heartbeat" for stage in stages), 1)
        for stage in stages:
            self.assertLessEqual(stage["start_ms"], stage["end_ms"])


if __name__ == "__main__":
    command_test.main()
