"""The teaching voice: what it shows of containers is what others read, and what it offers to type works."""

from __future__ import annotations

import json
import os
import re
import unittest

import machine
from harness import LabTest


class Views(LabTest):
    """`inside` and `compare`, against an independent reading of the kernel."""

    def test_inside_shows_what_the_kernel_has(self):
        self.assertSucceeds(self.lab.docker("run", "-d", "--name", "web", "-m", "32m", "busybox", "sleep", "100"))
        pid = self.lab.pid_of("web")
        page = self.assertSucceeds(self.lab.line("inside web")).out
        with self.subTest("the process, from both sides"):
            inner = re.search(r"NSpid:\s+\d+\s+(\d+)", machine.read(f"/proc/{pid}/status"))[1]
            self.assertRegex(page, rf"(?m)^\|\s+{pid}\s+{inner}\s+sleep 100$")
        for kind in ("mnt", "pid", "net", "uts", "ipc", "user"):
            with self.subTest("namespace", kind=kind):
                found = os.readlink(f"/proc/{pid}/ns/{kind}")
                own = found != os.readlink(f"/proc/self/ns/{kind}")
                self.assertIn(f"{found} ", page)
                line = next(line for line in page.split("\n") if found in line)
                self.assertEqual("not the machine's" in line, own, line)
        with self.subTest("the limit"):
            path = next(line.split(":")[2] for line in machine.read(f"/proc/{pid}/cgroup").splitlines()
                        if ":memory:" in line or line.startswith("0::"))
            files = [f"/sys/fs/cgroup/memory{path}/memory.limit_in_bytes", f"/sys/fs/cgroup{path}/memory.max"]
            self.assertIn("= " + "".join(map(machine.read, files)).strip(), page)
        with self.subTest("the number of mounts"):
            count = len(machine.read(f"/proc/{pid}/mountinfo").splitlines())
            self.assertIn(f"MOUNTS, {count} in all", page)
        with self.subTest("the address"):
            address = json.loads(machine.output("nsenter", "-t", str(pid), "-n", "ip", "-j", "addr", "show", "eth0"))
            found = address[0]["addr_info"][0]
            self.assertIn(f"eth0 {found['local']}/{found['prefixlen']}", page)

    def test_inside_of_a_container_that_does_not_run_shows_what_is_on_disk(self):
        self.assertSucceeds(self.lab.docker("create", "--name", "still", "busybox", "true"))
        page = self.assertSucceeds(self.lab.line("inside still")).out
        self.assertIn("no process now", page)
        self.assertIn("LAYERS", page)
        self.assertNotIn("NAMESPACES of", page)

    def test_compare_tells_what_is_shared(self):
        for arguments in (["--name", "one"], ["--name", "two", "--network", "container:one"]):
            self.assertSucceeds(self.lab.docker("run", "-d", *arguments, "busybox", "sleep", "100"))
        page = self.assertSucceeds(self.lab.line("compare one two")).out
        for kind, shared in (("net", True), ("mnt", False), ("pid", False)):
            links = {os.readlink(f"/proc/{self.lab.pid_of(name)}/ns/{kind}") for name in ("one", "two")}
            self.assertEqual(len(links) == 1, shared)
            self.assertRegex(page, rf"(?m)^\| {kind} .*{'SHARED' if shared else 'each its own'}$")
        self.assertIn("1 image layer is on disk once", page)

    def test_a_name_that_is_not_there_is_said_in_dockers_words(self):
        result = self.lab.line("inside nobody")
        self.assertEqual((result.code, result.out), (1, ""))
        self.assertEqual(result.err, "Error response from daemon: No such container: nobody\n")


if __name__ == "__main__":
    unittest.main()
