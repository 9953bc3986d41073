"""Narration of an engine that does not tell its steps: from its events, from inspect, and from /proc.

Drydock's own engine is looked at as a stranger's; with `DRYDOCK_TEST_DOCKER_HOST` a real Docker Engine, which has
`busybox`, as well.
"""

from __future__ import annotations

import os
import re
import unittest

import machine
from harness import LabTest

REAL = os.environ.get("DRYDOCK_TEST_DOCKER_HOST")


class Observed(LabTest):
    host: str | None = None

    def setUp(self) -> None:
        self.before = dict(self.lab.environment)
        self.addCleanup(self.restore)
        self.lab.environment["DRYDOCK_OBSERVE"] = "1"
        if self.host:
            self.lab.environment["DOCKER_HOST"] = self.host
        self.lab.docker("rm", "-f", "observed")
        self.addCleanup(self.lab.docker, "rm", "-f", "observed")

    def restore(self) -> None:
        self.lab.environment.clear()
        self.lab.environment.update(self.before)

    def test_a_start_is_told_from_what_proc_shows(self):
        told = self.assertSucceeds(
            self.lab.line("docker run -d --name observed -m 64m busybox sleep 600", level="full")).err
        self.assertIn("START (observed)", told)
        pid = self.assertSucceeds(self.lab.docker("inspect", "-f", "{{.State.Pid}}", "observed")).out.strip()
        self.assertRegex(told, rf"NSpid:\s+{pid} 1\b")
        self.assertIn("67108864", told)
        kept = re.search(r"CapBnd:\s+(\w+)", told)[1]
        self.assertRegex(machine.read(f"/proc/{pid}/status"), rf"CapBnd:\s+{kept}")
        # How the engine did it is not known, so no call of it is claimed.
        self.assertNotIn("clone3", told)

    def test_a_second_process_an_end_and_a_removal_are_told(self):
        self.assertSucceeds(self.lab.docker("run", "-d", "--name", "observed", "busybox", "sleep", "600"))
        told = self.assertSucceeds(self.lab.line("docker exec -d observed sleep 500", level="full")).err
        self.assertIn("one more process of observed", told.replace("\n| ", " ").replace("\n|   ", " "))
        told = self.assertSucceeds(self.lab.line("docker stop -t 1 observed", level="brief")).err
        self.assertIn("STOP (observed)", told)
        self.assertIn("exit code 137", told)
        told = self.assertSucceeds(self.lab.line("docker rm observed", level="brief")).err
        self.assertIn("observed is forgotten", told)

    def test_steps_and_why_and_evidence_are_of_what_was_observed(self):
        page = self.assertSucceeds(self.lab.line(
            "docker run -d --name observed busybox sleep 600", "steps", "why 1", "evidence 1", "trace", level="off")).out
        # A time and a call would be made up.
        self.assertRegex(page, r"(?m)^\|\s+\d+  process\.execute +-  /proc/\d+/exe$")
        self.assertNotIn("0 ms", page)
        self.assertIn("no call to the kernel is known", page)
        self.assertRegex(page, r"(?m)^\|\s+= Id:\s+(\|\s+)?sha256:[0-9a-f]+")

    def test_images_and_files_are_told(self):
        self.assertSucceeds(self.lab.docker("run", "-d", "--name", "observed", "busybox", "sleep", "600"))
        told = self.assertSucceeds(self.lab.line("docker cp /etc/hostname observed:/new", level="brief")).err
        self.assertIn("an archive, unpacked in / of observed", told)
        told = self.assertSucceeds(self.lab.line("docker commit observed observed:1", level="brief")).err
        self.addCleanup(self.lab.docker, "rmi", "observed:1")
        self.assertIn("a new layer with what observed has written", told)
        if not self.host:
            told = self.assertSucceeds(self.lab.line("docker pull busybox", level="brief")).err
            self.assertIn("| observed: ", told)
            self.assertRegex(told, r"busybox:latest, 1 read-only layer, on \w+")

    def test_what_another_client_does_is_not_told(self):
        self.assertSucceeds(self.lab.docker("run", "-d", "--name", "observed", "busybox", "sleep", "600"))
        told = self.assertSucceeds(
            self.lab.line("docker pause observed && docker inspect -f '{{.Name}}' observed", level="brief")).err
        self.assertIn("observed standing still", told)
        self.assertNotIn("START", told)

    def test_korean_says_that_it_was_observed(self):
        self.lab.environment["DRYDOCK_LANG"] = "ko"
        told = self.assertSucceeds(
            self.lab.line("docker run --name observed busybox true", level="brief")).err
        self.assertIn("(관찰)", told)


@unittest.skipUnless(REAL, "DRYDOCK_TEST_DOCKER_HOST names no Docker Engine")
class ObservedDocker(Observed):
    host = REAL


if __name__ == "__main__":
    unittest.main()
