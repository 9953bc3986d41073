"""Compares what a learner waits for with what other programs need for the same.

    bin/bench                      Drydock beside what is installed: runc, bubblewrap, podman, unshare
    bin/bench --images             storing 200 MB of layers instead, with the memory that it takes
    bin/bench --peer               and a real Docker Engine, started for it (data and network of its own; root)
    DOCKER_PEER=PATH bin/bench     and the Docker Engine on that socket

The runs are interleaved: in each round every contender does every task once, so that what disturbs the machine disturbs
all of them. Absolute times differ between machines and hours; what counts is the ratio within one table.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import statistics
import sys
import time

import contenders
import images
from contenders import TASKS, Contender

# What we want on the machine that the design was measured on, milliseconds.
GOALS = {contenders.RUN: 12, contenders.EXEC: 5, contenders.LIST: 5}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", action="store_true", help="start a real Docker Engine to compare with")
    parser.add_argument("--images", action="store_true", help="measure the storing of images instead of containers")
    parser.add_argument("--rounds", type=int, default=31, help="runs of each, at most (default: 31)")
    parser.add_argument("--seconds", type=float, default=75, help="begin no round after so long (default: 75)")
    parser.add_argument("--json", action="store_true", help="print all times, in seconds, instead of the table")
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        print("bench: real containers need root so far", file=sys.stderr)
        return 1
    if arguments.images:
        print(images.measure(arguments.peer, min(arguments.rounds, 5)))
        return 0
    with contextlib.ExitStack() as stack:
        found: list[Contender] = []
        for group in (contenders.drydock(), contenders.docker(arguments.peer), contenders.others()):
            found += stack.enter_context(group)
        rounds = measure(found, arguments.rounds, arguments.seconds)
    if arguments.json:
        json.dump({contender.name.strip(): contender.times for contender in found}, sys.stdout, indent=1)
        print()
    else:
        print(table(found, rounds))
    return 0


def measure(found: list[Contender], most: int, seconds: float) -> int:
    """Runs the rounds; the first warms up and does not count. Gives how many counted."""
    begin = time.monotonic()
    for number in range(most + 1):
        for task in TASKS:
            for contender in found:
                if task in contender.runs:
                    contender.measure(task)
        if number == 0:
            for contender in found:
                contender.times.clear()
        elif time.monotonic() - begin > seconds:
            return number
    return most


def table(found: list[Contender], rounds: int) -> str:
    """The table: for each task the median and quickest time of each contender, and its ratio to the first."""
    load = os.getloadavg()[0]
    lines = [f"Linux {platform.release()}, {os.cpu_count()} processors, load {load:.1f}, "
             f"{time.strftime('%Y-%m-%d')}; {rounds} rounds, interleaved"]
    if load > os.cpu_count():
        lines.append("The machine is busy with other things: the times are too long, the ratios are rough.")
    for task, meaning in TASKS.items():
        lines += ["", f"{task}   ({meaning})", f"  {'':<38}{'median':>10}{'quickest':>11}{'ratio':>8}"]
        first = None
        for contender in found:
            if times := contender.times.get(task):
                median = statistics.median(times)
                first = first or median
                lines.append(f"  {contender.name:<38}{median * 1000:>7.1f} ms{min(times) * 1000:>8.1f} ms"
                             f"{median / first:>8.2f}")
        if task in GOALS and first:
            met = "met" if first * 1000 <= GOALS[task] else "missed"
            lines.append(f"  goal: {GOALS[task]} ms on a quiet machine, {met}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
