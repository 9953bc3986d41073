#!/usr/bin/env python3
"""Somebody at the far end of a network: run inside a network namespace, it answers there until it is killed.

    far_end.py peer PORT              tells each client, by TCP and UDP, over IPv4 and IPv6, which address it comes from
    far_end.py names ADDRESS ANSWER   a name server at port 53 (UDP and TCP) that knows far.test to be ANSWER; for
                                      large.test it asks for TCP, and there says the same; all else it does not know

It prints "ready" when it listens.
"""

from __future__ import annotations

import ipaddress
import socket
import struct
import sys
import threading


def plain(address: str) -> str:
    """An address without its interface, IPv4 as IPv4."""
    parsed = ipaddress.ip_address(address.split("%")[0])
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)


def sockets(address: str, port: int) -> tuple[socket.socket, socket.socket]:
    """A socket for datagrams and one that listens."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = []
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        one = socket.socket(family, kind)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        if kind == socket.SOCK_STREAM:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind((address, port))
        made.append(one)
    made[1].listen(64)
    return made[0], made[1]


def tell_peers(port: int) -> None:
    datagrams, listener = sockets("::", port)

    def by_datagram() -> None:
        while True:
            _, client = datagrams.recvfrom(2000)
            datagrams.sendto(plain(client[0]).encode(), client)

    threading.Thread(target=by_datagram, daemon=True).start()
    print("ready", flush=True)
    while True:
        connection, client = listener.accept()
        with connection:
            connection.sendall(plain(client[0]).encode())


def answer(question: bytes, known: str, is_datagram: bool) -> bytes:
    """The answer to a question for an address (RFC 1035)."""
    labels, index = [], 12
    while question[index]:
        labels.append(question[index + 1:index + 1 + question[index]].decode().lower())
        index += question[index] + 1
    end = index + 5
    kind = struct.unpack("!H", question[index + 1:index + 3])[0]
    name = ".".join(labels)
    head, body = question[:2], question[12:end]
    if name == "large.test" and is_datagram:
        return head + b"\x83\x80" + struct.pack("!4H", 1, 0, 0, 0) + body  # truncated: ask again over TCP
    if name not in ("far.test", "large.test"):
        return head + b"\x81\x83" + struct.pack("!4H", 1, 0, 0, 0) + body
    if kind != 1:
        return head + b"\x81\x80" + struct.pack("!4H", 1, 0, 0, 0) + body
    record = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + socket.inet_aton(known)
    return head + b"\x81\x80" + struct.pack("!4H", 1, 1, 0, 0) + body + record


def serve_names(address: str, known: str) -> None:
    datagrams, listener = sockets(address, 53)

    def by_datagram() -> None:
        while True:
            question, client = datagrams.recvfrom(2000)
            datagrams.sendto(answer(question, known, True), client)

    threading.Thread(target=by_datagram, daemon=True).start()
    print("ready", flush=True)
    while True:
        connection, _ = listener.accept()
        with connection:
            data = b""
            while len(data) < 2 or len(data) < 2 + struct.unpack("!H", data[:2])[0]:
                more = connection.recv(2000)
                if not more:
                    break
                data += more
            else:
                reply = answer(data[2:], known, False)
                connection.sendall(struct.pack("!H", len(reply)) + reply)


if __name__ == "__main__":
    if sys.argv[1] == "peer":
        tell_peers(int(sys.argv[2]))
    else:
        serve_names(sys.argv[2], sys.argv[3])
