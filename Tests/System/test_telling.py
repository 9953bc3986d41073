"""What the teaching voice says of commands on containers that are there: what they read, and what they change under a
running process. What it shows as evidence, the machine says as well."""

from __future__ import annotations

import re
import tempfile
import unittest

import machine
from harness import LabTest


class Telling(LabTest):
    def setUp(self):
        self.assertSucceeds(self.lab.docker("run", "-d", "-m", "64m", "--name", "box", "busybox", "sh", "-c",
                                            "echo x > /new; rm /etc/group; sleep 1000"))

    def told(self, line: str, label: str) -> list[tuple[str, str]]:
        """Runs a line told in full; gives the evidence of the last operation: what was read, and where."""
        records = len(self.lab.steps())
        result = self.assertSucceeds(self.lab.line(line, level="full"))
        self.assertRegex(result.err, rf"(?m)^\| +1 {label} ", line)
        new = self.lab.steps()[records:]
        self.assertTrue(new, line)
        return [(evidence["source"], evidence["text"]) for record in new for evidence in record["evidence"]]

    def test_commands_that_only_read_leave_no_record_unless_they_are_to_be_told(self):
        before = self.lab.steps()
        with tempfile.TemporaryDirectory() as directory:
            for line in ("docker top box", "docker diff box", "docker stats --no-stream box",
                         f"docker cp box:/new {directory}/new"):
                self.assertEqual(self.assertSucceeds(self.lab.line(line)).err, "", line)
        self.assertEqual(self.lab.steps(), before)

    def test_evidence_that_the_kernel_has_no_words_for_is_korean_in_korean(self):
        self.lab.environment["DRYDOCK_LANG"] = "ko"
        self.addCleanup(self.lab.environment.pop, "DRYDOCK_LANG")
        lines = ["docker commit box new:1", "docker volume create data", "docker network create lab",
                 "docker create --name other -v data:/data --network lab busybox true", "docker rm other", "docker kill box",
                 "docker rm box", "docker volume rm data", "docker network rm lab", "docker rmi new:1"]
        before = len(self.lab.steps())
        told = "".join(self.assertSucceeds(self.lab.line(line, level="full")).err for line in lines)
        found = [evidence for step in self.lab.steps()[before:] for evidence in step["evidence"]]
        words = {evidence["text"] for evidence in found if "finding" in evidence}
        places = {evidence["source"] for evidence in found if "place" in evidence}
        self.assertLessEqual({"no such directory", "no such process", "no such link", "no such file"}, words)
        for text in sorted(words):
            self.assertNotRegex(told, rf"(?m)^\|\s+= {re.escape(text)}(\s|$)")
        for source in places:
            self.assertNotIn(source, told)
        for text in ("그런 디렉터리 없음", "그런 프로세스 없음", "bridge 네트워크의 주소", "항목 0개"):
            self.assertIn(text, told + self.lab.line("docker run -d --name box busybox sleep 9", "docker rm -f box",
                                                     level="deep").err)

    def test_top_is_told_from_the_list_of_the_cgroup(self):
        pid = self.lab.pid_of("box")
        evidence = dict(self.told("docker top box", "list"))
        files = [file for file in evidence if file.endswith("/cgroup.procs")]
        self.assertEqual(machine.read(files[0]).split(), evidence[files[0]].split())
        self.assertIn(str(pid), evidence[files[0]].split())
        self.assertRegex(evidence[f"/proc/{pid}/status"], rf"NSpid: {pid} 1")

    def test_stats_are_told_with_the_file_of_each_number(self):
        evidence = self.told("docker stats --no-stream box", "counters")
        limits = {name: text for name, text in evidence if re.search(r"memory\.(limit_in_bytes|max)$", name)}
        self.assertEqual(list(limits.values()), [str(64 << 20)])
        for name, _ in evidence:
            self.assertNotEqual(machine.read(name), "", f"{name} is not a file of this machine")
        self.assertGreaterEqual(len(evidence), 4)

    def test_diff_and_cp_are_told_from_the_upper_directory(self):
        [(upper, names)] = self.told("docker diff box", "changes")
        self.assertEqual(names.split(), ["etc", "new"])
        self.assertEqual(machine.read(f"{upper}/new"), "x\n")
        with tempfile.TemporaryDirectory() as directory:
            self.assertEqual(self.told(f"docker cp box:/new {directory}/new", "copy"), [("/new", "a file of 2 bytes")])
            self.assertEqual(self.told(f"docker cp {directory}/new box:/newer", "copy"),
                             [("/newer", "a file of 2 bytes")])
        self.assertEqual(machine.read(f"{upper}/newer"), "x\n")

    def test_pause_is_told_from_the_freezers_own_words(self):
        pid = self.lab.pid_of("box")
        [(file, text)] = self.told("docker pause box", "freeze")
        self.assertIn("; ".join(machine.read(file).split("\n")[:-1]), text)
        self.assertRegex(text, r"frozen 1|FROZEN")
        [(_, text)] = self.told("docker unpause box", "thaw")
        self.assertRegex(text, r"frozen 0|THAWED")
        self.assertEqual(self.lab.pid_of("box"), pid)

    def test_update_is_told_from_the_file_that_was_rewritten(self):
        evidence = dict(self.told("docker update -m 128m --memory-swap 256m box", "limits"))
        self.assertIn(str(128 << 20), evidence.values())
        for file, text in evidence.items():
            self.assertEqual(machine.read(file).strip(), text)

    def test_stop_tells_of_both_signals_and_how_long_it_waited(self):
        result = self.assertSucceeds(self.lab.line("docker stop -t 1 box", "steps", level="full"))
        self.assertRegex(" ".join(result.err.replace("|", " ").split()), r"It had not ended within 1 second\.")
        self.assertRegex(result.out, r"(?s)process\.signal .*SIGTERM.*process\.signal .*SIGKILL.*process\.end .* 137")

    def test_the_end_for_lack_of_memory_is_told_as_such(self):
        result = self.lab.line("docker run --name oom -m 64m busybox dd if=/dev/zero of=/dev/null bs=128M count=1",
                               level="full")
        text = " ".join(result.err.replace("|", " ").split())
        self.assertRegex(text, r"waitid\(P_PIDFD, \.\.\.\) -> 137 It had reached its memory limit, nothing could be freed, "
                               r"and the kernel killed it\. .*= oom_kill 1 .*/memory\.(oom_control|events)")


if __name__ == "__main__":
    unittest.main()
