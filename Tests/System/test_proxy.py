"""Registries that are reached through a proxy only: with and without TLS, with a user's name, and past the proxy where it is
said. Nothing is really sent to another machine: the proxy knows one name, whose registry is on loopback."""

from __future__ import annotations

import base64
import json
import os
import pathlib
import select
import shutil
import socket
import ssl
import tempfile
import threading
import unittest

import registries
from harness import Lab, LabTest

#: A name that nobody resolves (RFC 6761).
HOST = "registry.invalid"


class Proxy:
    """An HTTP proxy that knows where one host's registries are, and notes what it is asked."""

    def __init__(self, places: dict[str, int]) -> None:
        self.places = places
        self.asked: list[str] = []
        self.credentials: list[str | None] = []
        self.wants: str | None = None
        self.server = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.server.getsockname()[1]}"
        threading.Thread(target=self.serve, daemon=True).start()

    def close(self) -> None:
        self.server.close()

    def serve(self) -> None:
        while True:
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self.attend, args=(client,), daemon=True).start()

    def attend(self, client: socket.socket) -> None:
        with client:
            head = b""
            while b"\r\n\r\n" not in head:
                piece = client.recv(65536)
                if not piece:
                    return
                head += piece
            head, rest = head.split(b"\r\n\r\n", 1)
            lines = head.decode().split("\r\n")
            method, target, _ = lines[0].split(" ")
            fields = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
            self.asked.append(f"{method} {target}")
            self.credentials.append(fields.get("proxy-authorization"))
            if self.wants and fields.get("proxy-authorization") != self.wants:
                client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            if method == "CONNECT":
                place = target
            else:
                place, _, path = target.removeprefix("http://").partition("/")
                lines[0] = f"{method} /{path} HTTP/1.1"
                # One call a connection, so that each is seen here.
                lines = [line for line in lines if not line.lower().startswith(("proxy-", "connection"))] + ["Connection: close"]
            if place not in self.places:
                client.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            with socket.create_connection(("127.0.0.1", self.places[place])) as far:
                if method == "CONNECT":
                    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    far.sendall(rest)
                else:
                    far.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + rest)
                self.join(client, far)

    @staticmethod
    def join(one: socket.socket, other: socket.socket) -> None:
        while True:
            ready, _, _ = select.select([one, other], [], [], 30)
            if not ready:
                return
            for source in ready:
                try:
                    piece = source.recv(65536)
                    if not piece:
                        return
                    (other if source is one else one).sendall(piece)
                except OSError:
                    return


