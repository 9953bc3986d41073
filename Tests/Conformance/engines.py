"""The engines that cases run against: a real Docker Engine, or Drydock's own.

Whichever it is, the suite speaks to it through the Engine API on a unix socket: to give it the one base image that all
cases share, and to take away after each case whatever that case has left.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tarfile
import tempfile
import time
import urllib.parse
from collections.abc import Iterator

BASE_IMAGE = "busybox:latest"
_PREDEFINED_NETWORKS = {"bridge", "host", "none", "ingress", "docker_gwbridge"}


class EngineError(Exception):
    """An engine that cannot be started, or that refuses what the suite needs."""


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float):
        super().__init__("docker", timeout=timeout)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Engine:
    """A running engine, known by the path of its socket."""

    def __init__(self, socket_path: str):
        self.socket_path = socket_path
        self.base_id = ""

    def request(self, method: str, path: str, body: bytes | None = None, timeout: float = 30) -> tuple[int, bytes]:
        """One API request; gives status and body. Raises OSError if nobody answers in time (seconds)."""
        with contextlib.closing(_UnixConnection(self.socket_path, timeout)) as connection:
            headers = {"Content-Type": "application/x-tar" if body else "application/json"}
            connection.request(method, path, body=body, headers=headers)
            response = connection.getresponse()
            return response.status, response.read()

    def get(self, path: str):
        """The decoded JSON of a GET. Raises EngineError for any status but 200."""
        status, body = self.request("GET", path)
        if status != 200:
            raise EngineError(f"GET {path}: status {status}: {body[:200].decode(errors='replace')}")
        return json.loads(body)

    def listed(self, path: str) -> list[dict]:
        """The objects that a GET lists; none where the engine does not know this kind of object (yet)."""
        status, body = self.request("GET", path)
        if status in (404, 501):
            return []
        if status != 200:
            raise EngineError(f"GET {path}: status {status}: {body[:200].decode(errors='replace')}")
        objects = json.loads(body)
        return (objects.get("Volumes") if isinstance(objects, dict) else objects) or []

    def is_up(self) -> bool:
        try:
            return self.request("GET", "/_ping", timeout=5)[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def foreign_objects(self) -> list[str]:
        """What stands in the engine that this suite would remove."""
        objects = [f"container {item['Names'][0].lstrip('/')}" for item in self.listed("/containers/json?all=1")]
        for image in self.listed("/images/json"):
            objects += [f"image {tag}" for tag in image.get("RepoTags") or [] if tag not in (BASE_IMAGE, "<none>:<none>")]
        objects += [f"volume {item['Name']}" for item in self.listed("/volumes")]
        objects += [f"network {item['Name']}" for item in self.listed("/networks") if item["Name"] not in _PREDEFINED_NETWORKS]
        return objects

    def ensure_base_image(self) -> None:
        """Imports the base image if the engine has none, and remembers its ID."""
        quoted = urllib.parse.quote(BASE_IMAGE, safe="")
        status, body = self.request("GET", f"/images/{quoted}/json")
        if status == 404:
            change = urllib.parse.quote('CMD ["sh"]')
            path = f"/images/create?fromSrc=-&repo=busybox&tag=latest&changes={change}"
            status, body = self.request("POST", path, body=base_archive(), timeout=60)
            if status != 200:
                raise EngineError(f"cannot import {BASE_IMAGE}: status {status}: {body[:300].decode(errors='replace')}")
            status, body = self.request("GET", f"/images/{quoted}/json")
        if status != 200:
            raise EngineError(f"cannot inspect {BASE_IMAGE}: status {status}: {body[:300].decode(errors='replace')}")
        self.base_id = json.loads(body)["Id"]

    def clear(self) -> None:
        """Removes all containers, networks, volumes and images, except the base image once there is one."""
        for container in self.listed("/containers/json?all=1"):
            if container.get("State") == "paused":
                self.request("POST", f"/containers/{container['Id']}/unpause")
            self.request("DELETE", f"/containers/{container['Id']}?force=1&v=1")
        for network in self.listed("/networks"):
            if network["Name"] not in _PREDEFINED_NETWORKS:
                self.request("DELETE", f"/networks/{network['Id']}")
        for volume in self.listed("/volumes"):
            self.request("DELETE", f"/volumes/{urllib.parse.quote(volume['Name'])}?force=1")
        for _ in range(5):  # children go before their parents, so it may take several rounds
            foreign = [image for image in self.listed("/images/json?all=1") if image["Id"] != self.base_id]
            if not foreign:
                break
            for image in foreign:
                self.request("DELETE", f"/images/{image['Id']}?force=1")
        if not self.base_id:
            return
        tags = [tag for image in self.listed("/images/json") for tag in image.get("RepoTags") or []]
        for tag in tags:
            if tag not in (BASE_IMAGE, "<none>:<none>"):
                self.request("DELETE", f"/images/{urllib.parse.quote(tag, safe='')}")
        if BASE_IMAGE not in tags:
            status, _ = self.request("POST", f"/images/{self.base_id}/tag?repo=busybox&tag=latest")
            if status != 201:
                self.ensure_base_image()

    def facts(self) -> dict[str, str]:
        """Values that belong to this engine and this host, as value → placeholder."""
        version, info = self.get("/version"), self.get("/info")
        found = {
            version.get("Version"): "<version>",
            version.get("GitCommit"): "<commit>",
            version.get("GoVersion"): "<go-version>",
            version.get("BuildTime"): "<build-time>",
            version.get("KernelVersion"): "<kernel>",
            info.get("OperatingSystem"): "<os>",
            info.get("DockerRootDir"): "<root>",
            info.get("ID"): "<engine-id>",
            str(info.get("MemTotal")): "<memory>",
            self.socket_path: "<socket>",
        }
        for component in version.get("Components") or []:
            name = component["Name"].lower()
            if name != "engine":
                found[component.get("Version")] = f"<{name}-version>"
                found[(component.get("Details") or {}).get("GitCommit")] = f"<{name}-commit>"
        # A value of one to three characters would be found inside of unrelated words.
        return {value: placeholder for value, placeholder in found.items() if value and len(value) > 3}


def base_archive() -> bytes:
    """A tar archive of the base image's root: a static busybox and a link for each of its applets, times zero."""
    busybox = shutil.which("busybox")
    if not busybox:
        raise EngineError("busybox is not installed (Debian: busybox-static), and the base image is made from it")
    applets = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True, timeout=10).stdout.split()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:

        def add(name: str, mode: int, data: bytes = b"", kind: bytes = tarfile.REGTYPE, target: str = "") -> None:
            member = tarfile.TarInfo(name)
            member.mode, member.size, member.type, member.linkname = mode, len(data), kind, target
            archive.addfile(member, io.BytesIO(data))

        for directory in ("bin", "etc", "proc", "sys", "dev", "root"):
            add(directory, 0o755, kind=tarfile.DIRTYPE)
        add("tmp", 0o1777, kind=tarfile.DIRTYPE)
        add("bin/busybox", 0o755, pathlib.Path(busybox).read_bytes())
        for applet in sorted(applets):
            if applet != "busybox":
                add(f"bin/{applet}", 0o777, kind=tarfile.SYMTYPE, target="busybox")
        add("etc/passwd", 0o644, b"root:x:0:0:root:/root:/bin/sh\n")
        add("etc/group", 0o644, b"root:x:0:\n")
    return buffer.getvalue()


