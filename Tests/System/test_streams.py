"""What flows between a client and a container: all of it, in order, whoever is slow, and nothing is kept in memory."""

from __future__ import annotations

import hashlib
import json
import os
import re
import select
import socket
import struct
import subprocess
import tarfile
import threading
import time
import unittest

import machine
from harness import PROGRAM, LabTest, wait_until

MEGABYTE = 1 << 20
# As much as can be told from what fits into buffers, in a few seconds; DRYDOCK_TEST_STREAM sets another, in MiB.
VOLUME = int(os.environ.get("DRYDOCK_TEST_STREAM", "256")) * MEGABYTE


def numbered(count: int) -> str:
    """A shell command that prints lines with numbers: each is where it should be, or something was lost."""
    return f"i=0; while [ $i -lt {count} ]; do echo line $i; i=$((i+1)); done"


class Streams(LabTest):
    def engine_memory(self) -> int:
        """The most memory that the engine has had so far, bytes (VmHWM, `proc_pid_status(5)`)."""
        status = machine.read(f"/proc/{self.lab.engine_pid}/status")
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024

    def drain(self, process: subprocess.Popen) -> tuple[int, str]:
        """Reads all output; gives its length and digest."""
        length, digest = 0, hashlib.sha256()
        while piece := process.stdout.read(MEGABYTE):
            length += len(piece)
            digest.update(piece)
        process.stdout.close()
        self.assertEqual(process.wait(60), 0)
        return length, digest.hexdigest()

    def test_much_output_flows_through_and_is_not_kept_in_memory(self):
        self.assertSucceeds(self.lab.docker("run", "--rm", "busybox", "true"))
        before = self.engine_memory()
        process = self.lab.start("run", "--rm", "--log-driver", "none", "busybox", "head", "-c", str(VOLUME),
                                 "/dev/zero",
                                 stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        length, digest = self.drain(process)
        self.assertEqual(length, VOLUME)
        self.assertEqual(digest, digest_of_zeros(VOLUME))
        self.assertLess(self.engine_memory() - before, 64 * MEGABYTE)

    def test_much_input_flows_through_and_is_not_kept_in_memory(self):
        before = self.engine_memory()
        process = self.lab.start("run", "--rm", "-i", "busybox", "sh", "-c", "sleep 1; sha256sum",
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        block = bytes(MEGABYTE)
        for _ in range(VOLUME // MEGABYTE):
            process.stdin.write(block)
        process.stdin.close()
        said = process.stdout.read().decode()
        process.stdout.close()
        self.assertEqual(process.wait(60), 0)
        self.assertIn(digest_of_zeros(VOLUME), said)
        self.assertLess(self.engine_memory() - before, 64 * MEGABYTE)

    def test_a_reader_that_stops_loses_nothing_and_the_engine_does_not_fill_up(self):
        before = self.engine_memory()
        process = self.lab.start("run", "--rm", "busybox", "sh", "-c", numbered(200_000),
                                 stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        first = process.stdout.read(10)
        time.sleep(1)
        rest = process.stdout.read()
        process.stdout.close()
        self.assertEqual(process.wait(60), 0)
        self.assertEqual((first + rest).decode(), "".join(f"line {i}\n" for i in range(200_000)))
        self.assertLess(self.engine_memory() - before, 64 * MEGABYTE)

    def test_the_end_of_the_input_reaches_the_program(self):
        for _ in range(10):
            self.assertSucceeds(self.lab.docker("run", "--rm", "-i", "busybox", "cat", input="hi\n", timeout=10),
                                "hi\n")
        self.assertSucceeds(self.lab.docker("run", "--rm", "-i", "busybox", "wc", "-c", input="", timeout=10), "0\n")

    def test_output_and_errors_keep_apart(self):
        result = self.lab.docker("run", "--rm", "busybox", "sh", "-c",
                                 "for i in 1 2 3; do echo out $i; echo err $i >&2; done; exit 3")
        self.assertEqual((result.code, result.out, result.err),
                         (3, "out 1\nout 2\nout 3\n", "err 1\nerr 2\nerr 3\n"))

    def test_the_log_is_what_was_shown(self):
        shown = self.lab.docker("run", "--name", "box", "busybox", "sh", "-c", numbered(5000) + "; printf 'no newline'")
        logged = self.lab.docker("logs", "box")
        self.assertSucceeds(logged, shown.out)
        self.assertEqual(shown.out, "".join(f"line {i}\n" for i in range(5000)) + "no newline")
        with self.subTest("and it is a file in Docker's format"):
            path = self.lab.inspect("box")["LogPath"]
            with open(path, encoding="utf-8") as file:
                entries = [json.loads(line) for line in file]
            self.assertEqual("".join(entry["log"] for entry in entries), shown.out)
            self.assertEqual({entry["stream"] for entry in entries}, {"stdout"})
            self.assertTrue(all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", e["time"]) for e in entries))

    def test_lines_of_any_length_and_bytes_of_any_value_stay_whole(self):
        script = "head -c 100000 /dev/zero | tr '\\0' x; echo; printf '\\303\\244\\n'"
        shown = self.assertSucceeds(self.lab.docker("run", "--name", "box", "busybox", "sh", "-c", script))
        self.assertEqual(shown.out, "x" * 100_000 + "\nä\n")
        self.assertSucceeds(self.lab.docker("logs", "box"), shown.out)
        done = subprocess.run([PROGRAM, "docker", "run", "--rm", "-i", "busybox", "cat"], env=self.lab.environment,
                              input=bytes(range(256)) * 100, capture_output=True, timeout=20)
        self.assertEqual(done.stdout, bytes(range(256)) * 100)


    def test_who_attaches_before_the_start_misses_nothing(self):
        for _ in range(10):
            self.assertSucceeds(self.lab.docker("create", "--name", "box", "busybox", "sh", "-c", numbered(20)))
            with self.attached("box") as connection:
                self.assertEqual(self.lab.request("POST", "/containers/box/start")[0], 204)
                self.assertEqual(self.frames(connection), {1: "".join(f"line {i}\n" for i in range(20)), 2: ""})
            self.lab.remove_containers()

    def test_the_archive_of_a_container_is_its_own_tree_whether_it_runs_or_not(self):
        """What is mounted in it, /proc first of all, is none of it."""
        self.assertSucceeds(self.lab.docker("run", "-d", "--name", "box", "--tmpfs", "/mem", "busybox", "sh", "-c",
                                            "echo mine > /own; rm /etc/group; echo x > /mem/gone; sleep 1000"))
        wait_until(lambda: self.lab.docker("exec", "box", "ls", "/mem/gone").code == 0)
        exports = []
        for command in ("kill", "rm"):
            archive = f"{self.lab.client_home}/{command}.tar"
            self.assertSucceeds(self.lab.docker("export", "-o", archive, "box"))
            with tarfile.open(archive) as tar:
                exports.append({member.name: (member.mode, member.size, member.type) for member in tar})
            self.assertSucceeds(self.lab.docker(command, "box"))
        self.assertEqual(*exports)
        self.assertIn("own", exports[0])
        self.assertIn("proc", exports[0])
        self.assertEqual({"etc/group", "proc/self", "mem/gone"} & set(exports[0]), set())

    def test_two_who_are_attached_see_the_same(self):
        self.assertSucceeds(self.lab.docker("create", "--name", "box", "busybox", "sh", "-c", numbered(2000)))
        with self.attached("box") as one, self.attached("box") as two:
            self.assertEqual(self.lab.request("POST", "/containers/box/start")[0], 204)
            seen = {}
            reader = threading.Thread(target=lambda: seen.update(self.frames(one)))
            reader.start()
            other = self.frames(two)
            reader.join()
        self.assertEqual(seen, other)
        self.assertEqual(other[1].count("\n"), 2000)

    def test_one_who_is_attached_and_reads_nothing_does_not_lose_it_for_the_engine(self):
        """A client that is stuck may hold its container up, as with Docker, but nobody else."""
        self.assertSucceeds(self.lab.docker("create", "--name", "box", "busybox", "sh", "-c", numbered(300_000)))
        with self.attached("box"):
            self.assertEqual(self.lab.request("POST", "/containers/box/start")[0], 204)
            self.assertSucceeds(self.lab.docker("run", "--rm", "busybox", "echo", "others"), "others\n")
        wait_until(lambda: not self.lab.inspect("box")["State"]["Running"], 30, "the container did not go on")
        self.assertEqual(self.lab.docker("logs", "box").out.count("\n"), 300_000)

    def attached(self, name: str) -> socket.socket:
        """A connection that was taken over by attach (API: ContainerAttach)."""
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(20)
        connection.connect(self.lab.socket)
        connection.sendall(f"POST /containers/{name}/attach?stream=1&stdout=1&stderr=1 HTTP/1.1\r\nHost: x\r\n"
                           "Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n".encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += connection.recv(1)
        self.assertTrue(head.startswith(b"HTTP/1.1 101 "), head)
        return connection

    def frames(self, connection: socket.socket) -> dict[int, str]:
        """Reads a multiplexed stream to its end: stream → text."""
        data = b""
        while piece := connection.recv(65536):
            data += piece
        texts = {1: b"", 2: b""}
        position = 0
        while position < len(data):
            stream, length = struct.unpack(">BxxxI", data[position:position + 8])
            texts[stream] += data[position + 8:position + 8 + length]
            position += 8 + length
        self.assertEqual(position, len(data), "the last frame is whole")
        return {stream: text.decode() for stream, text in texts.items()}

    def test_following_a_log_gives_each_line_once_and_soon(self):
        self.assertSucceeds(self.lab.docker("run", "-d", "--name", "box", "busybox", "sh", "-c",
                                            "echo first; sleep 1; " + numbered(500)))
        follower = self.lab.start("logs", "-f", "box", stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        came, _, _ = select.select([follower.stdout], [], [], 0.9)
        self.assertTrue(came, "the first line did not come before the others")
        text = follower.stdout.read().decode()
        follower.stdout.close()
        self.assertEqual(follower.wait(20), 0)
        self.assertEqual(text, "first\n" + "".join(f"line {i}\n" for i in range(500)))

    def test_a_long_log_is_not_kept_in_memory_whether_its_reader_reads_or_not(self):
        self.assertSucceeds(self.lab.docker("run", "--name", "box", "busybox", "sh", "-c", numbered(300_000)))
        before = self.engine_memory()
        self.assertEqual(self.lab.docker("logs", "box").out.count("\n"), 300_000)
        self.assertEqual(self.lab.docker("logs", "--tail", "2", "box").out, "line 299998\nline 299999\n")
        self.assertLess(self.engine_memory() - before, 32 * MEGABYTE)

        # One who follows, reads nothing, and goes: the engine follows for nobody.
        threads = lambda: len(os.listdir(f"/proc/{self.lab.engine_pid}/task"))
        self.assertSucceeds(self.lab.docker("run", "-d", "--name", "loud", "busybox", "yes", "x" * 100))
        wait_until(lambda: self.lab.docker("logs", "--tail", "1", "loud").out != "", 20)
        others = threads()
        followers = []
        for _ in range(8):
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(self.lab.socket)
            connection.sendall(b"GET /containers/loud/logs?follow=1&stdout=1 HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertTrue(connection.recv(1))
            followers.append(connection)
        for connection in followers:
            connection.close()
        wait_until(lambda: threads() <= others + 2, 20, "the engine still follows for those who have gone")
        self.assertLess(self.engine_memory() - before, 48 * MEGABYTE)

    def test_a_pipe_that_is_closed_ends_the_command(self):
        done = subprocess.run(["sh", "-c", f"{PROGRAM} docker run --rm busybox yes | head -n 1"],
                              env=self.lab.environment, capture_output=True, timeout=20)
        self.assertEqual(done.stdout, b"y\n")
        self.assertNotIn(b"rror", done.stderr)

    def test_twenty_at_once_have_their_own_output_and_exit_code(self):
        script = 'echo out-$N; cat; sleep 0.$((N % 5)); exit $N'
        running = {n: self.lab.start("run", "--rm", "-i", "-e", f"N={n}", "busybox", "sh", "-c", script,
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                   for n in range(20)}
        results = {}

        def finish(n: int, process: subprocess.Popen) -> None:
            out, err = process.communicate(f"in-{n}\n".encode(), timeout=60)
            results[n] = process.returncode, out.decode(), err.decode()

        threads = [threading.Thread(target=finish, args=item) for item in running.items()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(results, {n: (n, f"out-{n}\nin-{n}\n", "") for n in range(20)})
        wait_until(lambda: self.lab.get("/containers/json?all=1") == [], message="containers stayed")
        parent = machine.cgroup_parent(self.lab.home)
        wait_until(lambda: not [p for p, _, _ in os.walk("/sys/fs/cgroup") if f"/{parent}/" in p],
                   message="cgroups stayed")
        wait_until(lambda: list(machine.processes_of(self.lab.home)) == [self.lab.engine_pid],
                   message="processes stayed")

    def test_twenty_started_and_stopped_at_once(self):
        for n in range(20):
            self.assertSucceeds(self.lab.docker("create", "--name", f"box{n}", "busybox", "sleep", "1000"))

        def both(n: int) -> None:
            codes[n] = (self.lab.request("POST", f"/containers/box{n}/start")[0],
                        self.lab.request("POST", f"/containers/box{n}/stop?t=0")[0],
                        self.lab.inspect(f"box{n}")["State"]["ExitCode"])

        codes: dict[int, tuple] = {}
        threads = [threading.Thread(target=both, args=(n,)) for n in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(codes, {n: (204, 204, 137) for n in range(20)})
        addresses = [self.lab.inspect(f"box{n}")["NetworkSettings"]["IPAddress"] for n in range(20)]
        self.assertEqual(set(addresses), {""}, "addresses went back")


def digest_of_zeros(count: int) -> str:
    digest = hashlib.sha256()
    for _ in range(count // MEGABYTE):
        digest.update(bytes(MEGABYTE))
    return digest.hexdigest()


if __name__ == "__main__":
    unittest.main()
