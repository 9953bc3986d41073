"""The nodes of the lab: Docker hosts of their own in one engine, on a cable that can be cut and disturbed."""

from __future__ import annotations

import json
import os
import subprocess
import time
import unittest
import urllib.request

import machine
from harness import PROGRAM, Lab, LabTest, needs_real_client, wait_until


# Sends 500,000 bytes to the first who connects.
SERVER = """
import socket
listener = socket.create_server(("0.0.0.0", 7000))
print("ready", flush=True)
listener.accept()[0].sendall(bytes(500000))
"""
# Counts what comes until the end.
CLIENT = """
import socket, sys
connection = socket.create_connection((sys.argv[1], 7000), timeout=30)
print(sum(len(part) for part in iter(lambda: connection.recv(65536), b"")))
"""


class NodeTest(LabTest):
    """A lab with three nodes."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        done = cls.lab.drydock("node", "add", "node2", "node3")
        assert done.code == 0, done.err
        cls.net = cls.lab.drydock("node", "ls").out.split("node1  ")[1].split("1 ")[0]

    def tearDown(self) -> None:
        for name in ("node2", "node3"):
            self.lab.drydock("node", "link", name, "--up", "--loss", "0", "--rate", "0")
            for container in self.lab.drydock("docker", "--node", name, "ps", "-aq").out.split():
                self.lab.drydock("docker", "--node", name, "rm", "-f", container)
        super().tearDown()

    def on(self, node: str, *command: str, timeout: float = 60):
        """Runs a command of the machine in a node's network."""
        return self.lab.drydock("node", "exec", node, "--", *command, timeout=timeout)

    def docker(self, node: str, *arguments: str, timeout: float = 60):
        """Runs a docker command on a node."""
        return self.lab.drydock("docker", "--node", node, *arguments, timeout=timeout)

    def pings(self, node: str, address: str, *options: str) -> int:
        """How many answers a node gets."""
        out = self.on(node, "/bin/busybox", "ping", *(options or ("-c", "1", "-W", "1")), address).out
        return int(out.split(" packets received")[0].split()[-1]) if " packets received" in out else 0


