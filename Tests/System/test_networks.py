"""Networks of a node: bridges, addresses, names, published ports, and the way out; seen with the system's own programs.

Nothing is asked of the engine that can be seen with ip(8), nft(8) or a packet."""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import subprocess
import tempfile
import unittest

import machine
from harness import Lab, LabTest, needs_real_client, wait_until
from machine import Snapshot, left_behind
from networks import Here, Namespace


class NetworkTest(LabTest):
    """A lab whose networks are removed after each test, too."""

    def tearDown(self) -> None:
        super().tearDown()
        for network in self.lab.get("/networks"):
            if network["Name"] not in ("bridge", "host", "none"):
                self.lab.request("DELETE", f"/networks/{network['Id']}")

    @property
    def node(self) -> Namespace:
        return Namespace.of_node(self.lab)

    def container(self, name: str) -> Namespace:
        return Namespace.of_container(self.lab, name)

    def network(self, name: str, *options: str) -> str:
        """Makes a network; gives its identity."""
        return self.assertSucceeds(self.lab.docker("network", "create", *options, name)).out.strip()

    def run_container(self, name: str, *options: str) -> Namespace:
        """Starts a container that does nothing."""
        self.assertSucceeds(self.lab.docker("run", "-d", "--name", name, *options, "busybox", "sleep", "1000"))
        return self.container(name)

    def inside(self, name: str, *command: str):
        return self.lab.docker("exec", name, *command)

    def assertReaches(self, name: str, address: str) -> None:
        done = self.inside(name, "ping", "-c1", "-W3", address)
        self.assertEqual(done.code, 0, f"{name} does not reach {address}: {done.out}{done.err}")

    def assertDoesNotReach(self, name: str, address: str) -> None:
        done = self.inside(name, "ping", "-c1", "-W1", address)
        self.assertNotEqual(done.code, 0, f"{name} reaches {address}")

    def assertRefused(self, words: str, *command: str) -> None:
        done = self.lab.docker(*command)
        self.assertNotEqual(done.code, 0, f"docker {' '.join(command)} was not refused")
        self.assertIn(words, done.err)


class Bridges(NetworkTest):
    """Who reaches whom."""

    def test_containers_of_one_bridge_talk_and_of_two_do_not(self):
        self.network("lab1", "--subnet", "10.77.1.0/24")
        self.network("lab2", "--subnet", "10.77.2.0/24")
        self.run_container("one", "--network", "lab1")
        self.run_container("two", "--network", "lab1")
        self.run_container("far", "--network", "lab2")
        self.assertReaches("one", "10.77.1.3")
        self.assertDoesNotReach("one", "10.77.2.2")
        self.assertDoesNotReach("far", "10.77.1.2")
        self.assertReaches("one", "10.77.2.1")  # the node itself has both bridges, as on any Docker host

    def test_the_wire_is_a_veth_pair_between_container_and_bridge(self):
        network = self.network("lab1", "--subnet", "10.77.1.0/24", "--opt", "com.docker.network.driver.mtu=1400")
        inside = self.run_container("one", "--network", "lab1", "--mac-address", "02:42:aa:bb:cc:dd")
        eth0 = inside.links()["eth0"]
        self.assertEqual((eth0["mtu"], eth0["address"]), (1400, "02:42:aa:bb:cc:dd"))
        bridge = f"br-{network[:12]}"
        ports = [link for link in self.node.links().values() if link.get("master") == bridge]
        self.assertEqual([port["ifindex"] for port in ports], [eth0["link_index"]])
        self.assertEqual(ports[0]["linkinfo"]["info_kind"], "veth")
        self.assertEqual(self.node.addresses(bridge), ["10.77.1.1/24"])

    def test_options_choose_the_names_of_bridge_and_interface(self):
        self.network("lab1", "-o", "com.docker.network.bridge.name=labbridge",
                     "-o", "com.docker.network.container_iface_prefix=net")
        inside = self.run_container("one", "--network", "lab1")
        self.assertIn("labbridge", self.node.links())
        self.assertIn("net0", inside.links())

    def test_a_name_may_hold_slashes(self):
        self.assertSucceeds(self.lab.docker("network", "create", "lab/one"))
        self.assertSucceeds(self.lab.docker("network", "inspect", "-f", "{{.Name}}", "lab/one"), "lab/one\n")
        self.run_container("web")
        self.assertSucceeds(self.lab.docker("network", "connect", "lab/one", "web"))
        self.assertSucceeds(self.lab.docker("network", "disconnect", "lab/one", "web"))
        self.assertSucceeds(self.lab.docker("network", "rm", "lab/one"), "lab/one\n")

    def test_an_internal_network_has_no_way_out_nor_in(self):
        self.network("inner", "--internal", "--subnet", "10.77.1.0/24")
        self.network("outer", "--subnet", "10.77.2.0/24")
        self.run_container("one", "--network", "inner")
        self.run_container("two", "--network", "inner")
        self.run_container("out", "--network", "outer")
        self.assertReaches("one", "10.77.1.3")
        self.assertDoesNotReach("one", "10.77.2.2")
        self.assertDoesNotReach("out", "10.77.1.2")

    def test_without_icc_neighbours_do_not_talk(self):
        if machine.read("/proc/sys/net/bridge/bridge-nf-call-iptables").strip() != "1":
            self.assertRefused("br_netfilter", "network", "create", "-o", "com.docker.network.bridge.enable_icc=false",
                               "quiet")
            self.skipTest("this kernel does not show a bridge's own traffic to its filters")
        # Addresses of its own: what the kernel remembers of a conversation that was allowed outlives the network.
        self.network("quiet", "--subnet", "10.77.9.0/24", "-o", "com.docker.network.bridge.enable_icc=false")
        self.run_container("one", "--network", "quiet")
        self.run_container("two", "--network", "quiet")
        self.assertDoesNotReach("one", "10.77.9.3")
        self.assertReaches("one", "10.77.9.1")

    def test_the_modes_host_none_and_container_share_or_have_nothing(self):
        self.run_container("web")
        self.run_container("side", "--network", "container:web")
        self.run_container("alone", "--network", "none")
        self.run_container("host", "--network", "host")
        namespaces = {name: machine.link(f"/proc/{self.lab.pid_of(name)}/ns/net") for name in
                      ("web", "side", "alone", "host")}
        self.assertEqual(namespaces["web"], namespaces["side"])
        self.assertEqual(namespaces["host"], machine.link(self.node.path))
        self.assertEqual(len(set(namespaces.values())), 3)
        self.assertEqual(list(self.container("alone").links()), ["lo"])
        self.assertRefused("cannot join network of a non running container", "run", "--rm", "--network",
                           f"container:{self.stopped()}", "busybox", "true")

    def test_who_shares_a_network_shares_its_name_and_its_hosts_too(self):
        self.run_container("web", "--hostname", "harbour")
        self.run_container("side", "--network", "container:web")
        self.assertSucceeds(self.inside("side", "hostname"), "harbour\n")
        self.network("lab1", "--subnet", "10.77.0.0/24")
        self.assertSucceeds(self.lab.docker("network", "connect", "lab1", "web"))
        self.assertIn("10.77.0.2\tharbour", self.inside("side", "cat", "/etc/hosts").out)

    def test_an_address_is_given_up_although_somebody_stays_in_the_namespace(self):
        web = self.run_container("web")
        self.run_container("side", "--network", "container:web")
        self.assertEqual(web.addresses("eth0"), ["172.17.0.2/16"])
        self.assertSucceeds(self.lab.docker("rm", "-f", "web"))
        self.assertEqual(list(self.container("side").links()), ["lo"])
        self.assertEqual(self.run_container("next").addresses("eth0"), ["172.17.0.2/16"])

    def stopped(self) -> str:
        self.assertSucceeds(self.lab.docker("create", "--name", "stopped", "busybox", "true"))
        return "stopped"


