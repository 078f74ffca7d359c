"""`service`: does what the platform's tasks ask for, and refuses what this node does not allow."""

import json
import subprocess
import time

import command_test
import service_test


class TaskTest(service_test.ServiceTest):
    def add(self, command, /, **options):
        return json.loads(self.platform.verb("task", "add", "demo", command, "--options", json.dumps(options)))["id"]

    def row(self, task):
        tasks = json.loads(self.platform.verb("status", "--json"))["tasks"]
        return next(row for row in tasks if row["id"] == task)

    def wait_for(self, task, status):
        return self.eventually(lambda: self.row(task)["status"] == status and self.row(task), f"{task} is {status}")


    def alive(self, group):
        """Processes of the group; one that has ended may wait a moment for init to collect it."""
        shown = subprocess.run(["ps", "-e", "-o", "pgid=,stat="], capture_output=True, text=True, check=True).stdout
        return [line for line in shown.splitlines() if line.split()[0] == group and not line.split()[1].startswith("Z")]


class Tasks(TaskTest):
    def test_sync_is_done_and_says_what_runs(self):
        self.start()
        self.wait_for_union("etc/base")
        result = self.wait_for(self.add("sync"), "completed")["result"]
        self.assertEqual(result["composition"], self.node.status()["composition"]["running"])
        self.assertEqual((result["status"], result["pending_reboot"]), ("unchanged", False))
        self.assertEqual(self.platform.complaints(), [])

    def test_sync_fails_with_the_reason(self):
        self.start()
        self.wait_for_union("etc/base")
        self.platform.fault("status", route="modules", number=403)
        row = self.wait_for(self.add("sync"), "failed")
        self.assertEqual(row["error_code"], "forbidden")

    def test_refuses_by_policy(self):
        service = self.start()
        secret = "a-password-in-a-command"
        tasks = [self.add("custom", command=f"echo {secret}"), self.add("terminate"),
                 self.add("terminate", confirm_instance_id="another")]
        row = self.wait_for(tasks[0], "failed")
        self.assertEqual(row["error_code"], "refused_by_policy")
        self.assertIn("remote_exec", row["error"])
        for task in tasks[1:]:
            self.assertEqual(self.wait_for(task, "failed")["error_code"], "no_service_manager")
        unknown = self.wait_for(self.add("make_coffee"), "failed")
        self.assertEqual((unknown["error_code"], unknown["error"]), ("unknown_command", "unknown_command: make_coffee"))
        journal = self.node.path("/persist/var/lib/powernode/agent/tasks.json")
        self.assertIn('"command":"custom"', journal.read_text())
        self.assertEqual(journal.stat().st_mode & 0o777, 0o600)
        self.assertNotIn(secret, journal.read_text() + service.log())

    def test_ends_within_two_seconds_in_the_middle_of_a_command(self):
        self.configure(remote_exec="on")
        service = self.start()
        mark = self.node.path("/began")
        task = self.add("custom", command=f"echo $$ > {mark}; sleep 300 & wait")
        self.eventually(mark.exists, "the command runs")
        time.sleep(0.3)
        group = mark.read_text().strip()
        self.expect_prompt_end(service)
        self.assertEqual(self.row(task)["error_code"], "interrupted")
        self.eventually(lambda: not self.alive(group), "its group is gone")


class OlderServers(TaskTest):
    def test_second_generation(self):
        self.platform.stop()
        self.platform = self.serve("--mode", "gen2")
        self.platform.add_module(self.base_image, "base", 10, self.signer)
        self.node = self.enrolled_node(self.platform)
        self.platform.assign("base")
        self.configure()
        self.start()
        refused = self.add("custom", command="id")
        self.wait_for(self.add("sync"), "completed")
        self.assertIn("remote_exec", self.wait_for(refused, "failed")["error"])


if __name__ == "__main__":
    command_test.main()
