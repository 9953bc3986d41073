"""How far a pull, a push, a load or a build is: bars on a terminal, plain lines elsewhere, and always of real bytes."""

from __future__ import annotations

import fcntl
import http.server
import json
import os
import random
import shutil
import socketserver
import struct
import subprocess
import tempfile
import termios
import threading
import unittest

from harness import PROGRAM, LabTest, needs_real_client, real_client
from registries import BentRegistry, DebianRegistry, digest_of, tar
from screen import Screen
from terminal import Terminal

#: Two layers that come at once, then one that another operation has already told of, as an engine sends it.
PULL = [
    {"status": "Pulling from lab/many", "id": "1"},
    {"status": "Pulling fs layer", "progressDetail": {}, "id": "aaaaaaaaaaaa"},
    {"status": "Pulling fs layer", "progressDetail": {}, "id": "bbbbbbbbbbbb"},
    {"status": "Already exists", "progressDetail": {}, "id": "cccccccccccc"},
    {"status": "Downloading", "progressDetail": {"current": 1, "total": 12345678}, "id": "bbbbbbbbbbbb"},
    {"status": "Downloading", "progressDetail": {"current": 6172839, "total": 12345678}, "id": "bbbbbbbbbbbb"},
    {"status": "Downloading", "progressDetail": {"current": 512000}, "id": "aaaaaaaaaaaa"},
    {"status": "Downloading", "progressDetail": {"current": 12345678, "total": 12345678}, "id": "bbbbbbbbbbbb"},
    {"status": "Downloading", "progressDetail": {"current": 12345679, "total": 12345678}, "id": "bbbbbbbbbbbb"},
    {"status": "Verifying Checksum", "progressDetail": {}, "id": "bbbbbbbbbbbb"},
    {"status": "Extracting", "progressDetail": {"current": 3, "total": 7, "units": "s"}, "id": "aaaaaaaaaaaa"},
    {"status": "Extracting", "progressDetail": {"current": 3, "units": "s"}, "id": "aaaaaaaaaaaa"},
    {"status": "Extracting", "progressDetail": {"current": 0, "total": 700}, "id": "aaaaaaaaaaaa"},
    {"status": "Extracting", "progressDetail": {"current": 650, "total": 700, "hidecounts": True},
     "id": "aaaaaaaaaaaa"},
    {"status": "Pull complete", "progressDetail": {}, "id": "aaaaaaaaaaaa"},
    {"status": "Digest: sha256:" + "1" * 64},
    {"status": "Pulling from lab/many", "id": "2"},
    {"status": "Pulling fs layer", "progressDetail": {}, "id": "bbbbbbbbbbbb"},
    {"progressDetail": {}, "aux": {"Tag": "2"}},
    {"status": "Pull complete", "progressDetail": {}, "id": "bbbbbbbbbbbb"},
    {"status": "Status: Downloaded newer image for lab/many"},
]