def _wait_until_up(engine: Engine, seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not engine.is_up():
        if time.monotonic() > deadline:
            raise EngineError(f"{what} did not answer on {engine.socket_path} within {seconds:.0f} s")
        time.sleep(0.2)


def _unmount_below(directory: pathlib.Path) -> None:
    """Unmounts what an engine has left below its directory: it keeps the host's network namespace mounted there."""
    points = [line.split()[4] for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines()]
    for point in reversed(points):
        if point.startswith(f"{directory}/"):
            subprocess.run(["umount", point], timeout=10, check=False)


@contextlib.contextmanager
def real_engine() -> Iterator[Engine]:
    """A Docker Engine started for this run alone: own data, own network namespace, nothing of the host's. Needs root."""
    for tool in ("dockerd", "containerd", "runc", "iptables", "ip", "nsenter"):
        if not shutil.which(tool):
            raise EngineError(f"{tool} is not installed: a real Docker Engine is needed to record (or name one with --peer)")
    directory = pathlib.Path(tempfile.mkdtemp(prefix="conformance-engine-"))
    namespace = directory.name
    daemon = None
    try:
        subprocess.run(["ip", "netns", "add", namespace], check=True, timeout=10)
        subprocess.run(["ip", "-n", namespace, "link", "set", "lo", "up"], check=True, timeout=10)
        socket_path = directory / "docker.sock"
        with (directory / "log").open("wb") as log:
            daemon = subprocess.Popen(
                ["nsenter", f"--net=/run/netns/{namespace}", "dockerd", "--data-root", directory / "data",
                 "--exec-root", directory / "exec", "-H", f"unix://{socket_path}", "-p", directory / "pid"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        engine = Engine(str(socket_path))
        _wait_until_up(engine, 60, "the real engine")
        yield engine
    finally:
        if daemon:
            daemon.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                daemon.wait(30)
        subprocess.run(["ip", "netns", "del", namespace], timeout=10, check=False)
        _unmount_below(directory)
        shutil.rmtree(directory, ignore_errors=True)


@contextlib.contextmanager
def drydock_engine(program: pathlib.Path) -> Iterator[Engine]:
    """Drydock's engine, started for this run alone with a home of its own and no way out of the machine."""
    if not os.access(program, os.X_OK):
        raise EngineError(f"{program} does not exist: build it first (bin/drydock), or name another with --drydock")
    home = pathlib.Path(tempfile.mkdtemp(prefix="conformance-drydock-"))
    environment = os.environ | {"DRYDOCK_HOME": str(home), "DRYDOCK_UPLINK": "none"}
    environment.pop("DOCKER_HOST", None)

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [program, "engine", *arguments], env=environment, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
        )
        if done.returncode != 0:
            raise EngineError(f"drydock engine {' '.join(arguments)}: exit {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    try:
        run("start")
        status = run("status")
        paths = [path for path in re.findall(r"/[^\s'\",]+", status) if pathlib.Path("/" + path.lstrip("/")).is_socket()]
        if not paths:
            raise EngineError(f"drydock engine status names no socket: {status!r}")
        engine = Engine("/" + paths[0].lstrip("/"))
        _wait_until_up(engine, 30, "Drydock's engine")
        yield engine
    finally:
        for command in ("stop", "reset"):
            with contextlib.suppress(EngineError, subprocess.TimeoutExpired):
                run(command)
        shutil.rmtree(home, ignore_errors=True)
