"""Networks: making, joining, leaving, names on them."""

from __future__ import annotations

from docker.errors import APIError, NotFound
from docker.types import EndpointConfig, IPAMConfig, IPAMPool
from scenario import Scenario


class Networks(Scenario):
    def test_lists_docker_s_three(self):
        self.assertEqual({network.name for network in self.client.networks.list()}, {"bridge", "host", "none"})

    def test_makes_one_with_a_subnet(self):
        network = self.client.networks.create(
            "pier", ipam=IPAMConfig(pool_configs=[IPAMPool(subnet="10.77.0.0/24", gateway="10.77.0.254")]),
            labels={"a": "b"}, internal=True)
        network.reload()
        self.assertEqual(network.attrs["IPAM"]["Config"], [{"Subnet": "10.77.0.0/24", "Gateway": "10.77.0.254"}])
        self.assertTrue(network.attrs["Internal"])
        self.assertEqual(self.client.networks.list(filters={"label": "a=b"}), [network])

    def test_joins_and_leaves(self):
        network = self.client.networks.create("pier")
        container = self.sleeper()
        network.connect(container, aliases=["boat"])
        container.reload()
        self.assertEqual(set(container.attrs["NetworkSettings"]["Networks"]), {"bridge", "pier"})
        self.assertIn("boat", container.attrs["NetworkSettings"]["Networks"]["pier"]["Aliases"])
        self.assertEqual(container.exec_run(["ip", "addr", "show", "eth1"]).exit_code, 0)
        network.reload()
        self.assertEqual(network.containers, [container])
        network.disconnect(container)
        container.reload()
        self.assertEqual(set(container.attrs["NetworkSettings"]["Networks"]), {"bridge"})

    def test_takes_an_address_of_one_s_choice(self):
        network = self.client.networks.create("pier", ipam=IPAMConfig(pool_configs=[IPAMPool(subnet="10.77.1.0/24")]))
        container = self.sleeper()
        network.connect(container, ipv4_address="10.77.1.99")
        container.reload()
        self.assertEqual(container.attrs["NetworkSettings"]["Networks"]["pier"]["IPAddress"], "10.77.1.99")

    def test_starts_on_a_network_with_an_alias(self):
        self.client.networks.create("pier")
        api = self.client.api
        config = api.create_networking_config({"pier": EndpointConfig(api._version, aliases=["db"])})
        created = api.create_container("busybox", ["sleep", "100"], name="one", networking_config=config,
                                       host_config=api.create_host_config(network_mode="pier"))
        api.start(created)
        out = self.client.containers.run("busybox", ["ping", "-c1", "-w5", "db"], network="pier")
        self.assertIn(b"1 packets received", out)

    def test_names_are_known_on_it(self):
        self.client.networks.create("pier")
        self.sleeper("one", network="pier")
        out = self.client.containers.run("busybox", ["sh", "-c", "ping -c1 -w5 one; cat /etc/resolv.conf"], network="pier")
        self.assertIn(b"1 packets received", out)
        self.assertIn(b"nameserver 127.0.0.11\n", out)

    def test_publishes_ports(self):
        container = self.sleeper(ports={"80/tcp": None, "81/tcp": None, "53/udp": None})
        container.reload()
        ports = container.ports
        self.assertEqual(set(ports), {"80/tcp", "81/tcp", "53/udp"})
        self.assertTrue(all(int(ports[port][0]["HostPort"]) > 1024 for port in ports))

    def test_a_network_in_use_is_not_removed(self):
        network = self.client.networks.create("pier")
        self.sleeper(network="pier")
        with self.assertRaises(APIError) as caught:
            network.remove()
        self.assertEqual(caught.exception.status_code, 403)
        self.assertIn("has active endpoints", caught.exception.explanation)

    def test_an_overlapping_subnet_is_refused(self):
        pool = IPAMConfig(pool_configs=[IPAMPool(subnet="10.77.2.0/24")])
        self.client.networks.create("first", ipam=pool)
        with self.assertRaises(APIError) as caught:
            self.client.networks.create("second", ipam=pool)
        self.assertIn("Pool overlaps with other one on this address space", caught.exception.explanation)
        self.assertEqual(caught.exception.status_code, 403)

    def test_a_missing_network_is_not_found(self):
        with self.assertRaises(NotFound) as caught:
            self.client.networks.get("nowhere")
        self.assertEqual(caught.exception.explanation, "network nowhere not found")

    def test_prunes_unused_ones(self):
        self.client.networks.create("idle")
        self.client.networks.create("busy")
        self.sleeper(network="busy")
        self.assertEqual(self.client.networks.prune()["NetworksDeleted"], ["idle"])
