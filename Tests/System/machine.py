"""What is on the machine: mounts, namespaces, interfaces, cgroups, processes, nft tables, files.

Two snapshots differ in what was left behind. A busy machine changes by itself, so a snapshot belongs to one
`DRYDOCK_HOME`: processes, cgroups and the mounts inside other processes' namespaces count when they have to do with
that home; everything in the machine's own mount and network namespace counts, whoever made it.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import time
from dataclasses import dataclass, field

# Docker and containerd mount and unmount in the machine's own namespace all the time, and so may another test for its home.
_OTHER_ENGINES = re.compile(r"/(docker|containerd)[^ ]*/| /tmp/drydock-test-")
_PLACES = ["/run", "/run/netns", "/run/lock", "/dev/shm", "/var/lib", "/etc/netns", "/var/run"]


def cgroup_parent(home: str) -> str:
    """The name of the cgroup that holds all cgroups of the engine with this home: one for each home (FNV-1a)."""
    if home == "/var/lib/drydock":
        return "drydock"
    value = 2_166_136_261
    for byte in home.encode():
        value = ((value ^ byte) * 16_777_619) & 0xFFFF_FFFF
    return f"drydock-{value:08x}"


def cgroup_directory(pid: int, controller: str) -> str:
    """The directory of a process's cgroup for a controller (`cgroups(7)`), of version 1 where it is there."""
    groups = dict(line.split(":", 2)[1:] for line in read(f"/proc/{pid}/cgroup").splitlines())
    for controllers, path in groups.items():
        if controller in controllers.split(","):
            return f"/sys/fs/cgroup/{controller}{path}"
    return f"/sys/fs/cgroup{groups['']}"


def read(path: str) -> str:
    """A file of /proc or /sys; nothing when it is gone, as they may be at any time."""
    try:
        return pathlib.Path(path).read_text(errors="replace")
    except OSError:
        return ""


def entries(path: str) -> list[str]:
    """What a directory of /proc or /sys has; nothing when it is gone."""
    try:
        return os.listdir(path)
    except OSError:
        return []


def link(path: str) -> str:
    """Where a symbolic link points; nothing when it is gone."""
    try:
        return os.readlink(path)
    except OSError:
        return ""


