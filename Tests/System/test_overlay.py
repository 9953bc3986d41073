"""Overlay networks: containers of three nodes on one network, in VXLAN tunnels over the cable.

What is on the cable is looked at with a packet socket of the test's own."""

from __future__ import annotations

import json
import select
import subprocess
import sys
import time
import unittest

from harness import PROGRAM, needs_real_client
from terminal import Terminal
from test_nodes import NodeTest

# Run in the cable's network: prints, for each frame on it, the VXLAN number, or "-", and what kind of frame it is.
WATCH = """
import socket, sys
packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
packets.bind((sys.argv[1], 0))
print("ready", flush=True)
while True:
    frame = packets.recv(65535)
    if frame[12:14] != b"\\x08\\x00":
        print("-", frame[12:14].hex(), flush=True)
        continue
    header = (frame[14] & 15) * 4
    udp = frame[14 + header:]
    port = int.from_bytes(udp[2:4], "big")
    if frame[23] != 17 or port != 4789:
        print("-", "ip", frame[23], port, flush=True)
        continue
    vxlan = udp[8:]
    inner = vxlan[8:]
    kind = inner[12:14].hex()
    source = ".".join(map(str, inner[26:30])) if kind == "0800" else ""
    print(int.from_bytes(vxlan[4:7], "big"), kind, source, flush=True)
"""


# Takes a connection; prints how much has come after each 10,000,000 bytes, and at the end the sum of all.
RECEIVER = """
import hashlib, socket
listener = socket.create_server(("0.0.0.0", 9000))
print("ready", flush=True)
connection, total, seen, sum = listener.accept()[0], 0, 0, hashlib.sha256()
while part := connection.recv(1 << 16):
    sum.update(part)
    total += len(part)
    if total // 10_000_000 > seen and total < 100_000_000:
        seen = total // 10_000_000
        print(seen * 10_000_000, flush=True)
print(total, sum.hexdigest(), flush=True)
"""
SENDER = """
import hashlib, os, socket, sys
data = os.urandom(10_000_000) * 10
socket.create_connection((sys.argv[1], 9000), timeout=60).sendall(data)
print(len(data), hashlib.sha256(data).hexdigest(), flush=True)
"""


