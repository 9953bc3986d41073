#!/usr/bin/env python3
"""Proves every lesson of the course: `drydock lesson test`, two lessons at a time, each in a network of its own.

    python3 Tests/Lessons/run.py                 all
    python3 Tests/Lessons/run.py 14-bridge …     these

Ports of the machine (8080, the lab's registry at 5000) are then free for each, and nothing can leave the machine. A lesson
that was skipped, because the machine lacks something, counts as failed unless SKIPS=allowed says otherwise: a course
that nobody proves is not proven. What failed is tried once more, alone; what passes then is named as unsteady.
"""

from __future__ import annotations

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("DRYDOCK_PROGRAM") or str(ROOT / ".build/release/drydock")
_OWN_NETWORK = ["unshare", "--net", "--", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
LESSON_SECONDS = 600
_COUNTS = ("checks", "answers", "other ways", "near misses")


def prove(lesson: str) -> tuple[bool, str]:
    """Proves one lesson; gives whether it was, and what was printed."""
    command = _OWN_NETWORK + [PROGRAM, "lesson", "test", "--course", str(ROOT / "lessons"), lesson]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
                              timeout=LESSON_SECONDS, env=os.environ | {"DRYDOCK_UPLINK": "none"})
    except subprocess.TimeoutExpired as late:
        return False, f"{late.stdout or ''}\nended after {LESSON_SECONDS} s"
    output = done.stdout + done.stderr
    is_skipped = re.search(r"^skipped ", output, re.MULTILINE) is not None
    return done.returncode == 0 and (not is_skipped or os.environ.get("SKIPS") == "allowed"), output


def main() -> int:
    if os.geteuid() != 0:
        print("skipped: the lessons, which need root for real containers")
        return 0
    lessons = sys.argv[1:] or sorted(path.stem for path in (ROOT / "lessons/en").glob("*.md"))
    begin = time.monotonic()
    totals = dict.fromkeys(_COUNTS, 0)
    failed = []
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for lesson, (proven, output) in zip(lessons, pool.map(prove, lessons)):
            lines = output.strip().splitlines() or ["nothing was printed"]
            print("\n".join(lines[:-1] if proven else lines), flush=True)
            if not proven:
                failed.append(lesson)
            for name in _COUNTS:
                totals[name] += sum(int(n) for n in re.findall(rf"^\S+ \S+: .*?(\d+) {name}", output, re.MULTILINE))
    twice = []
    for lesson in failed:
        proven, output = prove(lesson)
        print(f"unsteady: {lesson} failed, and was proven when it was tried again alone" if proven else output)
        if not proven:
            twice.append(lesson)
    for lesson in twice:
        print(f"failed twice: {lesson}")
    print(f"{len(lessons)} lessons in {time.monotonic() - begin:.0f} s: "
          + ", ".join(f"{count} {name}" for name, count in totals.items()))
    print(f"{len(lessons) - len(twice)} passed, {len(twice)} failed")
    return 1 if twice or not lessons else 0


if __name__ == "__main__":
    sys.exit(main())