class Addresses(NetworkTest):
    """Who gets which, and what cannot be had."""

    def test_range_gateway_and_reserved_addresses_are_kept_to(self):
        self.network("lab1", "--subnet", "10.77.0.0/24", "--gateway", "10.77.0.254", "--ip-range", "10.77.0.8/29",
                     "--aux-address", "router=10.77.0.8", "--aux-address", "printer=10.77.0.10")
        given = []
        for name in ("one", "two", "three"):
            inside = self.run_container(name, "--network", "lab1")
            given += inside.addresses("eth0")
            self.assertEqual([route["gateway"] for route in inside.ip("route") if route["dst"] == "default"],
                             ["10.77.0.254"])
        self.assertEqual(given, ["10.77.0.9/24", "10.77.0.11/24", "10.77.0.12/24"])
        asked = self.run_container("asked", "--network", "lab1", "--ip", "10.77.0.200")
        self.assertEqual(asked.addresses("eth0"), ["10.77.0.200/24"])

    def test_without_a_gateway_the_first_of_the_range_is_it(self):
        self.network("lab1", "--subnet", "10.77.0.0/16", "--ip-range", "10.77.5.0/24")
        inside = self.run_container("one", "--network", "lab1")
        self.assertEqual(inside.addresses("eth0"), ["10.77.5.1/16"])
        self.assertEqual(inside.ip("route", "show", "default")[0]["gateway"], "10.77.5.0")

    def test_a_link_local_address_comes_besides(self):
        self.network("lab1", "--subnet", "10.77.0.0/24")
        inside = self.run_container("one")
        self.assertSucceeds(self.lab.docker("network", "connect", "--link-local-ip", "169.254.3.3", "lab1", "one"))
        self.assertEqual(inside.addresses("eth1"), ["10.77.0.2/24", "169.254.3.3/16"])

    def test_the_network_with_the_highest_priority_leads_out(self):
        self.network("aaa", "--subnet", "10.77.1.0/24")
        self.network("bbb", "--subnet", "10.77.2.0/24")
        for name, options, gateway in (("one", ("name=aaa", "name=bbb"), "10.77.1.1"),
                                       ("two", ("name=aaa", "name=bbb,gw-priority=1"), "10.77.2.1")):
            inside = self.run_container(name, *(word for option in options for word in ("--network", option)))
            self.assertEqual([route["gateway"] for route in inside.ip("route", "show", "default")], [gateway])

    def test_networks_are_made_from_a_configuration(self):
        self.network("conf", "--config-only", "--subnet", "10.77.0.0/24", "--label", "a=b",
                     "-o", "com.docker.network.driver.mtu=1400")
        before = sorted(self.node.links())
        identity = self.network("lab1", "--config-from", "conf", "--internal")
        self.assertEqual(sorted(set(self.node.links()) - set(before)), [f"br-{identity[:12]}"])
        shown = self.lab.get("/networks/lab1")
        self.assertEqual((shown["ConfigFrom"], shown["ConfigOnly"], shown["Labels"], shown["IPAM"]["Config"]),
                         ({"Network": "conf"}, False, {"a": "b"}, [{"Subnet": "10.77.0.0/24"}]))
        inside = self.run_container("one", "--network", "lab1")
        self.assertEqual(inside.addresses("eth0"), ["10.77.0.2/24"])
        self.assertEqual(inside.links()["eth0"]["mtu"], 1400)
        self.assertRefused("configuration network \"conf\" is in use", "network", "rm", "conf")
        self.assertRefused("cannot create endpoint on configuration-only network", "run", "--rm", "--network", "conf",
                           "busybox", "true")
        self.assertRefused("configuration network \"nosuch\" does not exist", "network", "create", "--config-from",
                           "nosuch", "lab2")
        self.assertRefused("user specified configurations are not supported if the network depends on a configuration "
                           "network", "network", "create", "--config-from", "conf", "--subnet", "10.78.0.0/24", "lab2")
        self.lab.remove_containers()
        self.assertSucceeds(self.lab.docker("network", "rm", "lab1", "conf"))

    def test_ipv6_comes_beside_ipv4(self):
        network = self.network("six", "--ipv6", "--subnet", "10.77.6.0/24", "--subnet", "fd77:6::/64")
        one = self.run_container("one", "--network", "six")
        two = self.run_container("two", "--network", "six", "--ip6", "fd77:6::77")
        self.assertEqual(one.addresses("eth0"), ["10.77.6.2/24", "fd77:6::2/64"])
        self.assertEqual(two.addresses("eth0"), ["10.77.6.3/24", "fd77:6::77/64"])
        self.assertEqual(self.node.addresses(f"br-{network[:12]}"), ["10.77.6.1/24", "fd77:6::1/64"])
        self.assertEqual([route["gateway"] for route in one.ip("-6", "route") if route["dst"] == "default"],
                         ["fd77:6::1"])
        done = self.inside("one", "ping", "-6", "-c1", "-W3", "two")
        self.assertEqual(done.code, 0, done.out + done.err)
        self.assertEqual(one.lookup("127.0.0.11", "two", 28).records, ["fd77:6::77"])
        shown = self.lab.inspect("two")["NetworkSettings"]["Networks"]["six"]
        self.assertEqual((shown["GlobalIPv6Address"], shown["GlobalIPv6PrefixLen"], shown["IPv6Gateway"]),
                         ("fd77:6::77", 64, "fd77:6::1"))
        self.assertIn("fd77:6::2\t", self.assertSucceeds(self.inside("one", "cat", "/etc/hosts")).out)

    def test_ipv6_networks_are_kept_apart_too(self):
        self.network("six1", "--ipv6", "--subnet", "fd77:1::/64")
        self.network("six2", "--ipv6", "--subnet", "fd77:2::/64")
        self.run_container("one", "--network", "six1")
        self.run_container("two", "--network", "six2")
        self.assertReaches("one", "fd77:1::1")
        self.assertDoesNotReach("one", "fd77:2::2")

    def test_where_nobody_names_an_ipv6_subnet_a_unique_local_one_is_drawn(self):
        self.network("six", "--ipv6")
        subnets = [pool["Subnet"] for pool in self.lab.get("/networks/six")["IPAM"]["Config"]]
        self.assertEqual(len(subnets), 2)
        self.assertRegex(subnets[1], r"^fd[0-9a-f]{2}:.*::/64$")

    def test_without_ipv6_an_interface_has_none(self):
        inside = self.run_container("one")
        self.assertEqual([entry["family"] for link in inside.ip("addr", "show", "dev", "eth0")
                          for entry in link["addr_info"]], ["inet"])

    def test_what_cannot_be_had_is_refused_with_dockers_words(self):
        self.network("lab1", "--subnet", "10.77.0.0/24")
        create = ("network", "create")
        self.assertRefused("Pool overlaps with other one on this address space", *create, "--subnet",
                           "10.77.0.128/25", "lab2")
        self.assertRefused("network with name lab1 already exists", *create, "lab1")
        self.assertRefused("operation is not permitted on predefined bridge network", *create, "bridge")
        self.assertRefused("no matching subnet for gateway 10.78.0.1", *create, "--subnet", "10.79.0.0/24",
                           "--gateway", "10.78.0.1", "lab2")
        self.assertRefused("cannot configure multiple gateways (10.79.0.2, 10.79.0.1) for the same subnet", *create,
                           "--subnet", "10.79.0.0/24", "--ipv6", "--subnet", "fd77::/64", "--gateway", "10.79.0.1",
                           "--gateway", "10.79.0.2", "lab2")
        self.assertRefused("bridge driver doesn't support multiple subnets", *create, "--subnet", "10.79.0.0/24",
                           "--subnet", "10.80.0.0/24", "lab2")
        self.assertRefused("it should be 10.79.0.0/24", *create, "--subnet", "10.79.0.5/24", "lab2")
        self.assertRefused("is of no use without --ipv6", *create, "--subnet", "fd77::/64", "lab2")
        status, _, body = self.lab.request("POST", "/networks/create", {"Name": ""})
        self.assertEqual((status, json.loads(body)["message"]), (400, "invalid name: name is empty"))
        run = ("run", "--rm", "--network", "lab1")
        self.assertRefused("Invalid address 10.78.0.9: It does not belong to any of this network's subnets", *run,
                           "--ip", "10.78.0.9", "busybox", "true")
        self.run_container("one", "--network", "lab1", "--ip", "10.77.0.9")
        self.assertRefused("Address already in use", *run, "--ip", "10.77.0.9", "busybox", "true")
        self.assertRefused("Address already in use", *run, "--ip", "10.77.0.1", "busybox", "true")
        self.assertRefused("invalid IPv4 address: 10.77.0", *run, "--ip", "10.77.0", "busybox", "true")
        self.assertRefused("user specified IP address is supported on user defined networks only", "run", "--rm",
                           "--ip", "172.17.0.9", "busybox", "true")
        self.network("chosen")
        self.assertRefused("only when connecting to networks with user configured subnets", "run", "--rm",
                           "--network", "chosen", "--ip", "172.18.0.9", "busybox", "true")
        done = self.lab.docker("network", "rm", "lab1")
        self.assertIn("has active endpoints", done.err)
        self.assertIn("lab1", [network["Name"] for network in self.lab.get("/networks")])
        self.assertRefused("is a pre-defined network and cannot be removed", "network", "rm", "bridge")
        self.assertRefused("failed to allocate secondary ip address (a:10.79.0.1): Address already in use", *create,
                           "--subnet", "10.79.0.0/24", "--gateway", "10.79.0.1", "--aux-address", "a=10.79.0.1", "lab2")
        self.assertRefused("failed to allocate gateway (): No available addresses on this pool", *create, "--subnet",
                           "10.79.0.0/31", "lab2")
        self.assertRefused("invalid MTU number: -5", *create, "-o", "com.docker.network.driver.mtu=-5", "lab2")
        self.assertRefused("cannot create a swarm scoped network when swarm is not active", *create, "--scope",
                           "swarm", "lab2")
        self.assertRefused("endpoint nosuch not found", "network", "disconnect", "-f", "lab1", "nosuch")
        self.assertRefused("No such container: nosuch", "network", "disconnect", "lab1", "nosuch")

    def test_a_refused_start_keeps_no_address(self):
        self.network("tiny", "--subnet", "10.77.0.0/29", "--ipv6", "--subnet", "fd77::/125")
        for _ in range(8):
            self.assertRefused("Address already in use", "run", "--rm", "--network", "tiny", "--ip6", "fd77::1",
                               "busybox", "true")
        for number in range(5):
            self.run_container(f"c{number}", "--network", "tiny")
        self.assertRefused("no available IPv4 addresses on this network's address pools: tiny", "run", "--rm",
                           "--network", "tiny", "busybox", "true")

    def test_a_subnet_that_the_machine_routes_is_not_chosen(self):
        # The test's own namespace is the lab's machine; here it gets another interface.
        if not json.loads(machine.output("ip", "-j", "link")):
            self.skipTest("no interfaces")
        with tempfile.TemporaryDirectory(prefix="drydock-test-", dir="/tmp"):
            fake = FakeMachine(self)
            lab = fake.lab()
            fake.here("ip", "link", "add", "office", "type", "bridge")
            fake.here("ip", "link", "set", "office", "up")
            fake.here("ip", "address", "add", "172.18.5.1/24", "dev", "office")
            self.assertEqual(lab.docker("network", "create", "lab1").code, 0)
            self.assertEqual(lab.get("/networks/lab1")["IPAM"]["Config"][0]["Subnet"], "172.19.0.0/16")


