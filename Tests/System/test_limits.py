"""Limits hold: of memory, of processor time, of processes; and whoever asks is told."""

from __future__ import annotations

import subprocess
import time
import unittest

import machine
from harness import PROGRAM, LabTest, wait_until


class Limits(LabTest):
    def start(self, *arguments: str) -> None:
        self.assertSucceeds(self.lab.docker("run", "-d", "--name", "box", *arguments))

    def statistics(self) -> dict:
        return self.lab.get("/containers/box/stats?stream=false&one-shot=true")

    def test_a_process_that_takes_more_memory_than_there_is_is_killed(self):
        done = self.lab.docker("run", "--name", "box", "--memory", "64m", "busybox",
                               "dd", "if=/dev/zero", "of=/dev/null", "bs=128M", "count=1")
        self.assertEqual(done.code, 137, done.err)
        state = self.lab.inspect("box")["State"]
        self.assertEqual((state["OOMKilled"], state["ExitCode"]), (True, 137))
        with self.subTest("and one that takes less is not"):
            done = self.lab.docker("run", "--rm", "--memory", "64m", "busybox",
                                   "dd", "if=/dev/zero", "of=/dev/null", "bs=32M", "count=1")
            self.assertEqual(done.code, 0, done.err)
        with self.subTest("an event says so, before the end"):
            _, _, events = self.lab.request("GET", f"/events?since=0&until={int(time.time()) + 1}")
            actions = [line for line in events.decode().split('"Action":"')[1:]]
            names = [action.split('"')[0] for action in actions if '"box"' in action]
            self.assertLess(names.index("oom"), names.index("die"))

    def test_a_child_that_is_killed_for_its_memory_does_not_end_the_container(self):
        self.start("--memory", "64m", "busybox", "sleep", "1000")
        done = self.lab.docker("exec", "box", "dd", "if=/dev/zero", "of=/dev/null", "bs=128M", "count=1")
        self.assertEqual(done.code, 137)
        self.assertTrue(self.lab.inspect("box")["State"]["Running"])

    def test_half_a_processor_is_half_a_processor(self):
        """Within 10 % of the quota; a busy machine may give less for a while, but never more."""
        self.start("--cpus", "0.5", "busybox", "sh", "-c", "while :; do :; done")
        shares = []
        while len(shares) < 30 and not any(share > 0.45 for share in shares):
            begin, used = time.monotonic(), self.statistics()["cpu_stats"]["cpu_usage"]["total_usage"]
            time.sleep(1)
            now = self.statistics()["cpu_stats"]["cpu_usage"]["total_usage"]
            shares.append((now - used) / 1e9 / (time.monotonic() - begin))
        self.assertGreater(max(shares), 0.45, shares)
        self.assertLess(max(shares), 0.55, shares)
        throttled = self.statistics()["cpu_stats"]["throttling_data"]
        self.assertGreater(throttled["throttled_periods"], 0)
        with self.subTest("and changed under the running process it holds at once"):
            self.assertSucceeds(self.lab.docker("update", "--cpus", "0.2", "box"))
            begin, used = time.monotonic(), self.statistics()["cpu_stats"]["cpu_usage"]["total_usage"]
            time.sleep(1)
            now = self.statistics()["cpu_stats"]["cpu_usage"]["total_usage"]
            self.assertLess((now - used) / 1e9 / (time.monotonic() - begin), 0.26)

    def test_a_fork_bomb_stops_at_its_limit_and_the_machine_stays_usable(self):
        self.start("--pids-limit", "20", "busybox", "sleep", "1000")
        directory = machine.cgroup_directory(self.lab.pid_of("box"), "pids")
        # Nothing would stop the bomb where there is no limit.
        self.assertEqual(machine.read(f"{directory}/pids.max").strip(), "20")
        self.assertSucceeds(self.lab.docker("exec", "-d", "box", "sh", "-c", "b() { b & b & sleep 1000; }; b"))

        def refused() -> int:
            return int((machine.read(f"{directory}/pids.events") or "max 0").split()[1])

        wait_until(lambda: refused() > 0, 30, "the kernel refused no process")
        for _ in range(10):
            self.assertLessEqual(self.statistics()["pids_stats"]["current"], 20)
            self.assertEqual(self.statistics()["pids_stats"]["limit"], 20)
        self.assertSucceeds(self.lab.docker("run", "--rm", "busybox", "echo", "usable"), "usable\n")
        self.assertSucceeds(self.lab.docker("kill", "box"))
        state = self.lab.inspect("box")["State"]
        self.assertEqual((state["Running"], state["ExitCode"]), (False, 137))


class AHome(LabTest):
    @classmethod
    def setUpClass(cls) -> None:
        """A home whose name makes a small hash (FNV-1a), so that its digits begin with a zero."""
        super().setUpClass()
        for number in range(10_000):
            home = f"{cls.lab.home}/{number}"
            hash = 2_166_136_261
            for byte in home.encode():
                hash = (hash ^ byte) * 16_777_619 % 2**32
            if hash < 2**28:
                break
        cls.hash, cls.environment = hash, cls.lab.environment | {"DRYDOCK_HOME": home}

    def test_has_control_groups_of_eight_digits(self):
        def drydock(*arguments: str) -> str:
            return subprocess.run([PROGRAM, *arguments], env=self.environment, check=True, capture_output=True,
                                  timeout=60, text=True).stdout

        try:
            groups = drydock("docker", "run", "--rm", "busybox", "cat", "/proc/self/cgroup")
        finally:
            drydock("engine", "reset")
        self.assertIn(f"/drydock-{self.hash:08x}/", groups)


if __name__ == "__main__":
    unittest.main()