class Nodes(NodeTest):
    def test_each_has_a_network_of_its_own_on_one_cable(self):
        names = {node: self.on(node, "readlink", "/proc/self/ns/net").out for node in ("node1", "node2", "node3", "cable")}
        self.assertEqual(len(set(names.values())), 4)
        self.assertNotIn(machine.link("/proc/self/ns/net") + "\n", names.values())
        for number in (1, 2, 3):
            links = json.loads(self.on(f"node{number}", "ip", "-j", "address", "show", "eth0").out)
            self.assertIn(f"{self.net}{number}", [a["local"] for a in links[0]["addr_info"]])
        ports = json.loads(self.on("cable", "ip", "-j", "link", "show", "master", "cable0").out)
        self.assertEqual({port["ifname"] for port in ports}, {"node1", "node2", "node3"})
        for node, other in (("node1", 2), ("node2", 3), ("node3", 1)):
            self.assertEqual(self.pings(node, f"{self.net}{other}"), 1)

    def test_the_machine_itself_sees_none_of_it(self):
        self.assertNotIn(self.net, machine.output("ip", "-br", "address"))
        self.assertNotIn(self.net, machine.output("ip", "route"))
        self.assertNotIn("cable0", machine.output("ip", "-br", "link"))

    def test_each_has_containers_images_and_networks_of_its_own(self):
        for node in ("node1", "node2"):
            self.assertSucceeds(self.docker(node, "run", "-d", "--name", "web", "lab/web"))
            found = self.assertSucceeds(
                self.docker(node, "inspect", "-f", "{{.NetworkSettings.Networks.bridge.IPAddress}}", "web"))
            self.assertEqual(found.out, "172.17.0.2\n")
        self.assertEqual(self.docker("node3", "ps", "-q").out, "")
        self.assertEqual(self.lab.drydock("docker", "-H", "node2", "ps", "--format", "{{.Names}}").out, "web\n")
        self.assertSucceeds(self.docker("node2", "tag", "busybox", "only:here"))
        self.assertIn("only", self.docker("node2", "images").out)
        self.assertNotIn("only", self.docker("node1", "images").out)
        self.assertSucceeds(self.docker("node3", "network", "create", "own"))
        self.assertNotIn("own", self.docker("node1", "network", "ls", "--format", "{{.Name}}").out.split())
        self.assertSucceeds(self.docker("node3", "network", "rm", "own"))

    def test_a_published_port_answers_on_other_nodes_and_on_the_machine(self):
        self.assertSucceeds(self.docker("node2", "run", "-d", "--name", "web", "-p", "18080:80", "lab/web"))
        got = self.docker("node1", "run", "--rm", "busybox", "sh", "-c",
                          f"printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 10 {self.net}2 18080")
        self.assertSucceeds(got)
        # node2's own loopback address on the machine.
        with urllib.request.urlopen("http://127.0.0.2:18080/", timeout=10) as answer:
            self.assertIn(answer.read().decode(), got.out.replace("\r", ""))

    @needs_real_client
    def test_the_real_client_speaks_to_each(self):
        for node in ("node1", "node2"):
            host = f"unix://{self.lab.home}/{node}.sock"
            done = self.lab.client("-H", host, "run", "--rm", "--network", "host", "busybox", "ip", "-o", "addr", "show",
                                   "eth0")
            self.assertSucceeds(done)
            self.assertIn(f"{self.net}{node[-1]}/24", done.out)

    def test_the_prompt_shows_the_node(self):
        with self.lab.shell() as shell:
            shell.expect("node1> $")
            shell.type("node use node2")
            shell.expect("node2> $")
            shell.type("docker run -d --name here busybox sleep 100")
            shell.expect("node2> $")
            shell.type("node use nowhere")
            self.assertIn("there is no node nowhere", shell.expect("node2> $"))
            shell.type("exit")
        self.assertIn("here", self.docker("node2", "ps").out)
        self.assertNotIn("here", self.docker("node1", "ps").out)

    def test_what_another_node_does_for_a_command_is_told_and_marked(self):
        told = self.assertSucceeds(self.lab.drydock(
            "--narrate", "full", "-c", "docker -H node2 run -d --name there busybox sleep 100", "-c", "why 4", "-c", "steps"))
        self.addCleanup(self.docker, "node2", "rm", "-f", "there")
        pid = self.assertSucceeds(self.docker("node2", "inspect", "-f", "{{.State.Pid}}", "there")).out.strip()
        self.assertIn("| ON node2:\n", told.err)
        self.assertIn(f"NSpid: {pid} 1", told.err)
        self.assertIn("busybox is on node2", told.err)
        self.assertRegex(told.out, rf"(?m)process\.clone +[\d.]+ .*\n")
        self.assertIn(f"PID {pid}", told.out)
        for look in ("docker -H node2 history busybox", "docker -H node2 exec there ip address"):
            with self.subTest("what it offers to type is about that node", look=look):
                self.assertIn(f"> {look}\n", told.err)
                self.assertSucceeds(self.lab.line(look, level="off"))
        with self.subTest("the end that follows is told, too"):
            told = self.assertSucceeds(self.lab.line("docker -H node2 run --rm busybox true", level="brief")).err
            self.assertEqual(told.count("| ON node2:\n"), 2)
            self.assertRegex(told, r"(?m)^\| REMOVE: ")
        with self.subTest("the learner's own node goes without saying"):
            self.assertNotIn("ON node", self.assertSucceeds(self.lab.line("docker run --rm busybox true")).err)
        with self.subTest("in a plan"):
            self.assertIn("already on node2", self.lab.line("explain docker -H node2 run busybox true").out)

    def test_the_chosen_node_is_that_of_the_next_commands(self):
        self.assertSucceeds(self.lab.drydock("node", "use", "node3"))
        self.addCleanup(self.lab.drydock, "node", "use", "node1")
        self.assertRegex(self.lab.drydock("node", "ls").out, r"(?m)^\*  node3 ")
        self.assertSucceeds(self.lab.docker("run", "-d", "--name", "third", "busybox", "sleep", "100"))
        self.assertIn("third", self.docker("node3", "ps").out)

    def test_what_is_wrong_is_said(self):
        for words, text in [
            (("add", "Node"), "can't be a node's name"), (("add", "node2"), "exists already"),
            (("add", "a-name-of-16-bytes"), "can't be a node's name"), (("rm", "node9"), "no such node"),
            (("rm", "node1"), "always there"), (("use", "node9"), "there is no node node9"),
            (("link", "node9", "--down"), "no such node"), (("link", "node2", "--loss", "many"), "no loss"),
            (("link", "node2", "--loss", "101%"), "between 0% and 100%"), (("link", "node2", "--rate", "fast"), "no rate"),
            (("frobnicate",), "node ls"),
        ]:
            with self.subTest(words=words):
                done = self.lab.drydock("node", *words)
                self.assertNotEqual(done.code, 0)
                self.assertIn(text, done.err)