class OverlayTest(NodeTest):
    """Three nodes in one swarm."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        done = cls.lab.docker("swarm", "init")
        assert done.code == 0, done.err
        cls.join = next(line.split() for line in done.out.splitlines() if "swarm join" in line)
        for node in ("node2", "node3"):
            done = cls.lab.drydock("docker", "--node", node, *cls.join[1:])
            assert done.out == "This node joined a swarm as a worker.\n", done.err

    def tearDown(self) -> None:
        super().tearDown()
        names = self.docker("node1", "network", "ls", "-q", "--filter", "driver=overlay").out.split()
        if names:
            self.assertSucceeds(self.docker("node1", "network", "rm", *names))

    def network(self, name: str = "ov", *options: str) -> int:
        """Makes an attachable overlay network; gives its VXLAN number."""
        self.assertSucceeds(self.docker("node1", "network", "create", "-d", "overlay", "--attachable", *options, name))
        found = json.loads(self.docker("node1", "network", "inspect", name).out)[0]
        return int(found["Options"]["com.docker.network.driver.overlay.vxlanid_list"])

    def box(self, node: str, name: str, *options: str, network: str = "ov") -> str:
        """Starts a container on a node; gives its address."""
        self.assertSucceeds(self.docker(node, "run", "-d", "--name", name, "--network", network, *options, "busybox",
                                        "sleep", "1000"))
        return self.docker(node, "inspect", "-f", "{{(index .NetworkSettings.Networks \"" + network + "\").IPAddress}}",
                           name).out.strip()

    def reaches(self, node: str, container: str, target: str) -> bool:
        return self.docker(node, "exec", container, "ping", "-c", "1", "-W", "2", target).code == 0

    def watch(self, interface: str = "cable0"):
        watcher = subprocess.Popen([PROGRAM, "node", "exec", "cable", "--", sys.executable, "-c", WATCH, interface],
                                   env=self.lab.environment, stdout=subprocess.PIPE)
        self.addCleanup(watcher.stdout.close)
        self.addCleanup(watcher.wait)
        self.addCleanup(watcher.kill)
        self.assertEqual(watcher.stdout.readline(), b"ready\n")
        return watcher

    def seen(self, watcher, until, seconds: float = 10) -> list[str]:
        """The lines that a watcher has printed, up to one that is awaited."""
        lines: list[str] = []
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if select.select([watcher.stdout], [], [], 0.2)[0]:
                lines.append(watcher.stdout.readline().decode().strip())
                if until(lines[-1]):
                    return lines
        raise AssertionError(f"not seen within {seconds} s; what was seen: {lines[-20:]}")


class Overlay(OverlayTest):
    def test_containers_of_three_nodes_reach_each_other_by_name(self):
        vni = self.network()
        addresses = {node: self.box(node, f"box-{node}", "--network-alias", "crew") for node in
                     ("node1", "node2", "node3")}
        self.assertEqual(len(set(addresses.values())), 3, addresses)
        for node in addresses:
            for other, address in addresses.items():
                self.assertTrue(self.reaches(node, f"box-{node}", address), f"{node} to {other}")
                self.assertTrue(self.reaches(node, f"box-{node}", f"box-{other}"), f"{node} to {other} by name")
        found = self.docker("node3", "exec", "box-node3", "nslookup", "crew").out
        for address in addresses.values():
            self.assertIn(address, found)
        with self.subTest("each node has a tunnel with the number, and entries for the others only"):
            for node in addresses:
                links = json.loads(self.on(node, "ip", "-j", "-d", "link", "show", "type", "vxlan").out)
                self.assertEqual([link["linkinfo"]["info_data"]["id"] for link in links], [vni])
                self.assertEqual(links[0]["mtu"], 1450)
                entries = json.loads(self.on(node, "bridge", "-j", "fdb", "show", "dev", links[0]["ifname"]).out)
                ends = sorted(e["dst"] for e in entries if "dst" in e)
                self.assertEqual(ends, sorted(f"{self.net}{other[-1]}" for other in addresses if other != node))
                known = json.loads(self.on(node, "ip", "-j", "neigh", "show", "dev", links[0]["ifname"]).out)
                self.assertEqual(sorted(e["dst"] for e in known if "PERMANENT" in e["state"]),
                                 sorted(a for other, a in addresses.items() if other != node))
        with self.subTest("the entries go with the container, the tunnel with the last"):
            self.assertSucceeds(self.docker("node2", "rm", "-f", "box-node2"))
            self.assertEqual(self.on("node2", "ip", "link", "show", "type", "vxlan").out, "")
            for node in ("node1", "node3"):
                self.assertNotIn(f"dst {self.net}2", self.on(node, "bridge", "fdb", "show").out)
            self.assertFalse(self.reaches("node1", "box-node1", addresses["node2"]))
            again = self.box("node2", "box-again")
            self.assertTrue(self.reaches("node1", "box-node1", again))

    def test_frames_on_the_cable_are_vxlan_with_the_networks_number(self):
        numbers = {name: self.network(name) for name in ("first", "second")}
        self.assertEqual(len(set(numbers.values())), 2)
        for name in numbers:
            self.box("node1", f"{name}-1", network=name)
            self.box("node2", f"{name}-2", network=name)
        for name, vni in numbers.items():
            watcher = self.watch("node2")
            self.assertTrue(self.reaches("node1", f"{name}-1", f"{name}-2"))
            lines = self.seen(watcher, lambda line: line.startswith(f"{vni} 0800"))
            inner = [line for line in lines if "0800" in line.split()]
            self.assertTrue(all(line.startswith(f"{vni} ") for line in inner), lines)
            # Nothing of the containers is on the cable outside of a tunnel.
            self.assertFalse([line for line in lines if line.startswith("- ip 1 ")], lines)
            watcher.kill()
        self.assertFalse(self.reaches("node1", "first-1", self.docker(
            "node2", "inspect", "-f", "{{.NetworkSettings.Networks.second.IPAddress}}", "second-2").out.strip()))

    def process(self, node: str, container: str, program: str, *arguments: str) -> subprocess.Popen:
        """A program of the test's own, in a container's network."""
        pid = self.docker(node, "inspect", "-f", "{{.State.Pid}}", container).out.strip()
        started = subprocess.Popen(["nsenter", "-t", pid, "-n", sys.executable, "-c", program, *arguments],
                                   stdout=subprocess.PIPE)
        self.addCleanup(started.stdout.close)
        self.addCleanup(started.wait)
        self.addCleanup(started.kill)
        return started

    def test_a_hundred_megabytes_cross_and_survive_a_cut(self):
        self.network()
        self.box("node1", "sender")
        address = self.box("node2", "receiver")
        receiver = self.process("node2", "receiver", RECEIVER)
        self.assertEqual(receiver.stdout.readline(), b"ready\n")
        # Slow enough to be cut in the middle: 25,000,000 bytes a second.
        self.assertSucceeds(self.lab.drydock("node", "link", "node2", "--rate", "200mbit"))
        sender = self.process("node1", "sender", SENDER, address)
        self.assertEqual(receiver.stdout.readline(), b"10000000\n")
        self.assertSucceeds(self.lab.drydock("node", "link", "node2", "--down"))
        # What was on its way has arrived; then nothing comes any more.
        last = 0
        while select.select([receiver.stdout], [], [], 0.7)[0]:
            last = int(receiver.stdout.readline())
        self.assertLess(last, 100_000_000, "it was over before the cable was cut")
        self.assertIsNone(sender.poll())
        self.assertSucceeds(self.lab.drydock("node", "link", "node2", "--up", "--rate", "0"))
        sent, received = sender.stdout.readline(), receiver.stdout.read().splitlines()[-1]
        self.assertEqual(received + b"\n", sent)
        self.assertTrue(received.startswith(b"100000000 "))

    def test_no_address_is_given_twice(self):
        self.network("small", "--subnet", "10.77.0.0/29")
        addresses = [self.box(node, f"box{index}", network="small") for index, node in
                     enumerate(("node1", "node2", "node3", "node1", "node2"))]
        self.assertEqual(len(set(addresses)), 5)
        full = self.docker("node3", "run", "-d", "--network", "small", "busybox", "sleep", "10")
        self.assertIn("no available IPv4 addresses", full.err)
        taken = self.docker("node3", "run", "-d", "--network", "small", "--ip", addresses[0], "busybox", "sleep", "10")
        self.assertIn("Address already in use", taken.err)

    def test_what_is_wrong_is_said_as_docker_says_it(self):
        self.network()
        worker = self.docker("node2", "network", "create", "-d", "overlay", "other")
        self.assertIn("cannot create a multi-host network from a worker node", worker.err.lower())
        self.assertSucceeds(self.docker("node1", "network", "create", "-d", "overlay", "closed"))
        closed = self.docker("node1", "run", "--rm", "--network", "closed", "busybox", "true")
        self.assertIn("not manually attachable", closed.err)
        self.box("node2", "guest")
        self.assertIn("has active endpoints", self.docker("node1", "network", "rm", "ov").err)
        self.assertIn("Worker nodes can't be used to view or modify", self.docker("node2", "node", "ls").err)
        self.assertIn("This node is already part of a swarm", self.docker("node2", "swarm", "init").err)
        self.assertIn("ov", self.docker("node2", "network", "ls").out)
        self.assertNotIn("ov", self.docker("node3", "network", "ls", "--format", "{{.Name}}").out.split())

    def test_capture_shows_one_packet_inside_another(self):
        vni = self.network()
        near, far = self.box("node1", "near"), self.box("node2", "far")
        watcher = subprocess.Popen([PROGRAM, "capture", "--only", "vxlan", "-n", "2"], env=self.lab.environment,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(watcher.stdout.close)
        self.addCleanup(watcher.stderr.close)
        self.addCleanup(watcher.wait)
        self.addCleanup(watcher.kill)
        self.assertIn(b"listening on cable0 of cable", watcher.stderr.readline())
        self.assertTrue(self.reaches("node1", "near", far))
        shown = watcher.communicate(timeout=20)[0].decode()
        self.assertEqual(watcher.returncode, 0)
        request, answer = shown.split("\n2  ")
        for text, (source, target), ends in ((request, (near, far), "12"), (answer, (far, near), "21")):
            outer, inner = text.split(f"VXLAN     network {vni}\n")
            self.assertIn(f"IPv4      {self.net}{ends[0]} > {self.net}{ends[1]}, UDP", outer)
            self.assertIn("> 4789", outer)
            self.assertIn(f"   |  IPv4      {source} > {target}, ICMP", inner)
        self.assertIn("   |  ICMP      echo request", request)
        self.assertIn("   |  ICMP      echo reply", answer)

    def test_topology_draws_what_there_is(self):
        vni = self.network()
        self.box("node1", "near")
        self.box("node2", "far")
        self.assertSucceeds(self.docker("node1", "run", "-d", "--name", "web", "-p", "18082:80", "lab/web"))
        for columns, language in ((60, "en"), (200, "en"), (60, "ko"), (200, "ko")):
            with self.subTest(columns=columns, language=language):
                environment = self.lab.environment | {"DRYDOCK_LANG": language}
                with Terminal([PROGRAM, "topology"], environment, columns=columns) as terminal:
                    terminal.wait()
                    drawn = terminal.expect(r"(?s)\Z")
                lines = [line.rstrip() for line in drawn.splitlines() if line.strip()]
                wide = [line for line in lines if sum(2 if ord(c) > 0x1100 else 1 for c in line) > columns]
                self.assertFalse(wide)
                text = " ".join(drawn.split())
                for part in (f"node1 eth0 {self.net}1", f"node2 eth0 {self.net}2", f"VNI {vni}", "docker0", "172.17.0.2",
                             "127.0.0.1:18082"):
                    self.assertIn(part, text)
                for name in ("near", "far", "web"):
                    self.assertRegex(drawn, rf"veth\w+ == eth0  {name}  ")
        self.assertSucceeds(self.lab.drydock("node", "link", "node2", "--down"))
        self.assertRegex(self.lab.drydock("topology").out, r"(?m)^\+-X node2 .*\(unplugged\)$")

    @needs_real_client
    def test_the_real_client_does_it_all(self):
        first = ("-H", f"unix://{self.lab.home}/node1.sock")
        second = ("-H", f"unix://{self.lab.home}/node2.sock")
        listed = self.assertSucceeds(self.lab.client(*first, "node", "ls", "--format",
                                                     "{{.Hostname}} {{.Status}} {{.ManagerStatus}}"))
        self.assertEqual(sorted(line.strip() for line in listed.out.splitlines()),
                         ["node1 Ready Leader", "node2 Ready", "node3 Ready"])
        self.assertSucceeds(self.lab.client(*first, "network", "create", "-d", "overlay", "--attachable", "ov"))
        self.assertSucceeds(self.lab.client(*second, "run", "-d", "--name", "far", "--network", "ov", "busybox", "sleep",
                                            "100"))
        self.assertSucceeds(self.lab.client(*first, "run", "--rm", "--network", "ov", "busybox", "ping", "-c", "1", "far"))
        shown = json.loads(self.lab.client(*second, "network", "inspect", "ov").out)[0]
        self.assertEqual((shown["Scope"], shown["Driver"]), ("swarm", "overlay"))
        self.assertIn({"Name": "node2", "IP": f"{self.net}2"}, shown["Peers"])
        info = json.loads(self.lab.client(*first, "info", "--format", "{{json .Swarm}}").out)
        self.assertEqual((info["LocalNodeState"], info["ControlAvailable"], info["Nodes"]), ("active", True, 3))


class TheSwarm(NodeTest):
    def test_is_joined_over_the_cable_and_left(self):
        done = self.assertSucceeds(self.docker("node1", "swarm", "init"))
        self.assertRegex(done.out, r"Swarm initialized: current node \([0-9a-z]{25}\) is now a manager\.")
        join = next(line.split()[1:] for line in done.out.splitlines() if "swarm join" in line)
        self.assertSucceeds(self.lab.drydock("node", "link", "node2", "--down"))
        cut = self.docker("node2", *join)
        self.assertNotEqual(cut.code, 0)
        self.assertIn("Error while dialing", cut.err)
        self.assertSucceeds(self.lab.drydock("node", "link", "node2", "--up"))
        wrong = self.docker("node2", "swarm", "join", "--token", "SWMTKN-1-wrong-wrong", join[-1])
        self.assertNotEqual(wrong.code, 0)
        self.assertSucceeds(self.docker("node2", *join), "This node joined a swarm as a worker.\n")
        self.assertIn("You are attempting to leave the swarm on a node that is participating as a manager",
                      self.docker("node1", "swarm", "leave").err)
        self.assertSucceeds(self.docker("node2", "swarm", "leave"), "Node left the swarm.\n")
        self.assertRegex(self.docker("node1", "node", "ls").out, r"node2 +Down")
        self.assertSucceeds(self.docker("node1", "node", "rm", "node2"), "node2\n")
        self.assertSucceeds(self.docker("node1", "swarm", "leave", "--force"), "Node left the swarm.\n")
        self.assertIn("This node is not a swarm manager", self.docker("node1", "network", "create", "-d", "overlay", "x").err)


if __name__ == "__main__":
    unittest.main()