class ScriptedEngine:
    """An engine that answers each pull with the same messages."""

    def __init__(self, messages: list[dict]) -> None:
        self.directory = tempfile.mkdtemp(prefix="drydock-scripted-", dir="/tmp")
        self.host = f"unix://{self.directory}/socket"
        body = b"".join(json.dumps(message).encode() + b"\r\n" for message in messages)

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_) -> None:
                pass

            def address_string(self) -> str:
                return "client"

            def do_GET(self) -> None:
                self._answer(b"OK", "text/plain")

            do_HEAD = do_GET

            def do_POST(self) -> None:
                self._answer(body, "application/json")

            def _answer(self, data: bytes, kind: str) -> None:
                self.send_response(200)
                for name, value in (("Api-Version", "1.41"), ("OSType", "linux"), ("Content-Type", kind),
                                    ("Content-Length", str(len(data)))):
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(data)

        self.server = socketserver.ThreadingUnixStreamServer(f"{self.directory}/socket", Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Ends it."""
        self.server.shutdown()
        self.server.server_close()
        shutil.rmtree(self.directory, ignore_errors=True)


def drawn(arguments: list[str], environment: dict[str, str], columns: int) -> str:
    """All that a program writes to a terminal of its own, byte for byte."""
    master, slave = os.openpty()
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=slave, stderr=slave, env=environment)
    os.close(slave)
    data = b""
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:  # EIO: nobody holds the other end any more
            break
        if not piece:
            break
        data += piece
    os.close(master)
    process.wait(30)
    return data.decode()


class TheDisplay(LabTest):
    """What the clients make of the same messages."""

    def setUp(self) -> None:
        self.engine = ScriptedEngine(PULL)
        self.addCleanup(self.engine.close)
        self.environment = self.lab.environment | self.lab.client_environment | {"DOCKER_HOST": self.engine.host}
        self.ours = [PROGRAM, "docker", "pull", "-a", "lab/many"]

    @needs_real_client
    def test_a_terminal_is_drawn_on_byte_for_byte_as_by_dockers_client(self):
        theirs = [real_client(), "pull", "-a", "lab/many"]
        for columns in (200, 111, 110, 60):
            with self.subTest(columns=columns):
                expected = drawn(theirs, self.environment, columns)
                self.assertEqual(expected.count("=") > 0, columns > 110, expected)
                self.assertEqual(drawn(self.ours, self.environment, columns), expected)

    @needs_real_client
    def test_elsewhere_there_are_the_same_plain_lines(self):
        theirs = subprocess.run([real_client(), "pull", "-a", "lab/many"], env=self.environment, capture_output=True)
        ours = subprocess.run(self.ours, env=self.environment, capture_output=True)
        self.assertEqual(ours.stdout, theirs.stdout)
        self.assertNotIn(b"Downloading", ours.stdout)
        self.assertNotIn(b"\x1b", ours.stdout)

    def test_on_a_terminal_narrower_than_a_line_each_layer_still_has_one_line(self):
        screen = Screen(30)
        screen.feed(drawn(self.ours, self.environment, 30))
        shown = [screen.text(row) for row in range(len(screen.lines))]
        self.assertEqual([line[:30] for line in shown if line.startswith(("aaaa", "bbbb", "cccc"))],
                         ["aaaaaaaaaaaa: Pull complete", "bbbbbbbbbbbb: Verifying Checks",
                          "cccccccccccc: Already exists", "bbbbbbbbbbbb: Pull complete"])


class RealBytes(LabTest):
    """What the engine tells of, on a terminal."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.registry = BentRegistry()
        cls.addClassCleanup(cls.registry.close)
        # Bytes that no compression makes smaller.
        cls.data = tar(("data", random.Random(4).randbytes(16_000_000)))

    def clients(self) -> list[tuple[str, list[str], dict[str, str]]]:
        """Ours, and Docker's where there is one."""
        found = [("drydock", [PROGRAM, "docker"], self.lab.environment)]
        if real_client():
            found.append(("docker", [real_client()], self.lab.client_environment))
        return found

    def screens(self, *arguments: str, between: list[str] = ()) -> list[list[str]]:
        """What each client leaves on a screen of 120 columns; `between` is done before the second."""
        found = []
        for name, program, environment in self.clients():
            if found and between:
                self.assertSucceeds(self.lab.docker(*between))
            with self.subTest(name):
                screen = Screen(120)
                screen.feed(drawn([*program, *arguments], environment, 120))
                found.append([screen.text(row) for row in range(len(screen.lines))])
        return found

    def test_a_bar_stands_still_while_no_byte_comes(self):
        for name, program, environment in self.clients():
            with self.subTest(name):
                self.registry.gate, self.registry.gated = threading.Event(), {digest_of(self.data)}
                self.registry.add("still:1", [self.data])
                terminal = Terminal([*program, "pull", f"{self.registry.address}/still:1"], environment, columns=120)
                with terminal:
                    terminal.expect(r"Downloading \[={24,25}> {25,26}\] +[78][.\d]*MB/16.01MB", 30)
                    terminal.stays_silent(0.5)
                    self.assertNotIn("Download complete", terminal.unread)
                    self.registry.gate.set()
                    terminal.expect(r"Extracting \[=+> *\] +[\d.]+MB/16.01MB", 30)
                    terminal.expect("Pull complete", 30)
                    self.assertEqual(terminal.wait(30), 0)
                self.registry.gate = None
                self.assertSucceeds(self.lab.docker("rmi", f"{self.registry.address}/still:1"))

    def test_a_load_shows_each_layer_that_is_new(self):
        self.registry.add("load:1", [self.data, tar(("small", b"x"))])
        name = f"{self.registry.address}/load:1"
        self.assertSucceeds(self.lab.docker("pull", name))
        archive = f"{self.lab.client_home}/load.tar"
        self.assertSucceeds(self.lab.docker("save", "-o", archive, name))
        self.assertSucceeds(self.lab.docker("rmi", name))
        screens = self.screens("load", "-i", archive, between=["rmi", name])
        for shown in screens:
            self.assertRegex(shown[0], r"^[0-9a-f]{12}: Loading layer \[={50}>\] +16.01MB/16.01MB$")
            self.assertRegex(shown[1], r"^[0-9a-f]{12}: Loading layer \[={50}>\] +10.24kB/10.24kB$")
            self.assertEqual(shown[2], f"Loaded image: {name}")
            self.assertEqual(shown, screens[0])
        # Where it goes nowhere but into a file, there is only the result.
        self.assertSucceeds(self.lab.docker("rmi", name))
        self.assertSucceeds(self.lab.docker("load", "-i", archive), f"Loaded image: {name}\n")
        self.assertSucceeds(self.lab.docker("rmi", name))

    @unittest.skipUnless(shutil.which("docker-registry"), "not on this machine: docker-registry")
    def test_a_push_shows_each_layer_the_uppermost_first(self):
        self.registry.add("push:1", [tar(("small", b"y")), self.data])
        name = f"{self.registry.address}/push:1"
        self.assertSucceeds(self.lab.docker("pull", name))
        diffs = self.lab.get(f"/images/{name}/json")["RootFS"]["Layers"]
        for client, program, environment in self.clients():
            with self.subTest(client):
                there = DebianRegistry()
                self.addCleanup(there.close)
                self.assertSucceeds(self.lab.docker("tag", name, f"{there.address}/push:1"))
                text = drawn([*program, "push", f"{there.address}/push:1"], environment, 120)
                self.assertRegex(text, r"Pushing \[=+> *\] +[\d.]+MB/16.01MB")
                screen = Screen(120)
                screen.feed(text)
                shown = [screen.text(row) for row in range(4)]
                self.assertEqual(shown[0], f"The push refers to repository [{there.address}/push]")
                self.assertEqual(shown[1:3], [f"{diff[7:19]}: Pushed" for diff in reversed(diffs)])
                self.assertRegex(shown[3], r"^1: digest: sha256:[0-9a-f]{64} size: \d+$")
                self.assertSucceeds(self.lab.docker("rmi", f"{there.address}/push:1"))
        self.assertSucceeds(self.lab.docker("rmi", name))

    def test_a_build_shows_how_much_of_its_context_has_gone(self):
        place = tempfile.mkdtemp(prefix="drydock-context-", dir="/tmp")
        self.addCleanup(shutil.rmtree, place)
        with open(f"{place}/Dockerfile", "w", encoding="utf-8") as file:
            file.write("FROM busybox\nLABEL a=b\n")
        with open(f"{place}/data", "wb") as file:
            file.truncate(200_000_000)
        text = drawn([PROGRAM, "docker", "build", place], self.lab.environment, 120)
        first, _, _ = text.partition("Step 1/2")
        sizes = [line.removeprefix("Sending build context to Docker daemon").strip() for line in first.split("\r")]
        sizes = [size for size in sizes if size]
        self.assertEqual(sizes[-1], "200MB")
        self.assertGreater(len(sizes), 1, first)
        self.assertEqual(len(set(sizes)), len(sizes), first)
        self.assertTrue(first.endswith("\r\r\r\n"), repr(first[-40:]))  # the terminal makes \r\n of \n


if __name__ == "__main__":
    unittest.main()
