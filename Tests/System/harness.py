"""The lab that the tests work in: the built program with a home of its own, under /tmp, gone afterwards.

`DRYDOCK_PROGRAM` names another program than this checkout's release build.
"""

from __future__ import annotations

import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
from dataclasses import dataclass

import machine
from terminal import Terminal

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("DRYDOCK_PROGRAM") or str(ROOT / ".build/release/drydock")
# The tests of other programs never meet the engine that the user's environment names.
_ENVIRONMENT = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LANG": "C.UTF-8", "TERM": "xterm",
                "DRYDOCK_LANG": "en", "DRYDOCK_UPLINK": "none"}


def real_client() -> str | None:
    """The docker client to be tested with: a new one where somebody has put it, else that on the PATH."""
    local = "/usr/local/bin/docker"
    return local if os.access(local, os.X_OK) else shutil.which("docker")


@dataclass
class Result:
    """How a program ended, and what it printed."""

    code: int
    out: str
    err: str


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: str, timeout: float = 20):
        super().__init__("drydock", timeout=timeout)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Lab:
    """A home for an engine, the engine, and the ways to speak to it."""

    def __init__(self) -> None:
        self.home = tempfile.mkdtemp(prefix="drydock-test-", dir="/tmp")
        self.socket = f"{self.home}/node1.sock"
        self.client_home = tempfile.mkdtemp(prefix="drydock-client-", dir="/tmp")
        # What comes before each of our own programs: how to get to another machine.
        self.on: list[str] = []
        self.environment = _ENVIRONMENT | {"DRYDOCK_HOME": self.home, "HOME": self.client_home}
        self.client_environment = _ENVIRONMENT | {
            "HOME": self.client_home, "DOCKER_CONFIG": f"{self.client_home}/.docker",
            "DOCKER_HOST": f"unix://{self.socket}"}

    # Programs

    def drydock(self, *arguments: str, input: str | bytes | None = None, timeout: float = 60) -> Result:
        """Runs the program under test."""
        return self._run([*self.on, PROGRAM, *arguments], self.environment, input, timeout)

    def docker(self, *arguments: str, input: str | bytes | None = None, timeout: float = 60) -> Result:
        """Runs `drydock docker …`."""
        return self.drydock("docker", *arguments, input=input, timeout=timeout)

    def client(self, *arguments: str, input: str | bytes | None = None, timeout: float = 60) -> Result:
        """Runs the real docker client against our socket."""
        return self._run([real_client(), *arguments], self.client_environment, input, timeout)

    def line(self, *lines: str, level: str = "adaptive") -> Result:
        """Runs lines of the shell."""
        return self.drydock("--narrate", level, *(word for line in lines for word in ("-c", line)))

    def shell(self, *arguments: str, **options) -> Terminal:
        """The shell, on a terminal; the caller closes it."""
        return Terminal([PROGRAM, *arguments], self.environment, **options)

    def terminal(self, *arguments: str, **options) -> Terminal:
        """The real docker client on a terminal, against our socket; the caller closes it."""
        return Terminal([real_client(), *arguments], self.client_environment, **options)

    def start(self, *arguments: str, **options) -> subprocess.Popen:
        """Starts `drydock docker …` and goes on; pipes are binary."""
        return subprocess.Popen([PROGRAM, "docker", *arguments], env=self.environment, **options)

    @staticmethod
    def _run(arguments: list[str], environment: dict[str, str], input: str | bytes | None, timeout: float) -> Result:
        data = input.encode() if isinstance(input, str) else input
        source = {"input": data} if data is not None else {"stdin": subprocess.DEVNULL}
        done = subprocess.run(arguments, env=environment, capture_output=True, timeout=timeout, **source)
        return Result(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))

    # The engine

    def request(self, method: str, path: str, body: bytes | dict | None = None, headers: dict | None = None,
                timeout: float = 20) -> tuple[int, dict[str, str], bytes]:
        """One request to the engine's socket; gives status, headers (by lower-case name) and body."""
        headers = dict(headers or {})
        if isinstance(body, dict):
            body = json.dumps(body).encode()
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        connection = UnixConnection(self.socket, timeout)
        try:
            connection.request(method, path, body=body, headers=headers)
            response = connection.getresponse()
            return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
        finally:
            connection.close()

    def get(self, path: str):
        """The decoded JSON of a GET."""
        status, _, body = self.request("GET", path)
        if status != 200:
            raise AssertionError(f"GET {path}: {status}: {body[:300]}")
        return json.loads(body)

    def steps(self, *operations: str) -> list[dict]:
        """The records of the step stream: of all operations, or of some."""
        query = "&".join(f"operation={name}" for name in operations)
        _, _, body = self.request("GET", f"/drydock/steps?{query}")
        return [json.loads(line) for line in body.splitlines()]

    def inspect(self, name: str) -> dict:
        """What the engine says of a container."""
        return self.get(f"/containers/{name}/json")

    def pid_of(self, name: str) -> int:
        """The process number of a container's first process, on the machine."""
        return self.inspect(name)["State"]["Pid"]

    def remove_containers(self) -> None:
        """Removes all containers, running or not, until there are none."""

        def all_gone() -> bool:
            containers = self.get("/containers/json?all=1")
            for container in containers:
                self.request("DELETE", f"/containers/{container['Id']}?force=1&v=1")
            return not containers

        wait_until(all_gone, message="containers that were removed did not go")

    def start_engine(self) -> None:
        """Starts the engine, if none runs."""
        done = self.drydock("engine", "start")
        if done.code != 0:
            raise AssertionError(f"drydock engine start: {done.err}")

    @property
    def engine_pid(self) -> int:
        """The engine's process number, from who holds the other end of its socket (SO_PEERCRED)."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(self.socket)
            return int.from_bytes(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)[:4], "little")

    def kill_engine(self) -> int:
        """Kills the engine with SIGKILL, and waits until it is gone; gives its process number."""
        pid = self.engine_pid
        os.kill(pid, signal.SIGKILL)
        # Its first thread may be a zombie while others, still ending, keep its sockets open: all must be.
        wait_until(lambda: all("State:\tZ" in machine.read(f"/proc/{pid}/task/{thread}/status")
                               for thread in machine.entries(f"/proc/{pid}/task")))
        return pid

    def reset(self) -> Result:
        """`drydock engine reset`."""
        return self.drydock("engine", "reset")

    def remove(self) -> None:
        """Takes all away, whatever state a test has left it in."""
        done = self.reset()
        for pid in machine.processes_of(self.home):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.rmtree(self.client_home, ignore_errors=True)
        if done.code != 0:
            raise AssertionError(f"drydock engine reset: {done.err}")


def wait_until(condition, seconds: float = 10, message: str = "it did not become true") -> None:
    """Waits until something is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{message} within {seconds} s")
        time.sleep(0.01)


class LabTest(unittest.TestCase):
    """Tests that share a lab with a running engine. Containers are removed after each."""

    lab: Lab

    @classmethod
    def setUpClass(cls) -> None:
        if os.geteuid() != 0:
            raise unittest.SkipTest("real containers need root so far")
        if not os.access(PROGRAM, os.X_OK):
            raise unittest.SkipTest(f"there is no program {PROGRAM}; bin/drydock builds it")
        cls.lab = Lab()
        cls.addClassCleanup(cls.lab.remove)
        cls.lab.start_engine()

    def tearDown(self) -> None:
        try:
            self.lab.remove_containers()
        except (OSError, http.client.HTTPException):
            pass  # a test may have ended the engine; what is left of it then, the removal of the lab finds

    def assertSucceeds(self, result: Result, out: str | None = None) -> Result:
        """That a program ended with 0, and printed just this."""
        self.assertEqual(result.code, 0, f"{result.out[-1000:]}\n{result.err[-1000:]}")
        if out is not None:
            self.assertEqual(result.out, out)
        return result


def needs_real_client(test):
    """Skips a test, or a class of them, where there is no docker client."""
    return unittest.skipUnless(real_client(), "there is no docker client on this machine")(test)
