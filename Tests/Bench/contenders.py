"""What is measured: ways to run one container, and how long one run of each takes.

A contender is set up once and then asked again and again for the seconds that one run took. What is not on the machine
is left out, and said so.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

_TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path += [str(_TESTS / "System"), str(_TESTS / "Conformance")]

import engines  # noqa: E402
from harness import PROGRAM, Lab, real_client  # noqa: E402
from terminal import Terminal  # noqa: E402

# One line of each task, as typed; a contender may have another way to the same end.
TASKS = {
    "docker run --rm busybox true": "a container with its network, start to end",
    "docker run --rm --network none busybox true": "the same without a network",
    "docker exec box true": "a second process in a container that runs",
    "docker ps": "one container listed",
}
RUN, RUN_ALONE, EXEC, LIST = TASKS


@dataclass
class Contender:
    """A way to do some of the tasks."""

    name: str
    runs: dict[str, Callable[[], float]]
    times: dict[str, list[float]] = field(default_factory=dict)

    def measure(self, task: str) -> None:
        """Does a task once and keeps how long it took, seconds."""
        self.times.setdefault(task, []).append(self.runs[task]())


def process(arguments: list[str], environment: dict[str, str] | None = None) -> Callable[[], float]:
    """A program, from its start to its end; it must end well."""

    def run() -> float:
        begin = time.perf_counter()
        done = subprocess.run(arguments, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, timeout=60)
        taken = time.perf_counter() - begin
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(arguments)}: {done.stderr.decode(errors='replace').strip()}")
        return taken

    return run


class TypedLine:
    """A line at the prompt of a running shell: from Enter to the next prompt. Typing it is not counted."""

    _PROMPT = re.compile(rb"node1> (?:\x1b\[[0-9;?]*[A-Za-z])*$")

    def __init__(self, shell: Terminal):
        self.shell = shell
        shell.prompt()

    def run(self, line: str) -> float:
        self._read_until(lambda data: False, 0.0)
        self.shell.send(line)
        # The editor has taken the last character once it is shown; only Enter is left to be typed.
        self._read_until(lambda data: False, 0.02)
        begin = time.perf_counter()
        self.shell.send("\r")
        data = self._read_until(lambda data: self._PROMPT.search(data) is not None, 60)
        taken = time.perf_counter() - begin
        if b"Error" in data or b"rror response" in data:
            raise RuntimeError(f"{line}: {data.decode(errors='replace')}")
        return taken

    def _read_until(self, complete: Callable[[bytes], bool], seconds: float) -> bytes:
        data = b""
        deadline = time.perf_counter() + seconds
        while not complete(data):
            left = deadline - time.perf_counter()
            if not select.select([self.shell.master], [], [], max(left, 0))[0]:
                if seconds < 1:
                    return data
                raise RuntimeError(f"no prompt within {seconds} s: {data[-500:].decode(errors='replace')}")
            data += os.read(self.shell.master, 65536)
        return data


@contextlib.contextmanager
def drydock() -> Iterator[list[Contender]]:
    """Drydock: typed in its shell, as a program, and under the real client."""
    lab = Lab()
    with contextlib.ExitStack() as stack:
        stack.callback(lab.remove)
        lab.start_engine()
        if lab.docker("run", "-d", "--name", "box", "busybox", "sleep", "100000").code != 0:
            raise RuntimeError("drydock could not start a container; try: drydock doctor")
        contenders = []
        for name, level in (("drydock, typed in its shell", "off"), ("  and narrated (adaptive)", "adaptive"),
                            ("  and narrated (full)", "full")):
            typed = TypedLine(stack.enter_context(lab.shell("--narrate", level)))
            contenders.append(Contender(name, {
                task: (lambda typed=typed, task=task: typed.run(task)) for task in TASKS}))
        contenders.append(Contender("drydock docker, a process each", {
            task: process([PROGRAM, *task.split()], lab.environment) for task in TASKS}))
        if client := real_client():
            contenders.append(Contender("docker's client on drydock's engine", {
                task: process([client, *task.split()[1:]], lab.client_environment) for task in TASKS}))
        yield contenders


@contextlib.contextmanager
def docker(start: bool) -> Iterator[list[Contender]]:
    """A real Docker Engine: the one that DOCKER_PEER names, or one that is started with data and network of its own.

    The machine's own is never used: nothing is to be run there that nobody asked for.
    """
    client = real_client()
    named = os.environ.get("DOCKER_PEER", "").removeprefix("unix://")
    if not client or not (named or start):
        yield []
        return
    with contextlib.ExitStack() as stack:
        engine = engines.Engine(named) if named else stack.enter_context(engines.real_engine())
        if not engine.is_up():
            raise RuntimeError(f"no Docker Engine answers on {named}")
        engine.ensure_base_image()
        environment = os.environ | {"DOCKER_HOST": f"unix://{engine.socket_path}"}
        box = f"bench-{os.getpid()}"
        subprocess.run([client, "run", "-d", "--name", box, "busybox", "sleep", "100000"], env=environment, check=True,
                       stdout=subprocess.DEVNULL)
        stack.callback(subprocess.run, [client, "rm", "-f", box], env=environment, stdout=subprocess.DEVNULL)
        version = engine.get("/version")["Version"].split("+")[0]
        yield [Contender(f"Docker {version}", {
            task: process([client, *task.replace("exec box", f"exec {box}").split()[1:]], environment)
            for task in TASKS})]


@contextlib.contextmanager
def others() -> Iterator[list[Contender]]:
    """Programs that run a container from a directory: without an image, an engine, or a network."""
    directory = tempfile.mkdtemp(prefix="drydock-bench-", dir="/tmp")
    contenders = []
    try:
        root = f"{directory}/rootfs"
        busybox = shutil.which("busybox")
        for name in ("bin", "proc", "dev", "sys"):
            os.makedirs(f"{root}/{name}")
        if busybox:
            shutil.copy(busybox, f"{root}/bin/true")
        if busybox and shutil.which("runc"):
            prepare_bundle(directory)
            name = f"bench-{os.getpid()}"
            contenders.append(Contender(f"runc {version_of('runc')}, ready bundle", {
                RUN_ALONE: process(["runc", "run", "--bundle", directory, name])}))
        if shutil.which("podman"):
            contenders += podman(directory)
        if busybox and shutil.which("bwrap"):
            contenders.append(Contender(f"bubblewrap {version_of('bwrap')}, bind mounts", {
                RUN_ALONE: process(["bwrap", "--unshare-all", "--bind", root, "/", "--proc", "/proc", "--dev", "/dev",
                                    "/bin/true"])}))
        if shutil.which("unshare"):
            contenders.append(Contender("unshare(1), the machine's root", {
                RUN_ALONE: process(["unshare", "-m", "-p", "-f", "-n", "-u", "-i", "--mount-proc", "/bin/true"])}))
        yield contenders
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def podman(directory: str) -> list[Contender]:
    """Podman with a store of its own, if it can run a container here."""
    command = ["podman", "--root", f"{directory}/podman", "--runroot", f"{directory}/podman-run", "--cgroup-manager",
               "cgroupfs"]
    archive = engines.base_archive()
    subprocess.run([*command, "import", "-c", 'CMD ["sh"]', "-", "busybox"], input=archive, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    runs = {RUN_ALONE: process([*command, "run", "--rm", "--network", "none", "busybox", "true"])}
    try:
        runs[RUN_ALONE]()
    except RuntimeError as error:
        print(f"left out: podman, which can't run a container here: {error}", file=sys.stderr)
        return []
    return [Contender(f"podman {version_of('podman')}", runs)]


def prepare_bundle(directory: str) -> None:
    """An OCI bundle whose process is /bin/true, with the namespaces that a container without a network has."""
    subprocess.run(["runc", "spec", "--bundle", directory], check=True)
    path = pathlib.Path(directory, "config.json")
    spec = json.loads(path.read_text())
    spec["process"]["args"] = ["/bin/true"]
    spec["process"]["terminal"] = False
    # The rlimit of runc's template may be more than this machine's root may give itself.
    spec["process"]["rlimits"] = []
    path.write_text(json.dumps(spec))


def version_of(program: str) -> str:
    said = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
    found = re.search(r"\d+(\.\d+)+", said)
    return found[0] if found else ""