class Names(NetworkTest):
    """The name server of networks that a user made."""

    def test_names_resolve_there_and_not_on_the_default_bridge(self):
        self.network("lab1", "--subnet", "10.77.0.0/24")
        one = self.run_container("one", "--network", "lab1")
        self.run_container("web", "--network", "lab1", "--network-alias", "www")
        self.run_container("plain")
        self.run_container("other")
        short = self.lab.inspect("web")["Id"][:12]
        for name in ("web", "WEB", "www", "Www.lab1", "web.lab1", short):
            self.assertEqual(one.lookup("127.0.0.11", name).records, ["10.77.0.3"], name)
            self.assertEqual(one.lookup("127.0.0.11", name, transport="tcp").records, ["10.77.0.3"], name)
        self.assertEqual(one.lookup("127.0.0.11", "3.0.77.10.in-addr.arpa", 12).records, ["web.lab1"])
        self.assertEqual(one.lookup("127.0.0.11", "web", 28).records, [])
        self.assertEqual(one.lookup("127.0.0.11", "nosuch").code, 3)
        self.assertSucceeds(self.inside("one", "ping", "-c1", "-W3", "web"))
        self.assertIn("bad address", self.inside("plain", "ping", "-c1", "-W1", "other").err)

    def test_reverse_names_of_ipv6(self):
        self.network("six", "--ipv6", "--subnet", "fd77::/64")
        one = self.run_container("one", "--network", "six")
        digits = "fd770000000000000000000000000002"
        self.assertEqual(one.lookup("127.0.0.11", ".".join(reversed(digits)) + ".ip6.arpa", 12).records, ["one.six"])

    def test_an_alias_of_several_gives_all_of_them(self):
        self.network("lab1", "--subnet", "10.77.0.0/24")
        one = self.run_container("one", "--network", "lab1")
        for name in ("a1", "a2", "a3"):
            self.run_container(name, "--network", "lab1", "--network-alias", "all")
        self.assertEqual(sorted(one.lookup("127.0.0.11", "all").records), ["10.77.0.3", "10.77.0.4", "10.77.0.5"])
        first = one.lookup("127.0.0.11", "all").records[0]
        self.assertTrue(any(one.lookup("127.0.0.11", "all").records[0] != first for _ in range(40)))

    def test_the_rest_is_asked_of_the_servers_that_dns_names(self):
        self.network("lab1", "--subnet", "10.77.0.0/24")
        server = self.run_container("names", "--network", "lab1", "--ip", "10.77.0.53")
        server.far_end(self, "names", "10.77.0.53", "198.18.7.7")
        one = self.run_container("one", "--network", "lab1", "--dns", "10.77.0.53")
        self.assertEqual(one.lookup("127.0.0.11", "far.test").records, ["198.18.7.7"])
        self.assertEqual(one.lookup("127.0.0.11", "far.test", transport="tcp").records, ["198.18.7.7"])
        self.assertTrue(one.lookup("127.0.0.11", "large.test").is_cut)
        self.assertEqual(one.lookup("127.0.0.11", "large.test", transport="tcp").records, ["198.18.7.7"])
        self.assertEqual(one.lookup("127.0.0.11", "nosuch.test").code, 3)
        # The lab's own names are answered before anybody else is asked.
        self.assertEqual(one.lookup("127.0.0.11", "names").records, ["10.77.0.53"])
        self.assertIn("nameserver 127.0.0.11", self.inside("one", "cat", "/etc/resolv.conf").out)

    def test_a_server_that_is_silent_leaves_the_question_to_the_next_one(self):
        self.network("lab1", "--subnet", "10.77.0.0/24")
        server = self.run_container("names", "--network", "lab1", "--ip", "10.77.0.53")
        server.far_end(self, "names", "10.77.0.53", "198.18.7.7")
        one = self.run_container("one", "--network", "lab1", "--dns", "10.77.0.99", "--dns", "10.77.0.53")
        self.assertEqual(one.lookup("127.0.0.11", "far.test").records, ["198.18.7.7"])
        lost = self.run_container("lost", "--network", "lab1", "--dns", "10.77.0.99")
        self.assertEqual(lost.lookup("127.0.0.11", "far.test").code, 2)


