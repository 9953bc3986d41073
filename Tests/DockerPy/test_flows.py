"""What flows: logs, attached sockets, exec, stats, events."""

from __future__ import annotations

import datetime
import socket
import struct
import threading
import time

from docker.errors import APIError
from scenario import Scenario


class Logs(Scenario):
    def finished(self, script: str):
        container = self.client.containers.run("busybox", ["sh", "-c", script], detach=True)
        container.wait()
        return container

    def test_gives_both_streams_or_one(self):
        container = self.finished("echo out; sleep 0.1; echo err >&2")
        self.assertEqual(container.logs(), b"out\nerr\n")
        self.assertEqual(container.logs(stderr=False), b"out\n")
        self.assertEqual(container.logs(stdout=False), b"err\n")

    def test_gives_the_last_lines(self):
        container = self.finished("seq 100")
        self.assertEqual(container.logs(tail=3), b"98\n99\n100\n")
        self.assertEqual(container.logs(tail=0), b"")

    def test_puts_times_before_the_lines(self):
        line = self.finished("echo x").logs(timestamps=True)
        self.assertRegex(line, rb"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z x\n\Z")

    def test_selects_by_time(self):
        container = self.finished("echo x")
        now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
        later = now + datetime.timedelta(hours=1)
        self.assertEqual(container.logs(since=later), b"")
        self.assertEqual(container.logs(until=later), b"x\n")
        self.assertEqual(container.logs(since=now - datetime.timedelta(hours=1)), b"x\n")

    def test_follows_to_the_end(self):
        container = self.client.containers.run(
            "busybox", ["sh", "-c", "for i in 1 2 3; do echo $i; sleep 0.1; done"], detach=True)
        self.assertEqual(b"".join(container.logs(stream=True, follow=True)), b"1\n2\n3\n")

    def test_is_raw_for_a_terminal(self):
        container = self.client.containers.run("busybox", ["sh", "-c", "echo x; echo y >&2"], tty=True, detach=True)
        container.wait()
        self.assertEqual(container.logs(), b"x\r\ny\r\n")


