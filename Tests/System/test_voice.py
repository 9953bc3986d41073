"""The teaching voice: what it shows of containers is what others read, and what it offers to type works."""

from __future__ import annotations

import json
import os
import re
import unittest

import machine
from harness import LabTest, wait_until
from terminal import CTRL_D, ENTER, PROMPT

STEP_PROMPT = r"\[q\] take back > $"


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


class Stepping(LabTest):
    """`step`: somebody goes through a command one step at a time, at a terminal."""

    def begin(self, line: str):
        """Types a line that waits before its first step."""
        terminal = self.lab.shell("--narrate", "brief", columns=80)
        self.addCleanup(terminal.close)
        terminal.prompt()
        terminal.type(line)
        return terminal

    @staticmethod
    def waiting(terminal) -> str:
        """Waits until a step waits; gives its kind."""
        return re.findall(r"next is step \d+(?: of \d+)?, ([a-z.]+):", terminal.expect(STEP_PROMPT))[-1]

    def go_to(self, terminal, kind: str) -> None:
        """Lets all steps be done up to one of this kind, which then waits."""
        while self.waiting(terminal) != kind:
            terminal.send(ENTER)

    def test_it_stops_between_any_two_steps_those_of_the_child_too_while_others_look(self):
        terminal = self.begin("step docker run -d --name web --hostname boat busybox sleep 100")
        self.go_to(terminal, "container.create")
        self.assertEqual(self.lab.docker("ps", "-aq").out, "")
        self.go_to(terminal_after(terminal), "process.clone")
        with self.subTest("a second client sees the container that is not started yet"):
            self.assertSucceeds(self.lab.docker("inspect", "-f", "{{.State.Status}} {{.State.Pid}}", "web"),
                                "created 0\n")
        terminal.send(ENTER)
        pid = int(re.search(r"PID (\d+) here is PID 1", terminal.expect(STEP_PROMPT))[1])
        with self.subTest("its process waits, and has done nothing yet"):
            self.assertRegex(machine.read(f"/proc/{pid}/status"), rf"NSpid:\s+{pid}\s+1\n")
            self.assertNotIn(f"{self.lab.home}/node1/containers", machine.read(f"/proc/{pid}/mountinfo"))
        self.go_to(terminal_after(terminal), "hostname.set")
        name = ["nsenter", "-t", str(pid), "-u", "cat", "/proc/sys/kernel/hostname"]
        self.assertNotEqual(machine.output(*name), "boat\n")
        terminal.send(ENTER)
        terminal.expect(STEP_PROMPT)
        self.assertEqual(machine.output(*name), "boat\n")
        with self.subTest("nothing runs before the last step"):
            self.go_to(terminal_after(terminal), "process.execute")
            self.assertEqual(self.lab.inspect("web")["State"]["Status"], "created")
        terminal.send(ENTER)
        terminal.prompt()
        self.assertEqual(self.lab.inspect("web")["State"]["Pid"], pid)
        self.assertRegex(terminal.run("steps"), r"(?m)^\|\s+\d+  process\.execute ")
        terminal.send(CTRL_D)
        self.assertEqual(terminal.wait(), 0)

    def test_q_takes_all_back(self):
        for place in ("layer.create", "veth.create", "root.pivot", "process.execute"):
            with self.subTest(before=place):
                before, already = machine.Snapshot.take(self.lab.home), machine.Held.by(self.lab.home)
                terminal = self.begin("step docker run -d --name web busybox sleep 100")
                self.go_to(terminal, place)
                held = machine.Held.by(self.lab.home)
                held = machine.Held(held.names - already.names, held.moment)
                terminal.send("q")
                told = terminal.prompt()
                self.assertIn(f"({place}), as you wished", told)
                self.assertIn("taken back: container.create", told)
                self.assertEqual(self.lab.docker("ps", "-aq").out, "")
                self.assertEqual(os.listdir(f"{self.lab.home}/node1/containers"), [])
                terminal.send(CTRL_D)
                terminal.wait()
                terminal.close()
                self.assertEqual(machine.left_behind(before, self.lab.home, held=held), [])

    def test_c_runs_on_and_the_container_has_the_terminal(self):
        terminal = self.begin("step docker run -it --rm --name box busybox sh")
        self.go_to(terminal, "mount.proc")
        terminal.send("c")
        terminal.expect(r"/ # $")
        terminal.type("echo $((6 * 7))")
        terminal.expect(r"\b42\b")
        terminal.type("exit")
        terminal.prompt()
        terminal.send(CTRL_D)
        self.assertEqual(terminal.wait(), 0)
        self.assertTrue(terminal.modes_are_restored())

    def test_a_second_process_is_gone_through_too(self):
        self.assertSucceeds(self.lab.docker("run", "-d", "--name", "box", "busybox", "sleep", "100"))
        terminal = self.begin("step docker exec box echo inside")
        kinds = []
        while True:
            found = terminal.expect(f"{STEP_PROMPT}|{PROMPT}")
            if not re.search(STEP_PROMPT, found):
                break
            kinds.append(re.findall(r"step \d+, ([a-z.]+):", found)[-1])
            terminal.send(ENTER)
        self.assertEqual((kinds[0], kinds[-1]), ("namespace.enter", "process.execute"))
        self.assertRegex(found, r"(?m)^inside\r?$")

    def test_p_asks_what_comes_next(self):
        terminal = self.begin("step docker create --name still busybox true")
        self.assertEqual(self.waiting(terminal), "image.resolve")
        terminal.send("p")
        question = terminal.expect(r"\[1-\d\] > $")
        number = re.search(r"(?m)^\|   (\d) +still is [0-9a-f]{12}, made from busybox\r?$", question)[1]
        terminal.send(number)
        told = terminal.expect(STEP_PROMPT)
        self.assertIn("Right.", told)
        self.assertIn("container.create:", told)
        terminal.send("q")
        terminal.prompt()
        self.assertEqual(self.lab.docker("ps", "-aq").out, "")

    def test_a_shell_that_is_gone_leaves_nothing_half_done(self):
        terminal = self.begin("step docker run -d --name web busybox sleep 100")
        self.go_to(terminal, "mount.sys")
        terminal.close()
        wait_until(lambda: self.lab.docker("ps", "-aq").out == "", message="the half-built container stayed")


def terminal_after(terminal):
    """The terminal, after the step that waits was let go on."""
    terminal.send(ENTER)
    return terminal


if __name__ == "__main__":
    unittest.main()
