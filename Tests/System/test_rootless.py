"""Without root: the engine is an ordinary user's, root of a user namespace, and the containers are real all the same."""

from __future__ import annotations

import os
import pathlib
import shutil
import tarfile
import tempfile
import unittest
import urllib.request

import harness
import machine
from harness import Lab, LabTest, needs_real_client, wait_until
from test_docker_client import image_archive

#: Somebody whom every machine has, and who owns nothing: `nobody`.
USER = 65534
CONTROLLERS = ("memory", "pids", "cpu", "cpuacct", "cpuset", "freezer", "devices")


def as_user(*before: str) -> list[str]:
    """What comes before a command that is to run as that user."""
    return [*before, "setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]


@unittest.skipUnless(shutil.which("setpriv"), "not on this machine: setpriv")
class RootlessTest(LabTest):
    """A lab whose engine belongs to an ordinary user. The program is where that user may read it."""

    #: What each of our own programs is started by.
    on = as_user()

    @classmethod
    def setUpClass(cls) -> None:
        if os.geteuid() != 0:
            raise unittest.SkipTest("becoming another user needs root")
        cls.place = pathlib.Path(tempfile.mkdtemp(prefix="drydock-rootless-", dir="/tmp"))
        cls.addClassCleanup(shutil.rmtree, cls.place, ignore_errors=True)
        os.chmod(cls.place, 0o777)
        program = cls.place / "drydock"
        shutil.copy(harness.PROGRAM, program)
        before, harness.PROGRAM = harness.PROGRAM, str(program)
        cls.addClassCleanup(setattr, harness, "PROGRAM", before)
        cls.lab = Lab()
        for directory in (cls.lab.home, cls.lab.client_home):
            os.chown(directory, USER, USER)
        cls.lab.on = cls.on
        cls.addClassCleanup(cls.lab.remove)
        cls.lab.start_engine()

    def run_(self, *arguments: str) -> str:
        return self.assertSucceeds(self.lab.docker("run", "--rm", *arguments)).out

    def start(self, name: str, *arguments: str) -> None:
        self.assertSucceeds(self.lab.docker("run", "-d", "--name", name, *arguments))


class WithoutRoot(RootlessTest):
    """One user is all there is: nothing was granted in /etc/subuid."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.before = machine.Snapshot.take("/tmp/drydock-no-home")
        super().setUpClass()

    def test_root_inside_is_the_user_outside(self):
        self.start("box", "busybox", "sleep", "1000")
        pid = self.lab.pid_of("box")
        self.assertEqual(os.stat(f"/proc/{pid}").st_uid, USER)
        self.assertEqual(machine.read(f"/proc/{pid}/uid_map").split(), ["0", str(USER), "1"])
        self.assertEqual(self.lab.docker("exec", "box", "id", "-u").out, "0\n")
        status = machine.read(f"/proc/{pid}/status")
        self.assertIn("CapEff:\t00000000a80425fb", status)
        self.assertIn("Seccomp:\t2", status)
        for kind in ("mnt", "pid", "net", "uts", "ipc", "user"):
            self.assertNotEqual(machine.link(f"/proc/{pid}/ns/{kind}"), machine.link(f"/proc/self/ns/{kind}"), kind)

    def test_it_is_told_with_the_map_that_the_kernel_has(self):
        done = self.lab.line("docker run --name box -d busybox sleep 1000", level="full")
        self.assertIn(f"number {USER}", " ".join(done.out.split()).replace("| ", "") + done.err)
        pid = self.lab.pid_of("box")
        clone = next(step for step in self.lab.steps() if step["kind"] == "process.clone" and step["facts"].get("pid") == pid)
        self.assertIn({"source": f"/proc/{pid}/uid_map", "text": " ".join(machine.read(f"/proc/{pid}/uid_map").split())},
                      clone["evidence"])

    def test_processes_are_listed_signalled_and_collected(self):
        self.start("box", "busybox", "sh", "-c", "trap 'echo asked; exit 3' TERM; sleep 1000 & wait")
        # The shell and its child, under the title.
        wait_until(lambda: len(self.lab.docker("top", "box").out.splitlines()) == 3)
        self.assertSucceeds(self.lab.docker("exec", "-e", "A=b", "box", "sh", "-c", "test $A = b"))
        self.assertEqual(self.lab.docker("exec", "box", "sh", "-c", "exit 7").code, 7)
        self.assertSucceeds(self.lab.docker("stop", "box"))
        self.assertEqual(self.lab.docker("wait", "box").out, "3\n")
        self.assertEqual(self.lab.docker("logs", "box").out, "asked\n")

    def test_many_second_processes_end_as_they_should(self):
        self.start("box", "busybox", "sleep", "1000")
        running = [self.lab.start("exec", "box", "sh", "-c", f"sleep 0.2; exit {code}") for code in range(1, 9)]
        self.assertEqual([process.wait(60) for process in running], list(range(1, 9)))
        # Each had a thread of the engine's, which ended with it.
        wait_until(lambda: "drydock-enter" not in [machine.read(f"/proc/{self.lab.engine_pid}/task/{task}/comm").strip()
                                                   for task in machine.entries(f"/proc/{self.lab.engine_pid}/task")])

    def test_another_user_does_not_exist(self):
        done = self.lab.docker("run", "--rm", "--user", "1000", "busybox", "true")
        self.assertNotEqual(done.code, 0)
        self.assertIn("user 1000 (1000:0) does not exist here: this engine is rootless", done.err)
        self.assertIn("/etc/subuid", done.err)

    def test_what_cannot_be_limited_is_discarded_with_dockers_warning(self):
        done = self.lab.docker("run", "--rm", "-m", "64m", "--pids-limit", "20", "--cpu-shares", "512", "busybox", "echo", "ran")
        self.assertEqual((done.code, done.out), (0, "ran\n"), done.err)
        for words in ("Your kernel does not support memory limit capabilities or the cgroup is not mounted. "
                      "Limitation discarded.", "PIDs limit discarded.", "Shares discarded."):
            self.assertIn(words, done.err)
        refused = self.lab.docker("run", "--rm", "--cpus", "0.5", "busybox", "true")
        self.assertEqual(refused.code, 125)
        self.assertIn("NanoCPUs can not be set", refused.err)
        with self.subTest("an update too"):
            self.start("box", "busybox", "sleep", "1000")
            self.assertIn("Limitation discarded.", self.lab.docker("update", "-m", "64m", "box").err)
            self.assertEqual(self.lab.inspect("box")["HostConfig"]["Memory"], 0)
        with self.subTest("and what is no limit, but needs a cgroup"):
            self.assertIn("this host has no freezer", self.lab.docker("pause", "box").err)
        with self.subTest("and no step is told that was not performed"):
            kinds = {step["kind"] for step in self.lab.steps()}
            self.assertFalse({kind for kind in kinds if kind.startswith("cgroup.")}, kinds)

    def test_two_on_a_network_talk_by_name_and_a_port_is_published(self):
        self.assertSucceeds(self.lab.docker("network", "create", "lan"))
        self.start("web", "--network", "lan", "-p", "127.0.0.1:0:80", "lab/web")
        self.assertIn("1 packets received", self.run_("--network", "lan", "busybox", "ping", "-c", "1", "web"))
        port = self.lab.docker("port", "web", "80").out.strip()
        with urllib.request.urlopen(f"http://{port}/", timeout=20) as answer:
            self.assertEqual(answer.status, 200)
        self.lab.docker("rm", "-f", "web")
        self.assertSucceeds(self.lab.docker("network", "rm", "lan"))

    def test_namespaces_are_shared(self):
        with self.subTest("the machine's processes"):
            self.assertIn("engine run", self.run_("--pid", "host", "busybox", "ps"))
        self.start("box", "busybox", "sleep", "1000")
        with self.subTest("another container's"):
            self.assertIn("sleep 1000", self.run_("--pid", "container:box", "--network", "container:box", "busybox", "ps"))
        with self.subTest("or not: that of cgroups"):
            namespace = ["busybox", "readlink", "/proc/self/ns/cgroup"]
            own = os.readlink("/proc/self/ns/cgroup")
            self.assertEqual(self.run_("--cgroupns", "host", *namespace).strip(), own)
            self.assertNotEqual(self.run_("--cgroupns", "private", *namespace).strip(), own)
        with self.subTest("the node's network"):
            self.assertIn("docker0", self.run_("--network", "host", "busybox", "ip", "link"))

    def test_devices_are_the_machines_and_others_cannot_be_made(self):
        self.assertEqual(self.run_("busybox", "sh", "-c", "head -c 3 /dev/zero | wc -c; echo x > /dev/null"), "3\n")
        self.assertNotEqual(self.lab.docker("run", "--rm", "busybox", "mknod", "/tmp/disk", "b", "8", "0").code, 0)
        with self.subTest("nor by an image"):
            node = tarfile.TarInfo("node")
            node.type, node.devmajor, node.devminor, node.mode = tarfile.BLKTYPE, 8, 0, 0o666
            done = self.lab.docker("load", input=image_archive("devices:1", {"before": b"x", "node": node}))
            self.assertNotEqual(done.code, 0)
            self.assertIn('"node"', done.err)
            self.assertEqual(self.lab.docker("images", "-q", "devices").out, "")

    def test_files_are_copied_compared_kept_and_built(self):
        context = self.place / "context"
        context.mkdir(exist_ok=True)
        (context / "page").write_text("hello\n")
        (context / "Dockerfile").write_text("FROM busybox\nCOPY page /page\nRUN rm /etc/group && echo done > /done\n")
        self.assertSucceeds(self.lab.docker("build", "-t", "built", str(context)))
        self.assertEqual(self.run_("built", "sh", "-c", "cat /page /done; test ! -e /etc/group"), "hello\ndone\n")
        self.start("box", "-v", "kept:/kept", "built", "sh", "-c", "rm -r /home && mkdir /home && cp /page /kept; sleep 1000")
        wait_until(lambda: "C /home" in self.lab.docker("diff", "box").out)
        self.assertSucceeds(self.lab.docker("cp", str(context / "page"), "box:/tmp/page"))
        self.assertSucceeds(self.lab.docker("cp", "box:/tmp/page", str(self.place / "back")))
        self.assertEqual((self.place / "back").read_text(), "hello\n")
        self.assertSucceeds(self.lab.docker("commit", "box", "committed"))
        self.assertEqual(self.run_("-v", "kept:/kept", "committed", "cat", "/kept/page", "/tmp/page"), "hello\nhello\n")
        saved = self.place / "saved.tar"
        self.assertSucceeds(self.lab.docker("save", "-o", str(saved), "committed"))
        self.lab.docker("rm", "-f", "box")
        self.assertSucceeds(self.lab.docker("rmi", "committed"))
        self.assertSucceeds(self.lab.docker("load", "-i", str(saved)))
        self.assertEqual(self.run_("committed", "ls", "/home"), "")

    def test_nodes_and_an_overlay(self):
        self.assertSucceeds(self.lab.drydock("node", "add", "node2"))
        try:
            self.assertIn("203.0.113.", self.lab.drydock("node", "exec", "node2", "--", "ip", "-4", "addr").out)
            self.assertSucceeds(self.lab.docker("swarm", "init"))
            token = self.lab.docker("swarm", "join-token", "-q", "worker").out.strip()
            address = self.lab.docker("info", "-f", "{{.Swarm.NodeAddr}}").out.strip()
            self.assertSucceeds(self.lab.docker("-H", "node2", "swarm", "join", "--token", token, f"{address}:2377"))
            self.assertSucceeds(self.lab.docker("network", "create", "-d", "overlay", "--attachable", "wide"))
            self.start("far", "--network", "wide", "busybox", "sleep", "1000")
            done = self.lab.docker("-H", "node2", "run", "--rm", "--network", "wide", "busybox", "ping", "-c", "1", "far")
            self.assertIn("1 packets received", done.out, done.err)
        finally:
            self.lab.docker("rm", "-f", "far")
            self.lab.docker("-H", "node2", "swarm", "leave", "--force")
            self.lab.docker("swarm", "leave", "--force")
            self.assertSucceeds(self.lab.drydock("node", "rm", "node2"))

    @needs_real_client
    def test_the_real_client_has_a_terminal(self):
        with self.lab.terminal("run", "-it", "--rm", "busybox", "sh") as terminal:
            terminal.expect("/ # ")
            terminal.send("tty; id -u\n")
            terminal.expect("/dev/pts/0")
            terminal.send("exit\n")
            self.assertEqual(terminal.wait(), 0)

    def test_the_doctor_and_info_say_what_there_is(self):
        doctor = self.lab.drydock("doctor")
        self.assertEqual(doctor.code, 0, doctor.err)
        for words in ("the real one, without root", f"root of a container is you, number {USER}", "cgroups"):
            self.assertIn(words, doctor.out)
        info = self.lab.get("/info")
        self.assertEqual((info["CgroupDriver"], info["MemoryLimit"]), ("none", False))
        self.assertIn("name=rootless", info["SecurityOptions"])

    def test_the_shell_says_so_and_looks_at_the_node(self):
        with harness.Terminal([*self.on, harness.PROGRAM], self.lab.environment) as shell:
            self.assertIn("Without root", shell.prompt())
            self.assertIn("root of a container is you", shell.run("doctor"))
            self.assertIn("docker0", shell.run("@node1 ip -br link"))
            self.assertIn("\n0\n", shell.run("docker run --rm busybox id -u"))
            shell.send("exit\n")
            self.assertEqual(shell.wait(), 0)

    def test_an_uplink_takes_root(self):
        before = dict(self.lab.environment)
        self.assertSucceeds(self.lab.drydock("engine", "stop"))
        try:
            self.lab.environment["DRYDOCK_UPLINK"] = "nat"
            done = self.lab.drydock("engine", "start")
            self.assertNotEqual(done.code, 0)
            self.assertIn("takes the machine's root", done.err)
        finally:
            self.lab.environment = before
            self.lab.start_engine()

    def test_nothing_is_left_after_a_kill_and_a_reset(self):
        for number in range(3):
            self.start(f"box{number}", "-p", "127.0.0.1:0:80", "lab/web")
        pids = [self.lab.pid_of(f"box{number}") for number in range(3)]
        held = machine.Held.by(self.lab.home)
        self.lab.kill_engine()
        wait_until(lambda: not any(os.path.exists(f"/proc/{pid}/exe") for pid in pids))
        self.lab.start_engine()
        self.assertEqual(self.lab.docker("ps", "-q").out, "")
        self.assertSucceeds(self.lab.reset())
        self.assertLessEqual(set(machine.entries(self.lab.home)), {"learner"})
        self.assertEqual(machine.left_behind(self.before, self.lab.home, held), [])
        os.makedirs(self.lab.home, exist_ok=True)
        os.chown(self.lab.home, USER, USER)
        self.lab.start_engine()


@unittest.skipUnless(shutil.which("newuidmap"), "not on this machine: newuidmap (uidmap)")
class WithManyUsers(RootlessTest):
    """/etc/subuid grants the user further numbers, here in a mount namespace of the test's own."""

    FIRST, COUNT = 300_000, 65_536

    @classmethod
    def setUpClass(cls) -> None:
        cls.granted = pathlib.Path(tempfile.mkdtemp(prefix="drydock-subuid-", dir="/tmp"))
        cls.addClassCleanup(shutil.rmtree, cls.granted, ignore_errors=True)
        (cls.granted / "subuid").write_text(f"{USER}:1000:5\nsomebody:1:70000\n{USER}:{cls.FIRST}:{cls.COUNT}\n")
        script = "".join(f"touch /etc/{name} && mount --bind {cls.granted}/subuid /etc/{name} && " for name in ("subuid", "subgid"))
        cls.on = as_user("unshare", "-m", "sh", "-c", script + 'exec "$@"', "sh")
        super().setUpClass()

    def test_each_user_inside_is_one_outside(self):
        self.start("box", "--user", "1000:1001", "busybox", "sleep", "1000")
        pid = self.lab.pid_of("box")
        self.assertEqual([line.split() for line in machine.read(f"/proc/{pid}/uid_map").splitlines()],
                         [["0", str(USER), "1"], ["1", str(self.FIRST), str(self.COUNT)]])
        status = os.stat(f"/proc/{pid}")
        self.assertEqual((status.st_uid, status.st_gid), (self.FIRST + 999, self.FIRST + 1000))
        self.assertEqual(self.run_("--user", "1000:1001", "busybox", "id").strip(), "uid=1000 gid=1001 groups=1001")

    def test_files_have_owners_and_a_reset_takes_them_all(self):
        self.start("box", "-v", "kept:/kept", "busybox", "sh", "-c",
                   "mkdir -p /private/below && chmod 700 /private && chown -R 33:34 /private /kept && sleep 1000")
        upper = next(pathlib.Path(self.lab.home).glob("node1/containers/*/upper"))
        wait_until(lambda: (upper / "private").exists() and (upper / "private").stat().st_uid == self.FIRST + 32)
        self.assertEqual((upper / "private/below").stat().st_gid, self.FIRST + 33)
        self.assertSucceeds(self.lab.docker("commit", "box", "owned"))
        self.assertEqual(self.run_("owned", "stat", "-c", "%u:%g", "/private").strip(), "33:34")
        self.assertSucceeds(self.lab.reset())
        self.assertLessEqual(set(machine.entries(self.lab.home)), {"learner"})
        os.makedirs(self.lab.home, exist_ok=True)
        os.chown(self.lab.home, USER, USER)
        self.lab.start_engine()


@unittest.skipUnless(os.path.exists("/sys/fs/cgroup/memory/cgroup.procs"), "this machine has cgroups of version 2 only")
class WithADelegatedCgroup(RootlessTest):
    """A cgroup that belongs to the user: in it the engine can limit."""

    @classmethod
    def setUpClass(cls) -> None:
        name = f"drydock-delegated-{os.getpid()}"
        cls.groups = []
        for controller in CONTROLLERS:
            group = pathlib.Path("/sys/fs/cgroup", os.path.realpath(f"/sys/fs/cgroup/{controller}"), name)
            if not group.parent.exists() or group in cls.groups:
                continue
            group.mkdir()
            cls.addClassCleanup(cls.remove_group, group)
            cls.groups.append(group)
            for file in ("cpuset.cpus", "cpuset.mems"):
                if (group / file).exists() and not (group / file).read_text().strip():
                    (group / file).write_text((group.parent / file).read_text())
            os.chown(group, USER, USER)
            for file in ("cgroup.procs", "tasks"):
                os.chown(group / file, USER, USER)
        join = "".join(f"echo 0 > {group}/cgroup.procs && " for group in cls.groups)
        cls.on = as_user("sh", "-c", join + 'exec "$@"', "sh")
        super().setUpClass()

    @staticmethod
    def remove_group(group: pathlib.Path) -> None:
        def removed() -> bool:
            try:
                group.rmdir()
            except OSError:
                return not group.exists()
            return True

        wait_until(removed, message=f"{group} could not be removed: somebody is in it")

    def test_memory_and_processes_are_limited_and_a_container_is_paused(self):
        done = self.lab.docker("run", "--name", "big", "-m", "64m", "busybox", "dd", "if=/dev/zero", "of=/dev/null", "bs=128M",
                               "count=1")
        self.assertEqual(done.code, 137, done.err)
        self.assertTrue(self.lab.inspect("big")["State"]["OOMKilled"])
        self.start("box", "--pids-limit", "20", "--cpus", "0.5", "busybox", "sleep", "1000")
        pid = self.lab.pid_of("box")
        for controller, file, value in (("pids", "pids.max", "20"), ("cpu", "cpu.cfs_quota_us", "50000")):
            directory = machine.cgroup_directory(pid, controller)
            self.assertIn("drydock-delegated-", directory)
            self.assertEqual(machine.read(f"{directory}/{file}").strip(), value)
        self.assertSucceeds(self.lab.docker("pause", "box"))
        self.assertEqual(self.lab.inspect("box")["State"]["Status"], "paused")
        self.assertSucceeds(self.lab.docker("unpause", "box"))


if __name__ == "__main__":
    unittest.main()