class Links(NetworkTest):
    """--link, on the default bridge and on others."""

    def test_a_link_gives_hosts_entries_and_variables(self):
        self.run_container("db", "--expose", "5432", "-e", "USER=me", "-e", "PATH=/bin", "--hostname", "store-host")
        self.run_container("web", "--link", "db:store")
        hosts = self.assertSucceeds(self.inside("web", "cat", "/etc/hosts")).out
        self.assertIn("172.17.0.2\tstore store-host db\n", hosts)
        self.assertReaches("web", "store")
        variables = set(self.assertSucceeds(self.inside("web", "env")).out.splitlines())
        self.assertLessEqual({
            "STORE_PORT=tcp://172.17.0.2:5432", "STORE_PORT_5432_TCP=tcp://172.17.0.2:5432",
            "STORE_PORT_5432_TCP_ADDR=172.17.0.2", "STORE_PORT_5432_TCP_PORT=5432", "STORE_PORT_5432_TCP_PROTO=tcp",
            "STORE_NAME=/web/store", "STORE_ENV_USER=me"}, variables)
        self.assertFalse([text for text in variables if text.startswith("STORE_ENV_PATH")])
        self.assertEqual(self.lab.inspect("web")["HostConfig"]["Links"], ["/db:/web/store"])

    def test_a_link_is_a_name_and_is_removed_by_it(self):
        self.run_container("db")
        self.run_container("web", "--link", "db:store")
        listed = {entry["Names"][0]: entry["Names"][1:] for entry in self.lab.get("/containers/json")}
        self.assertEqual(listed, {"/db": ["/web/store"], "/web": []})
        self.assertSucceeds(self.lab.docker("rm", "-l", "web/store"), "web/store\n")
        self.assertRefused("No such container: web/store", "rm", "-l", "web/store")
        self.assertNotIn("store", self.inside("web", "cat", "/etc/hosts").out)
        self.assertEqual(len(self.lab.get("/containers/json")), 2)

    def test_the_linked_containers_new_address_is_told(self):
        self.run_container("db")
        self.run_container("web", "--link", "db")
        self.assertSucceeds(self.lab.docker("stop", "-t", "0", "db"))
        self.run_container("other")
        self.assertSucceeds(self.lab.docker("start", "db"))
        address = self.lab.inspect("db")["NetworkSettings"]["IPAddress"]
        self.assertEqual(address, "172.17.0.4")
        self.assertIn(f"{address}\tdb", self.inside("web", "cat", "/etc/hosts").out)

    def test_a_link_in_a_network_of_ones_own_is_a_name_for_one_only(self):
        self.network("lab1", "--subnet", "10.77.0.0/24")
        self.run_container("db", "--network", "lab1")
        web = self.run_container("web", "--network", "lab1", "--link", "db:store")
        self.assertEqual(web.lookup("127.0.0.11", "store").records, ["10.77.0.2"])
        self.assertEqual(self.container("db").lookup("127.0.0.11", "store").code, 3)
        self.network("lab2", "--subnet", "10.77.2.0/24")
        self.run_container("far", "--network", "lab2")
        self.assertSucceeds(self.lab.docker("network", "connect", "--link", "far:away", "lab2", "web"))
        self.assertEqual(web.lookup("127.0.0.11", "away").records, ["10.77.2.2"])

    def test_what_cannot_be_linked_is_refused_with_dockers_words(self):
        self.assertRefused("could not get container for nosuch: No such container: nosuch", "run", "--rm", "--link",
                           "nosuch", "busybox", "true")
        self.assertSucceeds(self.lab.docker("create", "--name", "db", "busybox", "true"))
        self.assertRefused("Cannot link to a non running container: /db AS /web/store", "run", "--name", "web",
                           "--link", "db:store", "busybox", "true")
        self.assertRefused("conflicting options: host type networking can't be used with links", "run", "--rm",
                           "--network", "host", "--link", "db", "busybox", "true")


