"""A container sees what it would see under a real Docker Engine: its answers are recorded in `recorded/`."""

from __future__ import annotations

import json
import os
import pathlib
import re
import unittest

import inside
import machine
from harness import PROGRAM, LabTest
from test_docker_client import image_archive

# Where ours differs from the recorded engine, and why: question → a pattern of the lines that are not compared.
INTENDED = {
    # Docker unpacks to overlay2/ID/diff and names the layers by short links in one option string, which is limited to
    # a page; ours are passed one by one (lowerdir+), and `volatile` spares a sync of the whole disk at the end.
    "mount": r"overlay on / ",
    "mount, with a terminal": r"overlay on / ",
}

# Masked by Docker where the kernel has them (moby, oci/defaults.go); the recording machine's kernel lacked some.
MASKED = {"/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
          "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware",
          "/sys/devices/virtual/powercap"}


class AContainerFromInside(LabTest):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.recorded = json.loads(inside.RECORDED.read_text())
        cls.ours = inside.ask([PROGRAM, "docker"], cls.lab.environment)

    def comparable(self, question: str, lines: list[str]) -> list[str]:
        """The lines that should agree on this machine."""
        chosen = []
        for line in lines:
            place = line.split(" on ")[1].split()[0] if re.match(r"\S+ on /", line) else ""
            if place in MASKED and not os.path.exists(place):
                continue  # this kernel has no such file
            if place in MASKED and f" on {place} " not in "\n".join(self.recorded["answers"][question]):
                continue  # the recording machine's kernel had none
            if "/sys/fs/cgroup/" in place and not self.has_the_recorded_cgroups:
                continue
            if INTENDED.get(question) and re.match(INTENDED[question], line):
                continue
            chosen.append(line)
        # Mounts beside each other have no order that a program could see.
        return sorted(chosen) if question.startswith("mount") else chosen

    @property
    def has_the_recorded_cgroups(self) -> bool:
        recorded = {place.split("/")[4] for line in self.recorded["answers"]["mount"]
                    for place in re.findall(r" on (/sys/fs/cgroup/\S+)", line)}
        return recorded <= set(os.listdir("/sys/fs/cgroup"))

    def test_agrees_with_the_recorded_engine(self):
        for question, answer in self.recorded["answers"].items():
            with self.subTest(question):
                self.assertEqual(self.comparable(question, self.ours[question]), self.comparable(question, answer))

    def test_every_difference_that_is_listed_as_intended_is_still_there(self):
        for question, pattern in INTENDED.items():
            with self.subTest(question):
                ours = self.lab.docker("run", "--rm", "busybox", "mount").out
                self.assertRegex(ours, rf"(?m)^{pattern}.*lowerdir\+=.*volatile")

    def test_has_dockers_capabilities_and_filter_and_its_init_has_them_too(self):
        self.assertSucceeds(self.lab.docker("run", "-d", "--name", "box", "busybox", "sleep", "100"))
        status = machine.read(f"/proc/{self.lab.pid_of('box')}/status")
        for line in ("CapEff:\t00000000a80425fb", "CapBnd:\t00000000a80425fb", "CapInh:\t0000000000000000",
                     "Seccomp:\t2", "NoNewPrivs:\t0"):
            self.assertIn(line, status)
        second = self.assertSucceeds(self.lab.docker("exec", "box", "grep", "-E", "CapEff|Seccomp:",
                                                      "/proc/self/status"))
        self.assertEqual(second.out.split(), ["CapEff:", "00000000a80425fb", "Seccomp:", "2"])

    def test_is_denied_what_the_filter_and_the_capabilities_deny(self):
        for attempt in ("mount -t tmpfs none /tmp", "hostname other", "unshare -m true", "date -s 2000-01-01",
                        "mknod /tmp/disk b 254 0 && cat /tmp/disk", "echo x > /proc/sys/kernel/domainname",
                        "ip link set eth0 down"):
            with self.subTest(attempt):
                result = self.lab.docker("run", "--rm", "busybox", "sh", "-c", attempt)
                self.assertRegex(result.err, "(?i)not permitted|denied|read-only")

    def test_sees_nothing_of_the_machine(self):
        self.assertSucceeds(self.lab.docker("run", "-d", "--name", "box", "-v", "/etc/hostname:/data:ro", "busybox",
                                            "sleep", "100"))
        pid = self.lab.pid_of("box")
        self.assertEqual(sorted(self.lab.docker("exec", "box", "ls", "/proc/self/fd").out.split()),
                         ["0", "1", "2", "3"])
        self.assertEqual(len([n for n in self.lab.docker("exec", "box", "ls", "/proc").out.split() if n.isdigit()]), 2)
        for kind in ("mnt", "pid", "uts", "ipc", "net"):
            self.assertNotEqual(machine.link(f"/proc/{pid}/ns/{kind}"), machine.link(f"/proc/self/ns/{kind}"), kind)
        descriptors = {machine.link(f"/proc/{pid}/fd/{n}") for n in os.listdir(f"/proc/{pid}/fd")}
        self.assertEqual({d.split(":")[0] for d in descriptors} - {"pipe", "/dev/null"}, set(), descriptors)
        self.assertNotIn("DRYDOCK", machine.read(f"/proc/{pid}/environ"))
        self.assertEqual(self.lab.docker("exec", "box", "sh", "-c", "ls /..; ls /../..").out,
                         self.lab.docker("exec", "box", "sh", "-c", "ls /; ls /").out)

    def test_a_tree_of_as_many_layers_as_docker_allows(self):
        busybox = pathlib.Path("/usr/bin/busybox" if os.path.exists("/usr/bin/busybox") else "/bin/busybox").read_bytes()
        layers = [{"bin/busybox": busybox, "both": b"low"}, *({f"f{number}": b"x"} for number in range(125)), {"both": b"high"}]
        loaded = self.lab.docker("load", input=image_archive("many:127", *layers))
        self.assertSucceeds(loaded)
        self.assertSucceeds(self.lab.docker("image", "inspect", "-f", "{{len .RootFS.Layers}}", "many:127"), "127\n")
        seen = self.lab.docker("run", "--rm", "many:127", "/bin/busybox", "sh", "-c",
                               "busybox ls / | busybox grep -c '^f'; busybox cat /both /f0 /f124")
        self.assertSucceeds(seen, "125\nhighxx")

    def test_reaches_the_next_container_at_once(self):
        self.assertSucceeds(self.lab.docker("run", "-d", "--name", "web", "lab/web"))
        address = self.lab.inspect("web")["NetworkSettings"]["IPAddress"]
        result = self.lab.docker("run", "--rm", "busybox", "sh", "-c",
                                 f"for i in 1 2 3 4 5; do wget -qO- http://{address}/ && exit; usleep 50000; done")
        self.assertSucceeds(result)
        self.assertIn("<", result.out)


if __name__ == "__main__":
    unittest.main()