def output(*arguments: str) -> str:
    """What a program prints."""
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=20)
    if done.returncode != 0:
        raise OSError(f"{' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def process_ids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def processes_of(home: str) -> dict[int, str]:
    """The processes that an engine, or a shell, with this home has made: by environment, cgroup or mounts."""
    parent = cgroup_parent(home)
    found = {}
    for pid in process_ids():
        if pid == os.getpid():
            continue
        if link(f"/proc/{pid}/exe") == "":  # a kernel thread, or gone
            continue
        if f"DRYDOCK_HOME={home}\0" in read(f"/proc/{pid}/environ") + "\0":
            reason = "its environment"
        elif f"/{parent}/" in read(f"/proc/{pid}/cgroup") or f"/{parent}\n" in read(f"/proc/{pid}/cgroup"):
            reason = "its cgroup"
        elif f"{home}/" in read(f"/proc/{pid}/mountinfo"):
            reason = "its mounts"
        else:
            continue
        command = read(f"/proc/{pid}/cmdline").replace("\0", " ").strip()
        found[pid] = f"process {pid} ({command}), by {reason}"
    return found


def namespaces_of(home: str, kind: str) -> set[str]:
    """The namespaces of a kind that the processes of this home are in or hold open, but the machine's own."""
    found = set()
    for pid in processes_of(home):
        found.add(link(f"/proc/{pid}/ns/{kind}"))
        try:
            descriptors = os.listdir(f"/proc/{pid}/fd")
        except OSError:
            continue
        found |= {link(f"/proc/{pid}/fd/{number}") for number in descriptors}
    own = link(f"/proc/self/ns/{kind}")
    return {name for name in found if name.startswith(f"{kind}:[") and name != own}


@dataclass(frozen=True)
class Held:
    """The namespaces that the processes of a home held at a moment.

    The kernel gives a namespace's number to the next one as soon as it is free, so a number alone says nothing later:
    the same namespace can only be held by somebody who was there at the moment already.
    """

    names: frozenset[str]
    moment: int  # clock ticks since boot, as in /proc/PID/stat

    @classmethod
    def by(cls, home: str) -> "Held":
        kinds = ("net", "mnt", "pid", "ipc", "uts", "cgroup")
        return cls(frozenset().union(*(namespaces_of(home, kind) for kind in kinds)), now())

    def still(self) -> set[str]:
        """Those that are held still, and who holds them: a process in it, a descriptor, or a mount."""
        found = set()
        for pid in process_ids():
            fields = read(f"/proc/{pid}/stat").rpartition(")")[2].split()
            if not fields or int(fields[19]) > self.moment:
                continue
            names = {line.split()[3] for line in read(f"/proc/{pid}/mountinfo").splitlines() if " nsfs " in line}
            for kind in ("ns", "fd"):
                try:
                    names |= {link(f"/proc/{pid}/{kind}/{name}") for name in os.listdir(f"/proc/{pid}/{kind}")}
                except OSError:
                    pass  # gone, or a kernel thread
            command = read(f"/proc/{pid}/cmdline").replace("\0", " ").strip()
            found |= {f"{name} by process {pid} ({command})" for name in names & self.names}
        return found


NOTHING_HELD = Held(frozenset(), 0)


def now() -> int:
    """Clock ticks since boot."""
    return int(float(read("/proc/uptime").split()[0]) * os.sysconf("SC_CLK_TCK")) + 1


@dataclass
class Snapshot:
    """What there was at a moment: kind of thing → names."""

    things: dict[str, set[str]] = field(default_factory=dict)

    @classmethod
    def take(cls, home: str, held: Held = NOTHING_HELD, place: int | None = None) -> "Snapshot":
        """Looks around.

        - home: whose things are looked for where others' are many.
        - held: the engine's namespaces, found while it ran; one that is held still is seen.
        - place: a process whose mount and network namespace are taken for the machine's; this one's by default.
        """
        where = f"/proc/{place or os.getpid()}"
        enter = ["nsenter", "-t", str(place), "-n"] if place else []
        parent = cgroup_parent(home)
        return cls({
            "mount": {line.split(" - ")[0].split(" ", 4)[4] + " - " + line.split(" - ")[1]
                      for line in read(f"{where}/mountinfo").splitlines()
                      if home in line or not _OTHER_ENGINES.search(line)},
            "process": set(processes_of(home).values()),
            "cgroup": {path for path, _, _ in os.walk("/sys/fs/cgroup") if f"/{parent}" in path},
            "interface": {item["ifname"] for item in json.loads(output(*enter, "ip", "-j", "link"))},
            "named network namespace": set(output(*enter, "ip", "netns").split("\n")) - {""},
            "nft table": set(output(*enter, "nft", "list", "tables").splitlines()),
            "namespace": held.still(),
            "file": {str(path) for place in _PLACES if os.path.isdir(place) for path in pathlib.Path(place).iterdir()
                     if "drydock" in path.name},
        })

    def since(self, before: "Snapshot") -> list[str]:
        """What is here now and was not then."""
        return [f"{kind}: {name}" for kind, names in self.things.items()
                for name in sorted(names - before.things.get(kind, set()))]


def left_behind(before: Snapshot, home: str, held: Held = NOTHING_HELD, seconds: float = 10) -> list[str]:
    """What is still there since a snapshot, after the kernel had time to finish.

    It destroys namespaces later; and the bodies of processes whose engine was killed stay until the machine's init
    collects them, which takes seconds with some.
    """
    deadline = time.monotonic() + seconds
    while True:
        left = Snapshot.take(home, held).since(before)
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.05)