class PublishedPorts(NetworkTest):
    """-p, and who the container sees at the other end."""

    def serve(self, name: str, *options: str, port: int = 80) -> Namespace:
        """A container in which each client is told its own address."""
        inside = self.run_container(name, *options)
        self.server = inside.far_end(self, "peer", str(port))
        return inside

    def test_a_port_answers_on_the_machines_loopback_by_tcp_and_udp(self):
        self.serve("web", "-p", "18080:80", "-p", "18080:80/udp")
        for address in ("127.0.0.1", "::1"):
            for kind in ("tcp", "udp"):
                # To the container it comes from the bridge, as from Docker's own proxy.
                self.assertEqual(Here().ask_peer(address, 18080, kind), "172.17.0.1", f"{address} {kind}")
        shown = self.assertSucceeds(self.lab.docker("port", "web")).out.splitlines()
        self.assertEqual(sorted(shown), sorted(f"80/{kind} -> {address}:18080" for kind in ("tcp", "udp")
                                               for address in ("0.0.0.0", "[::]")))
        self.assertSucceeds(self.lab.docker("port", "web", "80/udp"), "0.0.0.0:18080\n[::]:18080\n")

    def test_over_ipv6_it_leads_to_the_containers_ipv6_address(self):
        self.network("six", "--ipv6", "--subnet", "10.77.0.0/24", "--subnet", "fd77::/64")
        self.serve("web", "--network", "six", "-p", "18080:80")
        self.assertEqual(Here().ask_peer("::1", 18080), "fd77::1")
        self.assertEqual(Here().ask_peer("127.0.0.1", 18080), "10.77.0.1")

    def test_who_comes_over_a_cable_is_seen_with_its_own_address(self):
        self.serve("web", "-p", "18080:80", "-p", "18080:80/udp")
        self.run_container("other")
        neighbour = self.neighbour()
        for kind in ("tcp", "udp"):
            self.assertEqual(neighbour.ask_peer("198.51.100.1", 18080, kind), "198.51.100.9", kind)
        # What is not published stays closed, although the neighbour knows the way.
        neighbour.run("ip", "route", "add", "172.17.0.0/16", "via", "198.51.100.1")
        address = self.container("other").addresses("eth0")[0].split("/")[0]
        self.container("other").far_end(self, "peer", "7000")
        self.assertEqual(self.container("web").ask_peer(address, 7000), "172.17.0.2")
        with self.assertRaises(OSError):
            neighbour.ask_peer(address, 7000)
        # Other containers come from the bridge, those of the node from its own address.
        self.assertEqual(self.container("other").ask_peer("172.17.0.1", 18080), "172.17.0.1")
        self.assertEqual(self.container("web").ask_peer("172.17.0.1", 18080), "172.17.0.1")
        self.assertEqual(self.node.ask_peer("198.51.100.1", 18080), "198.51.100.1")

    def neighbour(self) -> Namespace:
        """Another host, with a cable to the node: 198.51.100.9, the node is 198.51.100.1."""
        process = subprocess.Popen(["unshare", "-n", "sleep", "100"])
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        wait_until(lambda: machine.link(f"/proc/{process.pid}/exe").endswith(("sleep", "coreutils", "busybox")))
        node = self.node
        node.run("ip", "link", "add", "cable0", "type", "veth", "peer", "name", "eth0", "netns", str(process.pid))
        self.addCleanup(node.run, "ip", "link", "delete", "cable0")
        node.run("ip", "address", "add", "198.51.100.1/24", "dev", "cable0")
        node.run("ip", "link", "set", "cable0", "up")
        found = Namespace(f"/proc/{process.pid}/ns/net")
        found.run("ip", "address", "add", "198.51.100.9/24", "dev", "eth0")
        found.run("ip", "link", "set", "eth0", "up")
        return found

    def test_two_nodes_publish_the_same_port_each_at_a_loopback_address_of_its_own(self):
        self.serve("web", "-p", "18080:80", "-p", "127.0.0.1:18081:80")
        self.assertSucceeds(self.lab.drydock("node", "add", "node2"))
        self.addCleanup(self.lab.drydock, "node", "rm", "-f", "node2")
        second = ("--node", "node2")
        self.assertSucceeds(self.lab.docker(*second, "run", "-d", "--name", "web", "-p", "18080:80", "-p",
                                            "127.0.0.1:18081:80", "busybox", "sleep", "1000"))
        pid = self.lab.docker(*second, "inspect", "-f", "{{.State.Pid}}", "web").out.strip()
        Namespace(f"/proc/{pid}/ns/net").far_end(self, "peer", "80")
        for port in (18080, 18081):
            for address in ("127.0.0.1", "127.0.0.2"):
                self.assertEqual(Here().ask_peer(address, port), "172.17.0.1", address)
        self.assertSucceeds(self.lab.docker("rm", "-f", "web"))
        for port in (18080, 18081):
            with self.assertRaises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port)).close()
            self.assertEqual(Here().ask_peer("127.0.0.2", port), "172.17.0.1")
        self.assertSucceeds(self.lab.docker(*second, "port", "web", "80"),
                            "0.0.0.0:18080\n[::]:18080\n127.0.0.1:18081\n")

    def test_a_range_is_published_and_given_back(self):
        self.serve("web", "-p", "18100-18104:80-84", port=83)
        self.assertEqual(Here().ask_peer("127.0.0.1", 18103), "172.17.0.1")
        self.assertEqual(len(self.node.elements("published")), 5)
        self.server.kill()
        self.server.wait()
        self.assertSucceeds(self.lab.docker("rm", "-f", "web"))
        self.assertEqual(self.node.elements("published"), [])
        self.serve("web", "-p", "18100-18104:80", port=80)
        self.assertEqual(Here().ask_peer("127.0.0.1", 18100), "172.17.0.1")

    def test_an_address_limits_where_it_is_published(self):
        self.serve("web", "-p", "127.0.0.1:18080:80")
        self.assertEqual(Here().ask_peer("127.0.0.1", 18080), "172.17.0.1")
        with self.assertRaises(OSError):
            Here().ask_peer("::1", 18080)
        with self.assertRaises(OSError):
            self.node.ask_peer("172.17.0.1", 18080)

    def test_what_is_taken_is_refused_with_dockers_words(self):
        self.serve("web", "-p", "18080:80")
        words = "Bind for 0.0.0.0:18080 failed: port is already allocated"
        self.assertRefused(words, "run", "--rm", "-p", "18080:81", "busybox", "true")
        self.assertRefused("driver failed programming external connectivity on endpoint late", "run", "--name", "late",
                           "-p", "18080:81", "busybox", "true")
        import socket
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            self.assertRefused(f"listen tcp4 127.0.0.1:{port}: bind: address already in use", "run", "--rm", "-p",
                               f"{port}:80", "busybox", "true")
        self.assertEqual(len(self.node.elements("published")), 1)


