"""What a container sees of itself, asked in the same words of our engine and of a real Docker Engine.

`python3 Tests/System/inside.py unix:///run/docker.sock` records the real one's answers in `recorded/inside.json`. It
needs an image `busybox` there, and removes its containers.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

RECORDED = pathlib.Path(__file__).with_name("recorded") / "inside.json"

# What is asked, by name. `-t` gives the container a terminal.
QUESTIONS = {
    "mount": ([], "mount"),
    "mount, with a terminal": (["-t"], "mount"),
    "dev": ([], "ls -la /dev /dev/shm /dev/mqueue"),
    "dev, with a terminal": (["-t"], "ls -la /dev /dev/pts"),
    "status": ([], "grep -E '^(Cap|Seccomp|NoNewPrivs)' /proc/self/status"),
    "status of another user": (["-u", "1000:1000"], "grep -E '^(Cap|Seccomp|NoNewPrivs)' /proc/self/status"),
    "kernel parameters": ([], "cd /proc/sys/net/ipv4; cat ip_unprivileged_port_start ping_group_range"),
    "read-only files": ([], "for f in /proc/sys/kernel/domainname /proc/sysrq-trigger /sys/power; do "
                            "touch $f 2>/dev/null && echo $f writable || echo $f not; done"),
    "environment": (["-h", "boat"], "env | sort"),
    "hosts": (["-h", "boat"], "cat /etc/hostname; cut -f2 /etc/hosts"),
}


def ask(client: list[str], environment: dict[str, str]) -> dict[str, list[str]]:
    """Asks all questions with a docker client; gives the normalised answers."""
    answers = {}
    for name, (options, script) in QUESTIONS.items():
        done = subprocess.run([*client, "run", "--rm", *options, "busybox", "sh", "-c", script], env=environment,
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"{name}: {done.stderr}")
        answers[name] = normalised(done.stdout)
    return answers


def normalised(text: str) -> list[str]:
    """The lines of an answer, without what belongs to one machine or one moment."""
    lines = []
    for line in text.replace("\r", "").splitlines():
        line = re.sub(r"^\S+ on (/etc/\S+) type \w+ \((r[wo]),.*\)$", r"<disk> on \1 (\2)", line)
        line = re.sub(r"^(overlay on / type overlay \(rw,relatime),.*\)$", r"\1,<layers>)", line)
        line = re.sub(r"[A-Z][a-z]{2} [ \d]\d (?:\d\d:\d\d| \d{4})", "<date>", line)
        # ls: links, owner and size of a directory depend on the file system; group 5 is "tty" where /etc/group says so.
        line = re.sub(r"^(d\S+)\s+\d+ (\w+)\s+(\w+)\s+\d+ <date> \.\.$", r"\1 \2 \3 ..", line)
        line = re.sub(r"^(d\S+)\s+\d+ (\w+)\s+(\w+)\s+\d+", r"\1 \2 \3", line)
        line = re.sub(r"\b(root\s+)tty\b", r"\g<1>5", line)
        line = re.sub(r"[ \t]+", " ", line)
        if not re.match(r"total \d+$", line):
            lines.append(line)
    return lines


def record(host: str) -> None:
    client = shutil.which("docker")
    if not client:
        sys.exit("there is no docker client on this machine")
    environment = os.environ | {"DOCKER_HOST": host}
    version = subprocess.run([client, "version", "--format", "{{.Server.Version}}"], env=environment, check=True,
                             capture_output=True, text=True).stdout.strip()
    hybrid = os.path.isdir("/sys/fs/cgroup/unified")
    cgroups = "v2" if os.path.exists("/sys/fs/cgroup/cgroup.controllers") else "hybrid" if hybrid else "v1"
    RECORDED.parent.mkdir(exist_ok=True)
    RECORDED.write_text(json.dumps({"engine": version, "cgroups": cgroups, "answers": ask([client], environment)},
                                   indent=1) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    record(sys.argv[1])
