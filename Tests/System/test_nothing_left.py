"""Nothing of ours stays on the machine: not after a reset, not after the engine was killed in the middle of its work.

The snapshot that says so has to be able to notice: that is tested first."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

import machine
from harness import Lab, LabTest, wait_until
from machine import NOTHING_HELD, Held, Snapshot, left_behind


@unittest.skipUnless(os.geteuid() == 0, "making namespaces and cgroups needs root")
class TheSnapshotNotices(unittest.TestCase):
    """Each thing is left in a mount and network namespace made for the test, so that the machine stays as it is."""

    def setUp(self):
        self.home = tempfile.mkdtemp(prefix="drydock-test-", dir="/tmp")
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        self.place = subprocess.Popen(["unshare", "-m", "-n", "sleep", "100"])
        self.addCleanup(self.place.wait)
        self.addCleanup(self.place.kill)
        wait_until(lambda: machine.link(f"/proc/{self.place.pid}/exe").endswith("sleep"))
        self.before = Snapshot.take(self.home, place=self.place.pid)

    def inside(self, *command: str) -> None:
        machine.output("nsenter", "-t", str(self.place.pid), "-m", "-n", *command)

    def assertNotices(self, *words: str, held: Held = NOTHING_HELD) -> None:
        left = Snapshot.take(self.home, held, place=self.place.pid).since(self.before)
        self.assertEqual(len(left), 1, left)
        for word in words:
            self.assertIn(word, left[0])

    def test_nothing_where_nothing_is_left(self):
        self.assertEqual(Snapshot.take(self.home, place=self.place.pid).since(self.before), [])

    def test_a_mount(self):
        self.inside("mount", "-t", "tmpfs", "stray", "/mnt")
        self.assertNotices("mount:", "/mnt", "stray")

    def test_an_interface(self):
        self.inside("ip", "link", "add", "stray0", "type", "bridge")
        self.assertNotices("interface:", "stray0")

    def test_an_nft_table(self):
        self.inside("nft", "add", "table", "ip", "stray")
        self.assertNotices("nft table:", "stray")

    def test_a_cgroup(self):
        roots = ["/sys/fs/cgroup/pids", "/sys/fs/cgroup"]
        root = next(path for path in roots if os.path.exists(f"{path}/cgroup.procs"))
        path = f"{root}/{machine.cgroup_parent(self.home)}"
        os.mkdir(path)
        self.addCleanup(os.rmdir, path)
        self.assertNotices("cgroup:", path)

    def test_a_process_of_this_home(self):
        stray = subprocess.Popen(["sleep", "100"], env={"DRYDOCK_HOME": self.home})
        self.addCleanup(stray.wait)
        self.addCleanup(stray.kill)
        wait_until(lambda: machine.link(f"/proc/{stray.pid}/exe").endswith(("sleep", "coreutils", "busybox"))
                   and self.home in machine.read(f"/proc/{stray.pid}/environ"))
        self.assertNotices("process:", str(stray.pid), "sleep 100")

    def test_a_process_that_only_keeps_a_mount_of_this_home(self):
        stray = subprocess.Popen(["unshare", "-m", "sh", "-c", f"mount -t tmpfs none {self.home} && mkdir "
                                  f"{self.home}/upper && mount --bind {self.home}/upper {self.home}/upper && "
                                  "exec sleep 100"], env={"PATH": os.environ["PATH"]})
        self.addCleanup(stray.wait)
        self.addCleanup(stray.kill)
        wait_until(lambda: machine.read(f"/proc/{stray.pid}/cmdline").startswith("sleep"))
        self.assertNotices("process:", str(stray.pid), "mounts")

    def test_a_network_namespace_that_only_a_descriptor_holds(self):
        other = subprocess.Popen(["unshare", "-n", "sleep", "100"])
        wait_until(lambda: machine.link(f"/proc/{other.pid}/exe").endswith("sleep"))
        name = machine.link(f"/proc/{other.pid}/ns/net")
        descriptor = os.open(f"/proc/{other.pid}/ns/net", os.O_RDONLY)
        other.kill()
        other.wait()
        self.addCleanup(os.close, descriptor)
        self.assertNotices("namespace:", name, held=Held(frozenset({name}), machine.now()))

    def test_a_file(self):
        path = pathlib.Path("/dev/shm") / f"drydock-stray-{os.getpid()}"
        path.touch()
        self.addCleanup(path.unlink)
        self.assertNotices("file:", str(path))


class NothingIsLeft(LabTest):
    """Each test has a lab of its own, that it resets."""

    def setUp(self):
        self.other = Lab()
        self.addCleanup(self.other.remove)
        self.before = Snapshot.take(self.other.home)
        self.other.start_engine()

    def start_three(self) -> Held:
        """Three containers that differ; gives the namespaces that came with them."""
        for options in (["--name", "one"], ["--name", "two", "--network", "none", "-m", "64m"],
                        ["--name", "three", "-i", "-t", "-v", f"{self.other.client_home}:/data"]):
            self.assertSucceeds(self.other.docker("run", "-d", *options, "busybox", "sleep", "1000"))
        self.assertSucceeds(self.other.docker("exec", "-d", "one", "sleep", "1000"))
        self.assertIn(f"/{machine.cgroup_parent(self.other.home)}/",
                      machine.read(f"/proc/{self.other.pid_of('one')}/cgroup"), "the tests know the cgroup's name")
        return Held.by(self.other.home)

    def assertNothingLeft(self, held: Held) -> None:
        self.assertEqual(left_behind(self.before, self.other.home, held), [])
        # What the learner has (history, the concepts that were met) is not the engine's.
        files = os.listdir(self.other.home) if os.path.exists(self.other.home) else []
        self.assertLessEqual(set(files), {"learner"})

    def test_after_a_reset_with_containers_running(self):
        held = self.start_three()
        self.assertGreaterEqual(len(held.names), 3 + 3 * 4)
        self.assertSucceeds(self.other.reset())
        self.assertNothingLeft(held)

    def start_on_nodes(self) -> Held:
        """Three nodes in a swarm, with containers in an overlay and in a macvlan network."""
        def succeed(node: str, *arguments: str):
            return self.assertSucceeds(self.other.drydock("docker", "--node", node, *arguments))

        self.assertSucceeds(self.other.drydock("node", "add", "node2", "node3"))
        out = succeed("node1", "swarm", "init").out
        join = next(line.split()[1:] for line in out.splitlines() if "swarm join --token" in line)
        for node in ("node2", "node3"):
            succeed(node, *join)
        succeed("node1", "network", "create", "-d", "overlay", "--attachable", "over")
        succeed("node3", "network", "create", "-d", "macvlan", "--subnet", "10.9.0.0/24", "-o", "parent=eth0", "lan")
        for node, network in (("node1", "over"), ("node2", "over"), ("node3", "lan")):
            succeed(node, "run", "-d", "--name", f"box-{node}", "--network", network, "busybox", "sleep", "1000")
        self.assertSucceeds(self.other.drydock("node", "link", "node2", "--loss", "5%", "--rate", "10mbit"))
        return Held.by(self.other.home)

    def test_of_nodes_a_cable_and_a_swarm_after_a_reset(self):
        for kill in (False, True):
            with self.subTest(killed=kill):
                self.other.start_engine()
                held = self.start_on_nodes()
                # The cable, three nodes, three containers.
                self.assertGreaterEqual(len([name for name in held.names if name.startswith("net:")]), 7)
                if kill:
                    self.other.kill_engine()
                self.assertSucceeds(self.other.reset())
                self.assertNothingLeft(held)

    def test_after_a_reset_when_the_engine_had_been_killed(self):
        held = self.start_three()
        self.other.kill_engine()
        self.assertSucceeds(self.other.reset())
        self.assertNothingLeft(held)

    def test_after_the_engine_was_killed_started_again_and_reset(self):
        held = self.start_three()
        containers = {name: self.other.pid_of(name) for name in ("one", "two", "three")}
        self.other.kill_engine()
        wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in containers.values()),
                   message="the containers did not end with their engine")
        self.other.start_engine()
        with self.subTest("the new engine knows them, and that they have ended"):
            for name in containers:
                self.assertFalse(self.other.inspect(name)["State"]["Running"])
        with self.subTest("and has put away all that the old one left"):
            parent = machine.cgroup_parent(self.other.home)
            left = [path for path, _, _ in os.walk("/sys/fs/cgroup") if f"/{parent}/" in path]
            self.assertEqual(left, [])
        with self.subTest("and they can be started again"):
            self.assertSucceeds(self.other.docker("start", "one"))
            self.assertTrue(self.other.inspect("one")["State"]["Running"])
        again = Held.by(self.other.home)
        self.assertSucceeds(self.other.reset())
        self.assertNothingLeft(held)
        self.assertNothingLeft(again)

    def test_after_the_engine_was_killed_while_it_started_containers(self):
        """At whatever step it dies, the next engine takes back what was begun."""
        for delay in (0.005, 0.02, 0.05, 0.1):
            with self.subTest(delay=delay):
                # One that comes too late to be hit starts an engine of its own, and its container ends by itself.
                runs = [self.other.start("run", "--rm", "busybox", "sleep", "1", stdin=subprocess.DEVNULL,
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(3)]
                try:
                    runs[0].wait(delay)
                except subprocess.TimeoutExpired:
                    pass
                self.other.kill_engine()
                for run in runs:
                    run.wait(10)
                self.other.start_engine()
                # --rm containers went with their engine; one that was only created may still be listed.
                self.assertFalse([c for c in self.other.get("/containers/json") if c["State"] == "running"])
        self.assertSucceeds(self.other.reset())
        self.assertNothingLeft(NOTHING_HELD)

    def test_after_each_container_while_the_engine_runs_on(self):
        """A life costs nothing that stays: after fifty of them there is as much as after one."""
        def counts() -> dict[str, int]:
            pid = self.other.engine_pid
            descriptors = [machine.link(f"/proc/{pid}/fd/{number}") for number in os.listdir(f"/proc/{pid}/fd")]
            # The journal keeps as many files open as there ever were operations at once, and uses them again.
            return {"descriptors": len([name for name in descriptors if "/journal/" not in name]),
                    "mounts": len(machine.read(f"/proc/{pid}/mountinfo").splitlines()),
                    "processes": len(machine.processes_of(self.other.home)),
                    "directories": len(os.listdir(f"{self.other.home}/node1/containers"))}

        def settled() -> bool:
            now.update(counts())
            return all(now[name] <= before[name] for name in before)

        for _ in range(3):
            self.assertSucceeds(self.other.docker("run", "--rm", "busybox", "true"))
        # The last connection's descriptor may be there for a moment yet.
        time.sleep(0.2)
        before, now = counts(), {}
        for _ in range(50):
            self.assertSucceeds(self.other.docker("run", "--rm", "busybox", "true"))
        try:
            wait_until(settled)
        except AssertionError:
            self.fail(f"the engine kept something: {before} became {now}")

    def test_a_removal_by_force_wins_whatever_the_container_is_doing(self):
        """It may be starting, running, ending or ended at that moment: nobody who says -f wants to know."""
        for number in range(40):
            created = self.other.request("POST", f"/containers/create?name=box{number}",
                                         {"Image": "busybox", "Cmd": ["true"]})
            self.assertEqual(created[0], 201, created)
            self.assertEqual(self.other.request("POST", f"/containers/box{number}/start")[0], 204)
            time.sleep(number % 10 * 0.003)
            status, _, body = self.other.request("DELETE", f"/containers/box{number}?force=1")
            self.assertEqual(status, 204, body)
        self.assertEqual(self.other.get("/containers/json?all=1"), [])

    def test_when_stopped_by_hand_the_containers_stay_on_disk_and_nothing_in_the_kernel(self):
        held = self.start_three()
        self.assertSucceeds(self.other.drydock("engine", "stop"))
        self.assertEqual(left_behind(self.before, self.other.home, held), [])
        self.other.start_engine()
        self.assertEqual({c["Names"][0] for c in self.other.get("/containers/json?all=1")}, {"/one", "/two", "/three"})

    def test_a_step_that_fails_takes_back_those_before_it(self):
        self.assertEqual(self.other.docker("run", "-d", "--name", "box", "busybox", "no-such-program").code, 127)
        parent = machine.cgroup_parent(self.other.home)
        wait_until(lambda: not [p for p, _, _ in os.walk("/sys/fs/cgroup") if f"/{parent}/" in p],
                   message="the cgroup of a container that did not start stayed")
        records = self.other.steps()
        self.assertIn("failed", [record["state"] for record in records])
        self.assertEqual(list(machine.processes_of(self.other.home)), [self.other.engine_pid])


if __name__ == "__main__":
    unittest.main()