class Members(NetworkTest):
    """connect, disconnect, inspect, prune."""

    def test_a_running_container_is_connected_and_disconnected(self):
        self.network("lab1", "--subnet", "10.77.0.0/24", "--ipv6", "--subnet", "fd77::/64")
        inside = self.run_container("web")
        self.run_container("one", "--network", "lab1")
        self.assertSucceeds(self.lab.docker("network", "connect", "--ip", "10.77.0.77", "--ip6", "fd77::77", "--alias",
                                            "www", "lab1", "web"))
        self.assertEqual(inside.addresses("eth1"), ["10.77.0.77/24", "fd77::77/64"])
        self.assertEqual(self.container("one").lookup("127.0.0.11", "www").records, ["10.77.0.77"])
        self.assertEqual(inside.lookup("127.0.0.11", "one").records, ["10.77.0.2"])
        members = self.lab.get("/networks/lab1")["Containers"]
        web = members[self.lab.inspect("web")["Id"]]
        self.assertEqual((web["Name"], web["IPv4Address"], web["IPv6Address"]),
                         ("web", "10.77.0.77/24", "fd77::77/64"))
        self.assertRefused("already exists in network lab1", "network", "connect", "lab1", "web")
        self.assertSucceeds(self.lab.docker("network", "disconnect", "bridge", "web"))
        self.assertEqual(sorted(inside.links()), ["eth1", "lo"])
        # The way out leads through the other network now, for both families.
        gateways = [route["gateway"] for family in ("-4", "-6") for route in inside.ip(family, "route")
                    if route["dst"] == "default"]
        self.assertEqual(gateways, ["10.77.0.1", "fd77::1"])
        self.assertSucceeds(self.lab.docker("network", "disconnect", "-f", "lab1", "web"))
        self.assertEqual(list(inside.links()), ["lo"])
        self.assertRefused("is not connected to network lab1", "network", "disconnect", "lab1", "web")

    def test_published_ports_move_to_the_network_that_remains(self):
        self.network("lab1", "--subnet", "10.77.0.0/24")
        inside = self.run_container("web", "-p", "18080:80")
        inside.far_end(self, "peer", "80")
        self.assertSucceeds(self.lab.docker("network", "connect", "lab1", "web"))
        self.assertEqual(Here().ask_peer("127.0.0.1", 18080), "172.17.0.1")
        self.assertSucceeds(self.lab.docker("network", "disconnect", "bridge", "web"))
        self.assertEqual(Here().ask_peer("127.0.0.1", 18080), "10.77.0.1")
        self.assertEqual(self.node.elements("published")[0][1]["concat"], ["10.77.0.2", 80])

    def test_prune_takes_what_nobody_is_in(self):
        self.network("empty")
        self.network("kept")
        self.assertSucceeds(self.lab.docker("create", "--name", "one", "--network", "kept", "busybox", "true"))
        self.assertSucceeds(self.lab.docker("network", "prune", "-f"), "Deleted Networks:\nempty\n\n")
        self.assertIn("kept", self.assertSucceeds(self.lab.docker("network", "ls")).out)
        shown = json.loads(self.assertSucceeds(self.lab.docker("network", "inspect", "-v", "kept")).out)
        self.assertEqual(shown[0]["Name"], "kept")

    @needs_real_client
    def test_the_real_client_does_all_of_it(self):
        client = self.lab.client
        self.assertSucceeds(client("network", "create", "--ipv6", "--subnet", "10.77.0.0/24", "--gateway",
                                   "10.77.0.254", "--ip-range", "10.77.0.64/26", "--aux-address", "a=10.77.0.64",
                                   "--subnet", "fd77::/64", "--label", "team=red", "lab1"))
        self.assertSucceeds(client("run", "-d", "--name", "db", "busybox", "sleep", "1000"))
        self.assertSucceeds(client("run", "-d", "--name", "web", "--link", "db", "-p", "18080:80", "busybox", "sleep",
                                   "1000"))
        self.assertSucceeds(client("network", "connect", "--ip", "10.77.0.70", "--alias", "www", "lab1", "web"))
        self.assertSucceeds(client("network", "inspect", "-f", "{{range .Containers}}{{.Name}} {{.IPv4Address}}{{end}}",
                                   "lab1"), "web 10.77.0.70/24\n")
        self.assertSucceeds(client("network", "ls", "-f", "label=team=red", "--format", "{{.Name}} {{.Driver}}"),
                            "lab1 bridge\n")
        self.assertSucceeds(client("port", "web", "80"), "0.0.0.0:18080\n[::]:18080\n")
        self.assertNotEqual(client("network", "rm", "lab1").code, 0)
        self.assertSucceeds(client("network", "disconnect", "lab1", "web"))
        self.assertSucceeds(client("network", "rm", "lab1"), "lab1\n")


