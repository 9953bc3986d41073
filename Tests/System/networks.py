"""Network namespaces as the tests see them: looked at, and entered, with programs that are not ours."""

from __future__ import annotations

import json
import os
import pathlib
import socket
import struct
import subprocess
import sys

import machine
from harness import wait_until

FAR_END = str(pathlib.Path(__file__).resolve().parent / "far_end.py")


class Namespace:
    """A network namespace, named by a file such as /proc/PID/ns/net."""

    def __init__(self, path: str):
        self.path = path

    @classmethod
    def of_node(cls, lab) -> "Namespace":
        """The namespace of a lab's only node: of those that the engine holds open, the one with docker0. That of a node
        which was just removed may still be there; it is waited for."""
        directory = f"/proc/{lab.engine_pid}/fd"

        def nodes() -> dict[str, "Namespace"]:
            found = {machine.link(f"{directory}/{number}"): cls(f"{directory}/{number}") for number in os.listdir(directory)}
            return {name: place for name, place in found.items() if name.startswith("net:") and place.has("docker0")}

        wait_until(lambda: len(nodes()) == 1, message="the engine holds not one namespace with a docker0, as it should")
        return next(iter(nodes().values()))

    @classmethod
    def of_container(cls, lab, name: str) -> "Namespace":
        return cls(f"/proc/{lab.pid_of(name)}/ns/net")

    def run(self, *command: str) -> str:
        """What a program prints that runs inside."""
        return machine.output("nsenter", f"--net={self.path}", *command)

    def ip(self, *arguments: str) -> list[dict]:
        """What `ip -j` says inside."""
        text = self.run("ip", "-j", *arguments)
        return json.loads(text) if text.strip() else []

    def has(self, link: str) -> bool:
        """Whether there is a link with this name; a namespace that has gone meanwhile has none."""
        try:
            return link in self.links()
        except OSError:
            return False

    def links(self) -> dict[str, dict]:
        return {link["ifname"]: link for link in self.ip("-d", "link")}

    def addresses(self, interface: str) -> list[str]:
        """The addresses of an interface with their prefixes, without those that the kernel makes up."""
        return [f"{entry['local']}/{entry['prefixlen']}" for link in self.ip("addr", "show", "dev", interface)
                for entry in link["addr_info"] if not entry["local"].startswith("fe80:")]

    def rules(self) -> str:
        """All rules of nftables, as text."""
        return self.run("nft", "list", "ruleset")

    def elements(self, name: str) -> list:
        """What is in a set or map of the engine's table."""
        listing = json.loads(self.run("nft", "-j", "list", "table", "inet", "drydock"))["nftables"]
        for entry in listing:
            for kind in ("set", "map"):
                if entry.get(kind, {}).get("name") == name:
                    return entry[kind].get("elem", [])
        raise AssertionError(f"the table has no set {name}")

    def far_end(self, test, *arguments: str) -> subprocess.Popen:
        """Starts far_end.py inside, for the length of a test."""
        process = subprocess.Popen(["nsenter", f"--net={self.path}", sys.executable, FAR_END, *arguments],
                                   stdout=subprocess.PIPE, text=True)
        test.addCleanup(process.stdout.close)
        test.addCleanup(process.wait)
        test.addCleanup(process.kill)
        if process.stdout.readline() != "ready\n":
            raise AssertionError(f"far_end.py {' '.join(arguments)} did not begin")
        return process

    def ask_peer(self, address: str, port: int, kind: str = "tcp") -> str:
        """Which address a client inside seems to have to who answers at an address and port."""
        return self.run(sys.executable, "-c", _ASK, address, str(port), kind)

    def lookup(self, server: str, name: str, kind: int = 1, transport: str = "udp") -> "Answer":
        """Asks a name server for a record: 1 is A, 12 PTR, 28 AAAA."""
        return Answer(bytes.fromhex(self.run(sys.executable, "-c", _LOOKUP, server, name, str(kind), transport)))


class Here(Namespace):
    """The namespace that the test itself runs in: to the lab, the machine's."""

    def __init__(self):
        super().__init__("/proc/self/ns/net")


#: Connects, says something, and prints what comes back.
_ASK = """
import socket, sys
address, port, kind = sys.argv[1], int(sys.argv[2]), sys.argv[3]
family = socket.AF_INET6 if ":" in address else socket.AF_INET
with socket.socket(family, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM) as s:
    s.settimeout(5)
    s.connect((address, port))
    s.send(b"who am I?")
    print(s.recv(1000).decode(), end="")
"""

#: Sends one question to port 53 and prints the answer in hexadecimal.
_LOOKUP = """
import socket, struct, sys
server, name, kind, transport = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
body = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\\0"
question = struct.pack("!6H", 0x1234, 0x0100, 1, 0, 0, 0) + body + struct.pack("!2H", kind, 1)
with socket.socket(socket.AF_INET, socket.SOCK_STREAM if transport == "tcp" else socket.SOCK_DGRAM) as s:
    s.settimeout(15)
    s.connect((server, 53))
    if transport == "udp":
        s.send(question)
        answer = s.recv(65536)
    else:
        s.sendall(struct.pack("!H", len(question)) + question)
        answer = b""
        while len(answer) < 2 or len(answer) < 2 + struct.unpack("!H", answer[:2])[0]:
            more = s.recv(65536)
            if not more:
                sys.exit("the name server hung up")
            answer += more
        answer = answer[2:]
print(answer.hex())
"""


class Answer:
    """A name server's answer: its code (0 fine, 2 failed, 3 no such name), whether it was cut, and its records."""

    def __init__(self, message: bytes):
        self.code = message[3] & 0x0F
        self.is_cut = bool(message[2] & 0x02)
        count = struct.unpack("!H", message[6:8])[0]
        index = self._after_name(message, 12) + 4
        self.records = []
        for _ in range(count):
            index = self._after_name(message, index)
            kind, _, _, length = struct.unpack("!HHIH", message[index:index + 10])
            data = message[index + 10:index + 10 + length]
            self.records.append(self._text(kind, data))
            index += 10 + length

    @staticmethod
    def _after_name(message: bytes, index: int) -> int:
        while message[index]:
            if message[index] & 0xC0:
                return index + 2
            index += message[index] + 1
        return index + 1

    @staticmethod
    def _text(kind: int, data: bytes) -> str:
        if kind == 1:
            return socket.inet_ntop(socket.AF_INET, data)
        if kind == 28:
            return socket.inet_ntop(socket.AF_INET6, data)
        labels, index = [], 0
        while data[index]:
            labels.append(data[index + 1:index + 1 + data[index]].decode())
            index += data[index] + 1
        return ".".join(labels)
