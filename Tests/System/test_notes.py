"""The commands of a course's notes, typed as they stand there with an image and a name filled in: each works, and where
the notes are mistaken, the answer says what is meant instead."""

from __future__ import annotations

import os
import re
import tempfile
import unittest

from harness import LabTest
from terminal import CTRL_C, CTRL_D

CONTAINER_PROMPT = r"/ # $"
BASH_PROMPT = r"[#$] $"


class TheNotesCommands(LabTest):
    def setUp(self):
        self.terminal = self.lab.shell("--narrate", "off", columns=160)
        self.addCleanup(self.terminal.close)
        self.terminal.prompt()

    def typed(self, line: str, pattern: str, timeout: float = 30) -> str:
        """Types a line at the prompt; what is printed must match the whole pattern, given line by line."""
        printed = self.terminal.run(line, timeout).rstrip("\n")
        self.assertRegex(printed, rf"(?s)\A{pattern}\Z", line)
        return printed

    def test_images_are_listed(self):
        self.typed("docker images", r"REPOSITORY +TAG +IMAGE ID +CREATED +SIZE\n.*busybox +latest .*")

    def test_containers_are_created_started_listed_and_looked_into(self):
        identity = r"[0-9a-f]{64}"
        header = r"CONTAINER ID +IMAGE +COMMAND +CREATED +STATUS +PORTS +NAMES"
        self.typed("docker container ls", header)
        self.typed("docker container create -i -t --name box lab/bash", identity)
        self.typed("docker container ls", header)
        self.typed("docker container ls -a", rf"{header}\n[0-9a-f]{{12}} +lab/bash +\"bash\" .* Created +box")
        self.typed("docker container start box", "box")
        self.typed("docker container ls", rf"{header}\n[0-9a-f]{{12}} +lab/bash +\"bash\" .* Up .* box")
        self.typed("docker container top box", r"UID +PID +PPID +C +STIME +TTY +TIME +CMD\nroot +\d+ .* bash")
        with self.subTest("the view that goes on, until Ctrl-C"):
            self.terminal.type("docker container stats")
            self.terminal.expect(r"CONTAINER ID +NAME +CPU % +MEM USAGE / LIMIT +MEM % .*\n[0-9a-f]{12} +box +\d+\.\d\d%")
            self.terminal.expect(r"box +\d+\.\d\d%")
            self.terminal.send(CTRL_C)
            self.terminal.prompt()
        self.typed("docker container pause box", "box")
        self.typed("docker container ls", rf"{header}\n.* Up .*\(Paused\) +box")
        self.typed("docker container unpause box", "box")
        self.typed("docker container ls", rf"{header}\n.* Up [^(]* box")
        with self.subTest("a second process: the notes' line without its mistake"):
            self.terminal.type("docker container exec -i -t box /bin/bash")
            self.terminal.expect(BASH_PROMPT)
            self.terminal.type("echo $$ is not 1; exit")
            self.assertRegex(self.terminal.prompt(), r"\n([2-9]|\d\d+) is not 1\n")
        with self.subTest("attach: the first process itself, and its end is the container's"):
            self.terminal.type("docker container attach box")
            self.terminal.send("\r")
            self.terminal.expect(BASH_PROMPT)
            self.terminal.type("echo I am $$; touch /added; exit")
            self.assertRegex(self.terminal.prompt(), r"\nI am 1\n")
        self.typed("docker container ls", header)
        self.typed("docker container diff box", r"A /added(\n[AC] /[^\n]*)*")

    def test_a_container_runs_in_the_foreground(self):
        self.terminal.type("docker container run  -i -t --name box busybox")
        self.terminal.expect(CONTAINER_PROMPT)
        self.terminal.type("tty")
        self.assertIn("/dev/pts/0", self.terminal.expect(CONTAINER_PROMPT))
        self.terminal.send(CTRL_D)
        self.terminal.prompt()
        self.assertEqual(self.lab.inspect("box")["State"]["Status"], "exited")

    def test_a_container_runs_in_the_background(self):
        self.typed("docker container run  -d -t --name box busybox", r"[0-9a-f]{64}")
        state = self.lab.inspect("box")
        self.assertEqual((state["State"]["Status"], state["Config"]["OpenStdin"]), ("running", False))

    def test_exec_with_a_name_is_told_what_is_meant(self):
        self.typed("docker container run  -d -t --name box lab/bash", r"[0-9a-f]{64}")
        printed = self.terminal.run("docker container exec -i -t --name box /bin/bash")
        self.assertIn("unknown flag: --name\n", printed)
        self.assertRegex(printed, r"`exec` has no --name: .*stands by itself, after the flags")
        self.assertRegex(printed, r"(?m)^Did you mean: docker container exec -i -t box /bin/bash$")
        with self.subTest("and by the program it gets Docker's exit code"):
            self.assertEqual(self.lab.docker("container", "exec", "-i", "-t", "--name", "box", "/bin/bash").code, 125)

    def test_files_are_copied_in_both_directions(self):
        self.typed("docker container run  -d --name box busybox sleep 1000", r"[0-9a-f]{64}")
        with tempfile.TemporaryDirectory() as directory:
            path = f"{directory}/test.txt"
            with open(path, "w", encoding="utf-8") as file:
                file.write("from the host\n")
            self.typed(f"docker container cp {path} box:/tmp/test.txt", r"Successfully copied 2.05kB to box:/tmp/test.txt")
            self.typed("docker container exec box cat /tmp/test.txt", "from the host")
            self.typed("docker container exec box sh -c 'echo from the container > /tmp/test.txt'", "")
            self.typed(f"docker container cp box:/tmp/test.txt {path}", rf"Successfully copied 2.05kB to {path}")
            with open(path, encoding="utf-8") as file:
                self.assertEqual(file.read(), "from the container\n")
            self.typed("docker container exec box rm /etc/group", "")
            self.assertEqual(set(self.typed("docker container diff box", ".*").split("\n")),
                             {"A /tmp/test.txt", "C /tmp", "C /etc", "D /etc/group"})

    def test_the_system_tells_of_itself(self):
        self.typed("docker system df", r"TYPE +TOTAL +ACTIVE +SIZE +RECLAIMABLE\nImages +\d+ .*\nContainers +\d+ .*\n"
                                       r"Local Volumes +\d+ .*\nBuild Cache +\d+ .*")
        self.typed("docker system info", r"Client:.*\nServer:\n Containers: \d+\n.*")
        self.typed("docker version", r"Client:.*\n API version: .*\nServer:.*")


if __name__ == "__main__":
    unittest.main()