@unittest.skipUnless(importlib.util.find_spec("docker"), "the Docker SDK for Python is not installed")
class TheSDK(NetworkTest):
    """docker-py on our socket."""

    def test_networks_are_made_looked_at_and_removed(self):
        import docker
        client = docker.DockerClient(base_url=f"unix://{self.lab.socket}")
        self.addCleanup(client.close)
        pools = docker.types.IPAMConfig(pool_configs=[
            docker.types.IPAMPool(subnet="10.77.0.0/24", gateway="10.77.0.254", iprange="10.77.0.64/26"),
            docker.types.IPAMPool(subnet="fd77::/64")])
        network = client.networks.create("lab1", ipam=pools, enable_ipv6=True, labels={"team": "red"})
        self.assertEqual([found.name for found in client.networks.list(filters={"label": "team=red"})], ["lab1"])
        container = client.containers.run("busybox", "sleep 1000", detach=True, name="web")
        network.connect(container, ipv4_address="10.77.0.70", aliases=["www"])
        network.reload()
        self.assertEqual([found.name for found in network.containers], ["web"])
        self.assertEqual(network.attrs["Containers"][container.id]["IPv4Address"], "10.77.0.70/24")
        with self.assertRaises(docker.errors.APIError) as refused:
            network.remove()
        self.assertEqual(refused.exception.status_code, 403)
        network.disconnect(container)
        network.remove()
        with self.assertRaises(docker.errors.NotFound):
            client.networks.get("lab1")


class Many(NetworkTest):
    """A hundred networks and three hundred places in them, made and removed."""

    def test_a_hundred_networks_and_three_hundred_endpoints_leave_nothing(self):
        before = sorted(self.node.links())
        machine_before = Here().links().keys(), Here().rules()
        rules = self.node.rules()
        names = [f"n{number}" for number in range(100)]
        identities = [self.make(name, number) for number, name in enumerate(names)]
        containers = [self.start_in(name) for name in names[:3]]
        for container in containers:
            for name in names:
                status, _, body = self.lab.request(
                    "POST", f"/networks/{name}/connect", {"Container": container}, timeout=60)
                self.assertIn(status, (200, 403), body)  # 403: that is where it began
        members = [self.lab.get(f"/networks/{name}")["Containers"] for name in names]
        self.assertEqual([len(found) for found in members], [3] * 100)
        addresses = [entry["IPv4Address"] for found in members for entry in found.values()]
        self.assertEqual(len(set(addresses)), 300)
        # The node's own end of the cable between nodes is one more; it was there before.
        self.assertEqual(len([link for name, link in self.node.links().items() if name not in before
                              and link.get("linkinfo", {}).get("info_kind") == "veth"]), 300)
        self.assertEqual((Here().links().keys(), Here().rules()), machine_before)
        self.lab.remove_containers()
        for name, identity in zip(names, identities):
            status, _, body = self.lab.request("DELETE", f"/networks/{name}", timeout=60)
            self.assertEqual(status, 204, body)
            del identity
        wait_until(lambda: sorted(self.node.links()) == before, 20, "links stay in the node")
        self.assertEqual(self.node.rules(), rules)
        # The addresses are free again: the same network gives the same ones.
        self.make("n0", 0)
        self.start_in("n0")
        again = self.lab.get("/networks/n0")["Containers"]
        self.assertEqual([entry["IPv4Address"] for entry in again.values()], ["10.200.0.2/24"])

    def make(self, name: str, number: int) -> str:
        body = {"Name": name, "IPAM": {"Config": [{"Subnet": f"10.200.{number}.0/24"}]}}
        status, _, answer = self.lab.request("POST", "/networks/create", body, timeout=60)
        self.assertEqual(status, 201, answer)
        return json.loads(answer)["Id"]

    def start_in(self, network: str) -> str:
        body = {"Image": "busybox", "Cmd": ["sleep", "1000"], "HostConfig": {"NetworkMode": network}}
        status, _, answer = self.lab.request("POST", "/containers/create", body)
        self.assertEqual(status, 201, answer)
        identity = json.loads(answer)["Id"]
        status, _, answer = self.lab.request("POST", f"/containers/{identity}/start")
        self.assertEqual(status, 204, answer)
        return identity


class FakeMachine:
    """A machine for an engine with an uplink, made of namespaces: it has one interface, and at the far end of that is
    another host, 198.51.100.2, with a name server. Nothing leaves the three."""

    def __init__(self, test: unittest.TestCase):
        self.test = test
        self.process = self._hold("-n", "-m", "--propagation", "private")
        self.outside = Namespace(f"/proc/{self._hold('-n').pid}/ns/net")
        outside_pid = self.outside.path.split("/")[2]
        self.here("ip", "link", "set", "lo", "up")
        self.here("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", outside_pid)
        self.here("ip", "address", "add", "198.51.100.1/24", "dev", "eth0")
        self.here("ip", "link", "set", "eth0", "up")
        self.outside.run("ip", "address", "add", "198.51.100.2/24", "dev", "eth0")
        self.outside.run("ip", "link", "set", "eth0", "up")
        self.here("ip", "route", "add", "default", "via", "198.51.100.2")

    def _hold(self, *flags: str) -> subprocess.Popen:
        process = subprocess.Popen(["unshare", *flags, "sleep", "600"])
        self.test.addCleanup(process.wait)
        self.test.addCleanup(process.kill)
        wait_until(lambda: machine.link(f"/proc/{process.pid}/exe").endswith(("sleep", "coreutils", "busybox")))
        return process

    @property
    def namespace(self) -> Namespace:
        return Namespace(f"/proc/{self.process.pid}/ns/net")

    def here(self, *command: str) -> str:
        """Runs a program on this machine."""
        return machine.output("nsenter", "-t", str(self.process.pid), "-n", "-m", *command)

    def names_come_from(self, address: str) -> None:
        """Writes the machine's /etc/resolv.conf: its own, nobody else's."""
        with tempfile.NamedTemporaryFile("w", prefix="drydock-test-", dir="/tmp", delete=False) as file:
            file.write(f"nameserver {address}\n")
        self.test.addCleanup(os.unlink, file.name)
        self.here("mount", "--bind", file.name, "/etc/resolv.conf")

    def lab(self, uplink: str = "none") -> Lab:
        """A lab whose engine runs on this machine."""
        lab = Lab()
        lab.environment["DRYDOCK_UPLINK"] = uplink
        lab.on = ["nsenter", "-t", str(self.process.pid), "-n", "-m"]
        self.test.addCleanup(lab.remove)
        lab.start_engine()
        return lab


