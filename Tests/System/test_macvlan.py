"""Networks that share a cable (macvlan, and ipvlan where the kernel has it): containers on the cable of the nodes."""

from __future__ import annotations

import json
import unittest

from harness import needs_real_client
from test_nodes import NodeTest


class Macvlan(NodeTest):
    def tearDown(self) -> None:
        super().tearDown()
        for node in ("node1", "node2", "node3"):
            names = self.docker(node, "network", "ls", "-q", "--filter", "type=custom").out.split()
            if names:
                self.docker(node, "network", "rm", *names)

    def create(self, node: str, name: str, low: int, *options: str):
        """A network on the cable, whose containers get addresses from `low` on."""
        return self.assertSucceeds(self.docker(
            node, "network", "create", "-d", "macvlan", "--subnet", f"{self.net}0/24", "--gateway", f"{self.net}254",
            "--ip-range", f"{self.net}{low}/28", "-o", "parent=eth0", *options, name))

    def run_in(self, node: str, network: str, name: str):
        return self.assertSucceeds(self.docker(node, "run", "-d", "--name", name, "--network", network, "busybox",
                                               "sleep", "1000"))

    def reaches(self, node: str, container: str, address: str) -> bool:
        return self.docker(node, "exec", container, "ping", "-c", "1", "-W", "1", address).code == 0

    def test_a_container_is_one_more_machine_on_the_cable(self):
        self.create("node1", "lan", 128)
        self.create("node2", "lan", 144)
        self.run_in("node1", "lan", "aa")
        self.run_in("node2", "lan", "bb")
        self.assertTrue(self.reaches("node1", "aa", f"{self.net}144"), "a container of another node")
        self.assertTrue(self.reaches("node1", "aa", f"{self.net}2"), "another node")
        self.assertEqual(self.pings("node3", f"{self.net}128"), 1, "from another node")
        link = json.loads(self.on("node1", "ip", "-j", "neigh", "show", f"{self.net}128").out or "[]")
        self.assertFalse([entry for entry in link if entry.get("lladdr")])
        with self.subTest("its MAC address is its own, and is what others see"):
            mac = self.docker("node1", "inspect", "-f", "{{.NetworkSettings.Networks.lan.MacAddress}}", "aa").out.strip()
            seen = json.loads(self.on("node3", "ip", "-j", "neigh", "show", f"{self.net}128").out)
            self.assertEqual(seen[0]["lladdr"], mac)
            inside = json.loads(self.on("node1", "nsenter", "-t", self.pid("node1", "aa"), "-n", "ip", "-j", "-d", "link",
                                        "show", "eth0").out)[0]
            self.assertEqual(inside["linkinfo"]["info_kind"], "macvlan")
            self.assertEqual(inside["linkinfo"]["info_data"]["mode"], "bridge")
        with self.subTest("only its own node can't reach it, nor be reached"):
            self.assertFalse(self.reaches("node1", "aa", f"{self.net}1"))
            self.assertEqual(self.pings("node1", f"{self.net}128"), 0)
        with self.subTest("a name resolves"):
            self.assertTrue(self.reaches("node1", "aa", "aa"))

    def pid(self, node: str, container: str) -> str:
        return self.docker(node, "inspect", "-f", "{{.State.Pid}}", container).out.strip()

    def test_a_container_that_starts_again_at_once_has_its_address_again(self):
        self.create("node1", "lan", 128)
        self.run_in("node1", "lan", "box")
        for _ in range(3):
            self.assertSucceeds(self.docker("node1", "restart", "-t", "0", "box"))
            self.assertIn(f"{self.net}128/24", self.docker("node1", "exec", "box", "ip", "addr", "show", "eth0").out)

    def test_bridge_mode_joins_neighbours_and_private_mode_parts_them(self):
        for mode, together in (("bridge", True), ("private", False)):
            name = f"lan-{mode}"
            with self.subTest(mode=mode):
                self.create("node1", name, 128, "-o", f"macvlan_mode={mode}")
                self.run_in("node1", name, f"{mode}1")
                self.run_in("node1", name, f"{mode}2")
                self.assertEqual(self.reaches("node1", f"{mode}1", f"{self.net}129"), together)
                self.assertTrue(self.reaches("node1", f"{mode}1", f"{self.net}2"))
                self.assertSucceeds(self.docker("node1", "rm", "-f", f"{mode}1", f"{mode}2"))
                self.assertSucceeds(self.docker("node1", "network", "rm", name))

    def test_passthru_mode_gives_one_container_the_whole_cable(self):
        self.create("node3", "whole", 160, "-o", "macvlan_mode=passthru")
        self.run_in("node3", "whole", "alone")
        self.assertTrue(self.reaches("node3", "alone", f"{self.net}1"))
        self.assertEqual(self.pings("node1", f"{self.net}160"), 1)
        self.assertEqual(self.pings("node1", f"{self.net}3"), 0, "the node itself hears nothing any more")
        second = self.docker("node3", "run", "-d", "--network", "whole", "busybox", "sleep", "100")
        self.assertNotEqual(second.code, 0)
        self.assertIn("a single container has the whole cable", second.err)
        shared = self.docker("node3", "network", "create", "-d", "macvlan", "-o", "parent=eth0", "other")
        self.assertIn("already using parent interface eth0 in mode passthru", shared.err)
        self.assertSucceeds(self.docker("node3", "restart", "-t", "0", "alone"))
        self.assertTrue(self.reaches("node3", "alone", f"{self.net}1"), "again, at once")
        self.assertSucceeds(self.docker("node3", "rm", "-f", "alone"))
        self.assertEqual(self.pings("node1", f"{self.net}3", "-c", "5", "-W", "1") > 0, True, "and then hears again")

    def test_without_a_parent_containers_reach_each_other_and_nobody_else(self):
        self.assertSucceeds(self.docker("node1", "network", "create", "-d", "macvlan", "--subnet", "10.9.0.0/24", "alone"))
        self.run_in("node1", "alone", "aa")
        self.run_in("node1", "alone", "bb")
        self.assertTrue(self.reaches("node1", "aa", "bb"))
        self.assertFalse(self.reaches("node1", "aa", f"{self.net}2"))

    def test_a_running_container_is_connected_and_disconnected(self):
        self.create("node1", "lan", 128)
        self.assertSucceeds(self.docker("node1", "run", "-d", "--name", "box", "busybox", "sleep", "1000"))
        self.assertSucceeds(self.docker("node1", "network", "connect", "--ip", f"{self.net}140", "lan", "box"))
        self.assertIn(f"{self.net}140/24", self.docker("node1", "exec", "box", "ip", "addr", "show", "eth1").out)
        self.assertTrue(self.reaches("node1", "box", f"{self.net}2"))
        self.assertSucceeds(self.docker("node1", "network", "disconnect", "lan", "box"))
        self.assertNotIn("eth1", self.docker("node1", "exec", "box", "ip", "link").out)
        self.assertEqual(self.docker("node1", "network", "inspect", "-f", "{{len .Containers}}", "lan").out, "0\n")

    def test_what_is_wrong_is_said_as_docker_says_it(self):
        for options, text in [
            (("-o", "parent=eth0", "-o", "macvlan_mode=odd"),
             "requested macvlan mode 'odd' is not valid, 'bridge' mode is the macvlan driver default"),
            (("-o", "parent=lo"), "loopback interface is not a valid macvlan parent link"),
            (("-o", "parent=eth9"), "invalid subinterface vlan name eth9, example formatting is eth0.10"),
            (("-o", "parent=eth0.5000"), "vlan id must be between 1-4094, received: 5000"),
            (("-o", "parent=eth9.10"), "failed to find master interface eth9 on the Docker host"),
        ]:
            with self.subTest(options=options):
                done = self.docker("node1", "network", "create", "-d", "macvlan", *options, "wrong")
                self.assertNotEqual(done.code, 0)
                self.assertIn(text, done.err)
        self.assertEqual(self.docker("node1", "network", "ls", "-q", "--filter", "type=custom").out, "")

    def test_vlans_and_ipvlan_work_or_say_why_not(self):
        for options, lack in (("macvlan", "-o", "parent=eth0.10"), "802.1Q"), (("ipvlan", "-o", "parent=eth0"), "CONFIG_IPVLAN"):
            with self.subTest(options=options):
                done = self.docker("node1", "network", "create", "-d", *options, "--subnet", "10.8.0.0/24", "maybe")
                if done.code != 0:
                    self.assertIn("this kernel was built without", done.err)
                    self.assertIn(lack, done.err)
                    self.assertNotIn("eth0.10", self.on("node1", "ip", "link").out)
                    continue
                self.run_in("node1", "maybe", "m1")
                self.run_in("node1", "maybe", "m2")
                self.assertTrue(self.reaches("node1", "m1", "m2"))
                self.docker("node1", "rm", "-f", "m1", "m2")
                self.assertSucceeds(self.docker("node1", "network", "rm", "maybe"))
                self.assertNotIn("eth0.10", self.on("node1", "ip", "link").out)

    @needs_real_client
    def test_the_real_client_makes_one(self):
        host = ("-H", f"unix://{self.lab.home}/node2.sock")
        self.assertSucceeds(self.lab.client(*host, "network", "create", "-d", "macvlan", "--subnet", f"{self.net}0/24",
                                            "--ip-range", f"{self.net}192/28", "--gateway", f"{self.net}254",
                                            "-o", "parent=eth0", "lan"))
        self.assertSucceeds(self.lab.client(*host, "run", "--rm", "--network", "lan", "busybox", "ping", "-c", "1", "-W",
                                            "2", f"{self.net}1"))
        self.assertEqual(self.lab.client(*host, "network", "inspect", "-f", "{{.Driver}} {{.Options.parent}}", "lan").out,
                         "macvlan eth0\n")


if __name__ == "__main__":
    unittest.main()