class TheCable(NodeTest):
    def test_can_be_cut_and_plugged_in_again(self):
        self.assertSucceeds(self.lab.drydock("node", "link", "node2", "--down"), "node2: down\n")
        self.assertEqual(self.pings("node1", f"{self.net}2"), 0)
        self.assertEqual(self.pings("node1", f"{self.net}3"), 1)
        state = json.loads(self.on("node2", "ip", "-j", "link", "show", "eth0").out)[0]
        self.assertIn("NO-CARRIER", state["flags"])
        self.assertSucceeds(self.lab.drydock("node", "link", "node2", "--up"), "node2: up\n")
        wait_until(lambda: self.pings("node1", f"{self.net}2") == 1)

    def test_loses_frames(self):
        self.assertSucceeds(self.lab.drydock("node", "link", "node2", "--loss", "30%"), "node2: up, loses 30%\n")
        answers = self.pings("node1", f"{self.net}2", "-c", "60", "-i", "0.02", "-W", "1")
        # Both ways must be survived: 49 % of the answers on average. Outside of this once in 10^10 times.
        self.assertGreater(answers, 5)
        self.assertLess(answers, 55)
        rules = self.on("cable", "nft", "list", "table", "bridge", "drydock").out
        self.assertEqual(rules.count("numgen random mod 10000 < 3000"), 2)
        self.assertSucceeds(self.lab.drydock("node", "link", "node2", "--loss", "100%"))
        self.assertEqual(self.pings("node1", f"{self.net}2", "-c", "3", "-i", "0.02", "-W", "1"), 0)
        self.assertSucceeds(self.lab.drydock("node", "link", "node2", "--loss", "0"), "node2: up\n")
        self.assertEqual(self.pings("node1", f"{self.net}2", "-c", "20", "-i", "0.02"), 20)

    def test_is_slow(self):
        self.assertSucceeds(self.lab.drydock("node", "link", "node2", "--rate", "2mbit"), "node2: up, at most 2mbit\n")
        for place, device in (("cable", "node2"), ("node2", "eth0")):
            queue = json.loads(self.on(place, "tc", "-j", "qdisc", "show", "dev", device).out)[0]
            self.assertEqual((queue["kind"], queue["options"]["rate"]), ("tbf", 250_000))
        server = subprocess.Popen([PROGRAM, "node", "exec", "node1", "--", "python3", "-c", SERVER],
                                  env=self.lab.environment, stdout=subprocess.PIPE)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        self.assertEqual(server.stdout.readline(), b"ready\n")
        begin = time.monotonic()
        self.assertSucceeds(self.on("node2", "python3", "-c", CLIENT, f"{self.net}1"), "500000\n")
        # 500,000 bytes at 250,000 a second, less what may go at once.
        self.assertGreater(time.monotonic() - begin, 1.2)
        self.assertSucceeds(self.lab.drydock("node", "link", "node2", "--rate", "0"), "node2: up\n")
        self.assertNotIn("tbf", self.on("cable", "tc", "qdisc", "show", "dev", "node2").out)

    def test_holds_frames_back_or_says_why_not(self):
        done = self.lab.drydock("node", "link", "node2", "--delay", "50ms")
        if done.code == 0:
            self.addCleanup(self.lab.drydock, "node", "link", "node2", "--delay", "0")
            self.assertIn("netem", self.on("cable", "tc", "qdisc", "show", "dev", "node2").out)
        else:
            self.assertIn("built without netem", done.err)
            self.assertRegex(self.lab.drydock("node", "ls").out, r"(?m)^   node2  [\d.]+  up +0$")


class NodesComeAndGo(LabTest):
    """Each test has a lab of its own."""

    def setUp(self):
        self.other = Lab()
        self.addCleanup(self.other.remove)
        self.other.start_engine()

    def test_a_node_that_is_removed_leaves_nothing(self):
        self.assertSucceeds(self.other.drydock("node", "add", "node2"))
        name = self.other.drydock("node", "exec", "node2", "--", "readlink", "/proc/self/ns/net").out.strip()
        run = self.other.drydock("docker", "--node", "node2", "run", "-d", "--name", "box", "busybox", "sleep", "100")
        self.assertSucceeds(run)
        refused = self.other.drydock("node", "rm", "node2")
        self.assertNotEqual(refused.code, 0)
        self.assertIn("running containers (box)", refused.err)
        self.assertSucceeds(self.other.drydock("node", "rm", "-f", "node2"), "node2 is gone\n")
        self.assertFalse([entry for entry in os.listdir(self.other.home) if entry.startswith("node2")])
        ports = self.other.drydock("node", "exec", "cable", "--", "ip", "-br", "link").out
        self.assertNotIn("node2", ports)
        wait_until(lambda: name not in machine.namespaces_of(self.other.home, "net"),
                   message="the node's network namespace is still there")
        # The name and the address are free again.
        self.assertSucceeds(self.other.drydock("node", "add", "node2"))

    def test_nodes_outlive_the_engine(self):
        self.assertSucceeds(self.other.drydock("node", "add", "node2"))
        self.assertSucceeds(self.other.drydock("docker", "--node", "node2", "create", "--name", "kept", "busybox"))
        self.other.kill_engine()
        listed = self.other.drydock("docker", "--node", "node2", "ps", "-a", "--format", "{{.Names}}")
        self.assertSucceeds(listed, "kept\n")
        self.assertRegex(self.other.drydock("node", "ls").out, r"node2  [\d.]+  up +1 \(0 running\)")

    def test_an_addition_that_fails_leaves_nothing(self):
        os.mkdir(f"{self.other.home}/node2.sock")
        self.addCleanup(lambda: os.path.isdir(f"{self.other.home}/node2.sock") and os.rmdir(f"{self.other.home}/node2.sock"))
        done = self.other.drydock("node", "add", "node2")
        self.assertNotEqual(done.code, 0)
        os.rmdir(f"{self.other.home}/node2.sock")
        self.assertNotIn("node2", self.other.drydock("node", "ls").out)
        self.assertFalse(os.path.exists(f"{self.other.home}/node2"))
        self.assertSucceeds(self.other.drydock("node", "add", "node2"))


if __name__ == "__main__":
    unittest.main()