@unittest.skipUnless(os.geteuid() == 0, "network namespaces need root")
class TheUplink(unittest.TestCase):
    """DRYDOCK_UPLINK=nat, on a machine that the test makes."""

    def setUp(self):
        self.machine = FakeMachine(self)
        self.machine.here("sysctl", "-q", "-w", "net.ipv4.ip_forward=0")

    def state(self) -> tuple:
        here = self.machine.namespace
        return (sorted(here.links()), here.rules(), here.run("cat", "/proc/sys/net/ipv4/conf/eth0/forwarding"),
                [route["dst"] for route in here.ip("route")])

    def test_containers_reach_the_outside_under_the_machines_address(self):
        self.machine.outside.far_end(self, "peer", "7000")
        before = self.state()
        lab = self.machine.lab("nat")
        self.assertEqual(lab.docker("run", "-d", "--name", "web", "busybox", "sleep", "1000").code, 0)
        inside = Namespace.of_container(lab, "web")
        for kind in ("tcp", "udp"):
            self.assertEqual(inside.ask_peer("198.51.100.2", 7000, kind), "198.51.100.1", kind)
        # On the machine there is one interface and one table more; and the table is the engine's.
        links, rules, forwarding, _ = self.state()
        added = set(links) - set(before[0])
        self.assertEqual(len(added), 1, added)
        self.assertRegex(added.pop(), "^drydock-[0-9a-f]{6}$")
        self.assertEqual(rules.count("table "), 1, rules)
        self.assertIn("flags owner", rules)
        self.assertEqual(forwarding.strip(), "1")
        drawing = lab.drydock("topology").out
        self.assertRegex(drawing, r"(?m)^    \+-- uplink == drydock-[0-9a-f]{6}  10\.254\.\d+\.2/30  to your machine")
        # Nobody outside gets in.
        self.machine.outside.run("ip", "route", "add", "10.254.0.0/16", "via", "198.51.100.1")
        node = Namespace.of_node(lab)
        address = node.addresses("uplink")[0].split("/")[0]
        node.far_end(self, "peer", "7001")
        self.assertTrue(self.machine.namespace.ask_peer(address, 7001).startswith("10.254."))
        with self.assertRaises(OSError):
            self.machine.outside.ask_peer(address, 7001)
        self.assertEqual(lab.reset().code, 0)
        self.assertEqual(self.state(), before)

    def test_an_internal_network_does_not(self):
        self.machine.outside.far_end(self, "peer", "7000")
        lab = self.machine.lab("nat")
        self.assertEqual(lab.docker("network", "create", "--internal", "inner").code, 0)
        self.assertEqual(lab.docker("run", "-d", "--name", "web", "--network", "inner", "busybox", "sleep",
                                    "1000").code, 0)
        with self.assertRaises(OSError):
            Namespace.of_container(lab, "web").ask_peer("198.51.100.2", 7000)

    def test_names_are_asked_of_the_machines_servers(self):
        for place, address in ((self.machine.outside, "198.51.100.2"), (self.machine.namespace, "127.0.0.1")):
            with self.subTest(server=address):
                place.far_end(self, "names", address, "198.51.100.2")
                self.machine.names_come_from(address)
                lab = self.machine.lab("nat")
                self.assertEqual(lab.docker("network", "create", "lab1").code, 0)
                self.assertEqual(lab.docker("run", "-d", "--name", "web", "--network", "lab1", "busybox", "sleep",
                                            "1000").code, 0)
                inside = Namespace.of_container(lab, "web")
                for transport in ("udp", "tcp"):
                    self.assertEqual(inside.lookup("127.0.0.11", "far.test", transport=transport).records,
                                     ["198.51.100.2"], transport)
                self.assertEqual(inside.lookup("127.0.0.11", "nosuch.test").code, 3)
                self.assertEqual(lab.reset().code, 0)

    def test_after_a_kill_the_reset_takes_the_rest(self):
        before = self.state()
        lab = self.machine.lab("nat")
        self.assertNotEqual(self.state(), before)
        lab.kill_engine()
        self.assertEqual(lab.reset().code, 0)
        wait_until(lambda: self.state() == before, message="the machine is not as it was")

    def test_every_node_has_an_uplink_of_its_own(self):
        self.machine.outside.far_end(self, "peer", "7000")
        before = self.state()
        lab = self.machine.lab("nat")
        self.assertEqual(lab.drydock("node", "add", "node2").code, 0)
        self.assertEqual(len(set(self.state()[0]) - set(before[0])), 2)
        self.assertEqual(lab.drydock("docker", "--node", "node2", "run", "-d", "--name", "web", "busybox", "sleep",
                                     "1000").code, 0)
        inside = lab.drydock("docker", "--node", "node2", "inspect", "-f", "{{.State.Pid}}", "web").out.strip()
        self.assertEqual(Namespace(f"/proc/{inside}/ns/net").ask_peer("198.51.100.2", 7000), "198.51.100.1")
        self.assertEqual(lab.drydock("node", "rm", "-f", "node2").code, 0)
        self.assertEqual(len(set(self.state()[0]) - set(before[0])), 1)
        self.assertEqual(lab.reset().code, 0)
        self.assertEqual(self.state(), before)

    def test_the_doctor_tells_what_is_in_the_way(self):
        lab = self.machine.lab("nat")

        def uplink() -> dict:
            findings = json.loads(lab.drydock("doctor", "--json").out)
            return next(finding for finding in findings if finding["name"] == "uplink")

        self.assertTrue(uplink()["good"], uplink())
        self.machine.here("nft", "add table ip filter; add chain ip filter FORWARD "
                          "{ type filter hook forward priority 0; policy drop; }")
        self.assertFalse(uplink()["good"])
        self.assertIn("drops what it is to forward", uplink()["text"])

    def test_none_adds_nothing(self):
        before = self.state()
        self.machine.lab("none")
        self.assertEqual(self.state(), before)


class NothingOfTheMachines(NetworkTest):
    def test_the_machines_own_namespace_is_not_touched(self):
        def look() -> tuple:
            here = Here()
            return sorted(here.links()), here.ip("addr"), here.ip("route"), here.ip("-6", "route"), here.rules()

        before = look()
        self.network("lab1", "--ipv6")
        self.network("lab2", "--internal")
        self.run_container("web", "--network", "lab1", "-p", "18080:80")
        self.run_container("two", "--network", "lab2")
        self.assertEqual(look(), before)
        snapshot = Snapshot.take(self.lab.home)
        self.lab.remove_containers()
        self.assertEqual([text for text in left_behind(snapshot, self.lab.home) if "interface" in text], [])


if __name__ == "__main__":
    unittest.main()