class Attaching(Scenario):
    def test_a_socket_carries_input_and_framed_output(self):
        container = self.client.containers.create("busybox", "cat", stdin_open=True)
        attached = container.attach_socket(params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
        connection = attached._sock
        connection.settimeout(20)
        container.start()
        connection.sendall(b"ahoy\n")
        frame = self.read_until(connection.recv, b"ahoy\n")
        self.assertEqual(frame, struct.pack(">BxxxL", 1, 5) + b"ahoy\n")
        connection.shutdown(socket.SHUT_WR)
        self.assertEqual(connection.recv(100), b"")
        attached.close()
        container.stop(timeout=0)

    def test_the_end_of_the_input_ends_a_container_that_asked_for_it(self):
        api = self.client.api
        created = api.create_container("busybox", "cat", stdin_open=True)  # StdinOnce, as attached at creation
        self.assertTrue(api.inspect_container(created)["Config"]["StdinOnce"])
        attached = api.attach_socket(created, params={"stdin": 1, "stdout": 1, "stream": 1})
        api.start(created)
        attached._sock.sendall(b"bye\n")
        attached._sock.shutdown(socket.SHUT_WR)
        self.assertEqual(api.wait(created)["StatusCode"], 0)
        attached.close()

    def test_a_terminal_s_socket_is_raw(self):
        container = self.client.containers.create("busybox", ["sh"], stdin_open=True, tty=True)
        attached = container.attach_socket(params={"stdin": 1, "stdout": 1, "stream": 1})
        attached._sock.settimeout(20)
        container.start()
        attached._sock.sendall(b"echo $((6*7))\n")
        self.assertNotIn(b"\x01\x00\x00\x00", self.read_until(attached._sock.recv, b"42\r\n"))
        attached.close()

    def test_tells_the_streams_apart(self):
        container = self.client.containers.create("busybox", ["sh", "-c", "echo out; echo err >&2"])
        pieces = container.attach(stream=True, demux=True)
        container.start()
        out, err = b"", b""
        for piece_out, piece_err in pieces:
            out += piece_out or b""
            err += piece_err or b""
        self.assertEqual((out, err), (b"out\n", b"err\n"))


class Executing(Scenario):
    def test_gives_code_and_output(self):
        self.assertEqual(tuple(self.sleeper().exec_run(["sh", "-c", "echo hi; exit 4"])), (4, b"hi\n"))

    def test_tells_the_streams_apart(self):
        code, (out, err) = self.sleeper().exec_run(["sh", "-c", "echo out; echo err >&2"], demux=True)
        self.assertEqual((code, out, err), (0, b"out\n", b"err\n"))

    def test_streams(self):
        code, pieces = self.sleeper().exec_run(["sh", "-c", "echo a; sleep 0.1; echo b"], stream=True)
        self.assertIsNone(code)
        self.assertEqual(b"".join(pieces), b"a\nb\n")

    def test_takes_environment_user_and_directory(self):
        result = self.sleeper().exec_run(
            ["sh", "-c", "echo $A; id -u; pwd"], environment={"A": "b"}, user="65534",
            workdir="/tmp")
        self.assertEqual(tuple(result), (0, b"b\n65534\n/tmp\n"))

    def test_feeds_the_input_through_a_socket(self):
        _, stream = self.sleeper().exec_run(["sh", "-c", "read line; echo got $line"], stdin=True, socket=True)
        stream._sock.settimeout(20)
        stream._sock.sendall(b"cargo\n")
        self.assertEqual(self.read_until(stream._sock.recv, b"got cargo\n")[8:], b"got cargo\n")
        stream.close()

    def test_has_a_terminal_of_its_own(self):
        code, out = self.sleeper().exec_run(["tty"], tty=True)
        self.assertEqual((code, out), (0, b"/dev/pts/0\r\n"))

    def test_runs_in_the_background(self):
        container = self.sleeper()
        code, out = container.exec_run(["touch", "/mark"], detach=True)
        self.assertIn(code, (None, 0))
        self.eventually(lambda: container.exec_run(["test", "-e", "/mark"])[0] == 0, "the file was not made")

    def test_can_be_looked_at(self):
        api = self.client.api
        container = self.sleeper()
        created = api.exec_create(container.id, ["sh", "-c", "exit 5"])
        self.assertEqual(api.exec_inspect(created)["Running"], False)
        self.assertIsNone(api.exec_inspect(created)["ExitCode"])
        api.exec_start(created)
        self.eventually(lambda: api.exec_inspect(created)["ExitCode"] == 5, "no exit code came")
        self.assertEqual(api.exec_inspect(created)["ContainerID"], container.id)
        self.assertEqual(api.exec_inspect(created)["ProcessConfig"]["entrypoint"], "sh")

    def test_needs_a_running_container(self):
        container = self.client.containers.create("busybox")
        with self.assertRaises(APIError) as caught:
            container.exec_run("true")
        self.assertEqual(caught.exception.status_code, 409)
        self.assertEqual(caught.exception.explanation, f"Container {container.id} is not running")

    def test_a_program_that_is_not_there_is_126(self):
        code, out = self.sleeper().exec_run(["/no/such/program"])
        self.assertIn(code, (126, 127))
        self.assertIn(b"no such file or directory", out)


class Watching(Scenario):
    def test_measures_once(self):
        stats = self.sleeper(mem_limit="64m").stats(stream=False)
        self.assertEqual(stats["memory_stats"]["limit"], 64 << 20)
        self.assertGreater(stats["memory_stats"]["usage"], 0)
        self.assertGreater(stats["cpu_stats"]["cpu_usage"]["total_usage"], 0)
        self.assertGreater(stats["cpu_stats"]["system_cpu_usage"], stats["precpu_stats"].get("system_cpu_usage", 0))
        self.assertGreaterEqual(stats["pids_stats"]["current"], 1)
        self.assertIn("eth0", stats["networks"])

    def test_measures_on_and_on(self):
        stream = self.sleeper().stats(decode=True, stream=True)
        first, second = next(stream), next(stream)
        self.assertEqual(second["precpu_stats"]["cpu_usage"]["total_usage"], first["cpu_stats"]["cpu_usage"]["total_usage"])
        self.assertNotEqual(first["read"], second["read"])
        stream.close()

    def test_hears_of_a_container_s_life(self):
        events = self.client.events(decode=True, filters={"type": "container"})
        heard: list[dict] = []

        def listen() -> None:
            for event in events:
                heard.append(event)
                if event["Action"] == "destroy":
                    return

        listener = threading.Thread(target=listen, daemon=True)
        listener.start()
        self.client.containers.run("busybox", "true", name="seen", remove=True, labels={"color": "red"})
        listener.join(20)
        actions = [event["Action"] for event in heard]
        self.assertEqual([a for a in actions if a != "attach"], ["create", "start", "die", "destroy"])
        self.assertTrue(all(event["Actor"]["Attributes"]["name"] == "seen" for event in heard))
        self.assertEqual(heard[0]["Actor"]["Attributes"]["color"], "red")
        died = next(event for event in heard if event["Action"] == "die")
        self.assertEqual(died["Actor"]["Attributes"]["exitCode"], "0")
        events.close()

    def test_reads_past_events(self):
        begin = time.time() - 1
        self.client.containers.run("busybox", "true", name="past", remove=True)
        events = self.client.events(
            since=int(begin), until=int(time.time() + 1), decode=True, filters={"container": "past", "event": ["start", "die"]})
        self.assertEqual([event["status"] for event in events], ["start", "die"])
