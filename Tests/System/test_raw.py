"""A container made by hand: single system calls (`drydock raw`), each seen from outside."""

from __future__ import annotations

import os
import pathlib
import tempfile
import unittest

import machine
from harness import LabTest, wait_until


class ByHand(LabTest):
    def setUp(self) -> None:
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="drydock-raw-", dir="/tmp"))
        self.addCleanup(lambda: machine.output("rm", "-r", str(self.directory)))
        for name in ("upper", "work", "root"):
            (self.directory / name).mkdir()
        self.assertSucceeds(self.lab.docker("create", "--name", "seed", "busybox"))
        self.assertSucceeds(self.lab.docker("export", "-o", f"{self.directory}/seed.tar", "seed"))
        machine.output("mkdir", f"{self.directory}/lower")
        machine.output("tar", "-xf", f"{self.directory}/seed.tar", "-C", f"{self.directory}/lower")
        self.addCleanup(self.lab.drydock, "raw", "end", "box")

    def raw(self, *words: str):
        return self.lab.drydock("raw", *words)

    @staticmethod
    def has_ended(pid: int) -> bool:
        """Whether it is gone, or a zombie that nobody has asked for its exit code yet."""
        return not os.path.exists(f"/proc/{pid}") or "State:\tZ" in machine.read(f"/proc/{pid}/status")

    def clone(self, *kinds: str) -> int:
        done = self.assertSucceeds(self.raw("clone", "box", *kinds))
        pid = int(done.out.splitlines()[0].rsplit(" = ", 1)[1])
        wait_until(lambda: self.raw("enter", "box", "true").code == 0)
        return pid

    def test_step_by_step_a_process_becomes_a_container(self):
        pid = self.clone("mnt", "pid", "uts", "ipc", "net")
        for kind in ("mnt", "pid", "uts", "ipc", "net"):
            self.assertNotEqual(machine.link(f"/proc/{pid}/ns/{kind}"), machine.link(f"/proc/self/ns/{kind}"), kind)
        place = str(self.directory)
        calls = [
            ("mount", "box", "-o", "rprivate", "none", "/"),
            ("mount", "box", "-t", "overlay", "-o",
             f"lowerdir={place}/lower,upperdir={place}/upper,workdir={place}/work", "overlay", f"{place}/root"),
            ("mount", "box", "-t", "proc", "proc", f"{place}/root/proc"),
            ("sethostname", "box", "byhand"), ("mkdir", "box", f"{place}/root/old"),
            ("pivot-root", "box", f"{place}/root", f"{place}/root/old"), ("umount", "box", "-l", "/old"),
            ("link-up", "box", "lo"), ("seccomp", "box", "docker"), ("capset", "box", "docker"),
        ]
        for call in calls:
            done = self.assertSucceeds(self.raw(*call))
            self.assertTrue(done.out.splitlines()[0].endswith(" = 0"), done.out)
        self.assertEqual(machine.link(f"/proc/{pid}/root"), "/")
        self.assertNotIn("/old", machine.read(f"/proc/{pid}/mounts"))
        self.assertNotIn(place, machine.read("/proc/self/mounts"), "the machine sees none of its mounts")
        self.assertSucceeds(self.raw("enter", "box", "hostname"), "byhand\n")
        self.assertSucceeds(self.raw("exec", "box", "/bin/sleep", "1000"))
        wait_until(lambda: machine.read(f"/proc/{pid}/cmdline").startswith("/bin/sleep"))
        status = machine.read(f"/proc/{pid}/status")
        self.assertIn("CapEff:\t00000000a80425fb", status)
        self.assertIn("Seccomp:\t2", status)
        self.assertIn("1 root     /bin/sleep 1000", self.assertSucceeds(self.raw("enter", "box", "ps")).out)
        late = self.raw("chdir", "box", "/")
        self.assertEqual(late.code, 1)
        self.assertIn("has become its program", late.err)
        self.assertSucceeds(self.raw("end", "box"))
        self.assertTrue(self.has_ended(pid))
        self.assertSucceeds(self.raw("ls"), "")

    def test_a_refusal_is_the_kernels(self):
        self.clone("mnt", "uts")
        for call, reason in (
            (("pivot-root", "box", "/nowhere", "/nowhere/old"), "= -1 ENOENT"),
            (("mount", "box", "-t", "nosuchfs", "none", "/"), "= -1 ENODEV"),
            (("exec", "box", "/bin/nothing"), "= -1 ENOENT"),
        ):
            done = self.raw(*call)
            self.assertEqual(done.code, 1)
            self.assertIn(reason, done.out)
        self.assertSucceeds(self.raw("capset", "box", "none"))
        self.assertIn("= -1 EPERM", self.raw("sethostname", "box", "late").out, "without the capability")

    def test_a_limit_of_its_cgroup_is_read_back(self):
        pid = self.clone("pid")
        done = self.assertSucceeds(self.raw("cgroup", "box", "pids", "20"))
        path, value = done.out.splitlines()[0].split(": ")
        self.assertEqual((value, machine.read(path).strip()), ("20", "20"))
        self.assertIn(str(pid), machine.read(f"{os.path.dirname(path)}/cgroup.procs").split())

    def test_what_is_wrong_is_said_in_a_sentence(self):
        for words, sentence in (
            (("mount", "box", "proc"), "usage: raw mount NAME"), (("fly", "box"), 'there is no call "fly"'),
            (("end", "nobody"), "there is no nobody"), (("chdir", "nobody", "/"), "there is no nobody"),
            (("clone", "../x"), "can't be a name"), (("clone", "box", "world"), 'namespace of kind "world"'),
        ):
            done = self.raw(*words)
            self.assertEqual(done.code, 1, words)
            self.assertIn(sentence, done.err)

    def test_a_reset_takes_it_away(self):
        pid = self.clone("pid", "net")
        self.assertSucceeds(self.lab.reset())
        wait_until(lambda: self.has_ended(pid))
        self.lab.start_engine()


if __name__ == "__main__":
    unittest.main()