class ProxyTest(LabTest):
    @classmethod
    def setUpClass(cls) -> None:
        if os.geteuid() != 0:
            raise unittest.SkipTest("real containers need root so far")

    def setUp(self) -> None:
        self.registry = registries.BentRegistry()
        self.addCleanup(self.registry.close)
        self.registry.add("x:1", [registries.tar(("file", b"x" * 1000))])
        self.port = int(self.registry.address.rsplit(":", 1)[1])
        self.proxy = Proxy({f"{HOST}:80": self.port, HOST: self.port})
        self.addCleanup(self.proxy.close)

    def start(self, **variables: str) -> Lab:
        """A lab whose engine may speak to other machines, but has no containers that could: its kernel is simulated."""
        self.lab = Lab()
        self.addCleanup(self.lab.remove)
        self.lab.environment |= {"DRYDOCK_UPLINK": "nat", "DRYDOCK_KERNEL": "simulated", "DRYDOCK_REGISTRY": "127.0.0.1:0"} | variables
        (pathlib.Path(self.lab.home) / "daemon.json").write_text(json.dumps({"insecure-registries": [HOST, f"{HOST}:80"]}))
        self.lab.start_engine()
        return self.lab

    def test_a_registry_without_tls_is_asked_for_by_its_whole_address(self):
        self.start(HTTP_PROXY=f"http://{self.proxy.address}")
        self.assertSucceeds(self.lab.docker("pull", f"{HOST}:80/x:1"))
        self.assertIn(f"GET http://{HOST}/v2/x/manifests/1", self.proxy.asked)
        self.assertTrue(any("/v2/x/blobs/sha256:" in line for line in self.proxy.asked), self.proxy.asked)

    def test_a_registry_with_tls_is_reached_through_a_tunnel_and_its_certificate_counts(self):
        place = tempfile.mkdtemp(prefix="drydock-tls-", dir="/tmp")
        self.addCleanup(shutil.rmtree, place, ignore_errors=True)
        authority = registries.Authority(place, names=f"DNS:{HOST}")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(authority.certificate, authority.key)
        self.registry.server.socket = context.wrap_socket(self.registry.server.socket, server_side=True)
        self.proxy.places = {f"{HOST}:443": self.port}
        self.start(https_proxy=self.proxy.address)
        settings = pathlib.Path(self.lab.home) / "daemon.json"
        settings.write_text("{}")
        self.assertSucceeds(self.lab.drydock("engine", "stop"))
        refused = self.lab.docker("pull", f"{HOST}/x:1")
        self.assertEqual(refused.code, 1)
        self.assertIn("certificate", refused.err)
        trusted = pathlib.Path(self.lab.home) / "certs.d" / HOST
        trusted.mkdir(parents=True)
        shutil.copy(authority.authority, trusted / "ca.crt")
        self.assertSucceeds(self.lab.docker("pull", f"{HOST}/x:1"))
        self.assertEqual(set(self.proxy.asked), {f"CONNECT {HOST}:443"})

    def test_the_proxy_is_told_who_asks_and_others_are_not(self):
        self.proxy.wants = "Basic " + base64.b64encode(b"student:p@ss").decode()
        self.start(HTTP_PROXY=f"http://student:p%40ss@{self.proxy.address}", HTTPS_PROXY=f"http://{self.proxy.address}")
        self.assertSucceeds(self.lab.docker("pull", f"{HOST}:80/x:1"))
        shown = self.assertSucceeds(self.lab.docker("info", "--format", "{{.HTTPProxy}} {{.HTTPSProxy}}")).out
        self.assertEqual(shown, f"http://xxxxx:xxxxx@{self.proxy.address} http://{self.proxy.address}\n")
        with self.subTest("without its credentials it refuses, and that is told"):
            refused = self.lab.docker("pull", f"{HOST}:443/x:1")
            self.assertEqual(refused.code, 1)
            self.assertIn("407 Proxy Authentication Required", refused.err)
            self.assertIn(self.proxy.address, refused.err)

    def test_whom_no_proxy_names_is_reached_directly(self):
        self.start(HTTP_PROXY=f"http://{self.proxy.address}", NO_PROXY="other.invalid, .invalid")
        refused = self.lab.docker("pull", f"{HOST}:80/x:1")
        self.assertEqual(refused.code, 1)
        self.assertNotIn("proxy", refused.err)
        self.assertEqual(self.proxy.asked, [])

    def test_this_machine_is_always_reached_directly(self):
        self.start(HTTP_PROXY=f"http://{self.proxy.address}", HTTPS_PROXY=f"http://{self.proxy.address}")
        self.assertSucceeds(self.lab.docker("pull", f"{self.registry.address}/x:1"))
        self.assertSucceeds(self.lab.docker("pull", "hello-world"))
        self.assertEqual([line for line in self.proxy.asked if HOST in line or "127.0.0.1" in line], [])

    def test_a_proxy_that_is_not_there_is_told_of(self):
        self.proxy.close()
        self.start(HTTP_PROXY=f"http://127.0.0.1:{registries.free_port()}", HTTPS_PROXY="socks5://127.0.0.1:1")
        refused = self.lab.docker("pull", f"{HOST}:80/x:1")
        self.assertEqual(refused.code, 1)
        self.assertRegex(refused.err, "proxy")

    def test_no_proxy_leads_out_where_there_is_no_way_out(self):
        self.start(HTTP_PROXY=f"http://{self.proxy.address}", DRYDOCK_UPLINK="none")
        refused = self.lab.docker("pull", f"{HOST}:80/x:1")
        self.assertEqual(refused.code, 1)
        self.assertEqual(self.proxy.asked, [])


if __name__ == "__main__":
    unittest.main()
