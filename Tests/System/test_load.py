"""Many containers at once: none is lost, none is mistaken for another, and each costs little.

The numbers are small here; `DRYDOCK_TEST_LOAD=full` takes those that a class needs: 200 containers three times over, and
1,000 that only wait.
"""

from __future__ import annotations

import concurrent.futures
import json
import os
import re
import statistics
import sys
import time
import unittest

import machine
from harness import Lab, LabTest, wait_until
from machine import Held, Snapshot, left_behind

IS_FULL = os.environ.get("DRYDOCK_TEST_LOAD") == "full"
AT_ONCE, ROUNDS, IDLE = (200, 3, 1000) if IS_FULL else (40, 1, 150)
MEBIBYTE = 1 << 20


class ManyAtOnce(LabTest):
    def setUp(self):
        self.other = Lab()
        self.addCleanup(self.other.remove)
        self.before = Snapshot.take(self.other.home)
        self.other.start_engine()

    def each(self, *arguments: str, expecting: dict[str, str]) -> None:
        """Runs one Docker command for each name, all at the same time; each must print what is expected."""
        with concurrent.futures.ThreadPoolExecutor(len(expecting)) as pool:
            results = dict(zip(expecting, pool.map(
                lambda name: self.other.docker(*(word.replace("NAME", name) for word in arguments), timeout=300),
                expecting)))
        wrong = {name: result for name, result in results.items()
                 if (result.code, result.err) != (0, "") or not re.fullmatch(expecting[name], result.out)}
        self.assertEqual(wrong, {})

    def test_started_listed_stopped_and_removed_all_at_the_same_time(self):
        names = [f"box{number}" for number in range(AT_ONCE)]
        codes = {name: number % 200 + 1 for number, name in enumerate(names)}
        for _ in range(ROUNDS):
            self.each("run", "-d", "--name", "NAME", "busybox", "sh", "-c",
                      "trap 'exit $((${0#box} % 200 + 1))' TERM; echo $0 is ready; while :; do sleep 1000 & wait; done",
                      "NAME", expecting=dict.fromkeys(names, r"[0-9a-f]{64}\n"))
            listed = self.assertSucceeds(self.other.docker("ps", "--format", "{{.Names}} {{.State}}")).out
            self.assertEqual(sorted(listed.splitlines()), sorted(f"{name} running" for name in names))
            addresses = [self.other.inspect(name)["NetworkSettings"]["IPAddress"] for name in names]
            self.assertEqual(len(set(addresses)), AT_ONCE, "each has an address of its own")
            for name in names:
                wait_until(lambda: self.other.docker("logs", name).out == f"{name} is ready\n", 60,
                           f"{name} did not get ready")
            held = Held.by(self.other.home)
            self.each("stop", "-t", "60", "NAME", expecting={name: f"{name}\n" for name in names})
            self.assertEqual({name: self.other.inspect(name)["State"]["ExitCode"] for name in names}, codes)
            self.each("rm", "NAME", expecting={name: f"{name}\n" for name in names})
            self.assertEqual(self.other.get("/containers/json?all=1"), [])
            wait_until(lambda: list(machine.processes_of(self.other.home)) == [self.other.engine_pid], 60,
                       "processes stayed")
        self.assertSucceeds(self.other.reset())
        self.assertEqual(left_behind(self.before, self.other.home, held, seconds=60), [])


class ManyThatWait(LabTest):
    def tearDown(self) -> None:
        """Nothing: so many are removed by several at once, in a cleanup."""

    def memory(self) -> int:
        """The memory that belongs to the engine alone, bytes (RssAnon and page tables, `proc_pid_status(5)`)."""
        status = machine.read(f"/proc/{self.lab.engine_pid}/status")
        return sum(int(re.search(rf"{name}:\s+(\d+) kB", status)[1]) for name in ("RssAnon", "VmPTE")) * 1024

    def create_and_start(self, number: int) -> int:
        settings = {"Image": "busybox", "Cmd": ["sleep", "100000"], "HostConfig": {}}
        status, _, body = self.lab.request("POST", f"/containers/create?name=idle{number}", settings, timeout=120)
        self.assertEqual(status, 201, body)
        identity = json.loads(body)["Id"]
        status, _, body = self.lab.request("POST", f"/containers/{identity}/start", timeout=120)
        self.assertEqual(status, 204, body)
        return number

    def remove(self, number: int) -> int:
        return self.lab.request("DELETE", f"/containers/idle{number}?force=1", timeout=120)[0]

    def remove_all(self, pool: concurrent.futures.Executor) -> set[int]:
        return set(pool.map(self.remove, range(IDLE)))

    def test_each_costs_little_memory_and_the_list_comes_soon(self):
        self.assertSucceeds(self.lab.docker("run", "--rm", "busybox", "true"))
        self.assertSucceeds(self.lab.docker("ps"))
        before = self.memory()
        pool = concurrent.futures.ThreadPoolExecutor(8)
        self.addCleanup(pool.shutdown)
        self.addCleanup(self.remove_all, pool)
        begin = time.monotonic()
        list(pool.map(self.create_and_start, range(IDLE)))
        started = time.monotonic() - begin
        self.assertEqual(len(self.lab.get("/containers/json")), IDLE)
        times = []
        for _ in range(15):
            begin = time.monotonic()
            listed = self.assertSucceeds(self.lab.docker("ps", "-q")).out
            times.append((time.monotonic() - begin) * 1000)
            self.assertEqual(listed.count("\n"), IDLE)
        each = (self.memory() - before) / IDLE
        begin = time.monotonic()
        self.assertEqual(self.remove_all(pool), {204})
        removed = time.monotonic() - begin
        median = statistics.median(times)
        print(f"{IDLE} idle containers: started in {started:.1f} s, {each / MEBIBYTE:.2f} MiB of the engine's memory "
              f"each, docker ps {median:.0f} ms, removed in {removed:.1f} s", file=sys.stderr)
        self.assertLess(each, 1.5 * MEBIBYTE)
        if IS_FULL:
            self.assertLess(median, 50)
        wait_until(lambda: list(machine.processes_of(self.lab.home)) == [self.lab.engine_pid], 60, "processes stayed")


if __name__ == "__main__":
    unittest.main()
