"""Storing images: how long `docker load` of 200 MB of layers takes, and how much memory the engine needs for it."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable

_TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path += [str(_TESTS / "System"), str(_TESTS / "Conformance")]

import engines  # noqa: E402
from harness import PROGRAM, Lab, real_client  # noqa: E402

NAME = "bench/images:1"
LAYERS = 5
LAYER_BYTES = 40_000_000
#: What the engine's memory may grow by, whatever the size of the layers.
MEMORY_GOAL = 64 << 20


def archive(path: str) -> None:
    """Writes an archive as `docker save` does: layers of files of many sizes, half of them random bytes."""
    source = random.Random(1)
    layers = [_layer(source, number) for number in range(LAYERS)]
    config = json.dumps({
        "architecture": "amd64" if os.uname().machine == "x86_64" else "arm64", "os": "linux",
        "config": {"Cmd": ["true"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(data).hexdigest()}" for data in layers]},
    }).encode()
    image = hashlib.sha256(config).hexdigest()
    names = [f"{hashlib.sha256(data).hexdigest()}/layer.tar" for data in layers]
    manifest = json.dumps([{"Config": f"{image}.json", "RepoTags": [NAME], "Layers": names}]).encode()
    with tarfile.open(path, "w") as out:
        for name, data in [(f"{image}.json", config), *zip(names, layers), ("manifest.json", manifest)]:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            out.addfile(info, io.BytesIO(data))


def _layer(source: random.Random, number: int) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as layer:
        left, count = LAYER_BYTES, 0
        while left > 0:
            size = min(left, source.choice([200, 2_000, 20_000, 200_000, 2_000_000]))
            data = source.randbytes(size) if count % 2 else b"words and more words\n" * (size // 21 + 1)
            info = tarfile.TarInfo(f"usr/share/layer{number}/{count % 40}/file{count}")
            info.size = size
            layer.addfile(info, io.BytesIO(data[:size]))
            left -= size
            count += 1
    return out.getvalue()


def measure(peer: bool, rounds: int) -> str:
    """Runs the rounds, interleaved, and gives the table."""
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="drydock-bench-", dir="/tmp"))
        path = f"{directory}/images.tar"
        archive(path)
        lab = Lab()
        stack.callback(lab.remove)
        lab.start_engine()
        contenders: dict[str, tuple[list[str], dict[str, str]]] = {
            "drydock docker load": ([PROGRAM, "docker"], lab.environment)}
        if client := real_client():
            contenders["docker's client on drydock's engine"] = ([client], lab.client_environment)
            named = os.environ.get("DOCKER_PEER", "").removeprefix("unix://")
            if peer or named:
                engine = engines.Engine(named) if named else stack.enter_context(engines.real_engine())
                version = engine.get("/version")["Version"].split("+")[0]
                contenders[f"Docker {version}"] = (
                    [client], os.environ | {"DOCKER_HOST": f"unix://{engine.socket_path}"})
        before = _memory(lab.engine_pid, "VmRSS")
        times: dict[str, list[float]] = {name: [] for name in contenders}
        for _ in range(rounds):
            for name, (command, environment) in contenders.items():
                os.sync()
                times[name].append(_time(lambda: _run([*command, "load", "-q", "-i", path], environment)))
                _run([*command, "rmi", "-f", NAME], environment)
        growth = _memory(lab.engine_pid, "VmHWM") - before
    return _table(times, rounds, growth)


def _time(work: Callable[[], None]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def _run(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")


def _memory(pid: int, member: str) -> int:
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{member}:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"process {pid} has no {member}")


def _table(times: dict[str, list[float]], rounds: int, growth: int) -> str:
    size = LAYERS * LAYER_BYTES / 1e6
    lines = [f"docker load   ({size:.0f} MB in {LAYERS} layers; {rounds} rounds, interleaved)",
             f"  {'':<38}{'median':>10}{'quickest':>11}{'ratio':>8}{'rate':>11}"]
    first = statistics.median(next(iter(times.values())))
    for name, taken in times.items():
        median = statistics.median(taken)
        lines.append(f"  {name:<38}{median:>8.2f} s{min(taken):>9.2f} s{median / first:>8.2f}{size / median:>6.0f} MB/s")
    verdict = "within" if growth <= MEMORY_GOAL else "MORE THAN"
    lines.append(f"  the engine's memory grew by {growth / (1 << 20):.1f} MiB at most, {verdict} the "
                 f"{MEMORY_GOAL >> 20} MiB allowed")
    return "\n".join(lines)
