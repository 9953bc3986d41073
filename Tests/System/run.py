#!/usr/bin/env python3
"""Runs the tests of the built program: two files at a time, each in a process and a network of its own.

    python3 Tests/System/run.py                 all
    python3 Tests/System/run.py test_inside …   these files

A file that says ``ALONE = True`` measures the machine, or fills it: it runs after the others, by itself. What failed is
tried once more, alone. A test that fails twice is a failure; one that passes then is named as unsteady, so that it is
seen and mended, but a neighbour's load on a shared machine is not taken for a fault of the program.
"""

from __future__ import annotations

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
#: Each run has a network namespace of its own, with a loopback and no way out: two runs never want the same port, and
#: nothing that a test sends can leave the machine.
_OWN_NETWORK = ["unshare", "--net", "--", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
#: Longer than any file takes on a slow machine; then it hangs, and its process group is ended.
FILE_SECONDS = 600
_RESULT = re.compile(r"^Ran (\d+) tests? in ([\d.]+)s$", re.MULTILINE)
_SKIPPED = re.compile(r"skipped=(\d+)")
_BAD = re.compile(r"^(?:FAIL|ERROR|UNEXPECTED SUCCESS): (\S+) \((\S+?)\)", re.MULTILINE)


class Outcome:
    """What one run of unittest over some tests printed, and what follows from it."""

    def __init__(self, names: list[str], code: int, output: str, seconds: float):
        self.names, self.code, self.output, self.seconds = names, code, output, seconds
        found = _RESULT.search(output)
        skipped = _SKIPPED.search(output)
        self.count = int(found.group(1)) if found else 0
        self.skipped = int(skipped.group(1)) if skipped else 0

    @property
    def bad(self) -> list[str]:
        """The tests that failed, as unittest takes them as arguments; the whole run where no single one is to blame."""
        if self.code == 0:
            return []
        tests = set()
        for method, place in _BAD.findall(self.output):
            # "test_x (module.Class.test_x)" names one test; "setUpClass (module.Class)" a class.
            tests.add(place)
            if method.startswith("setUpModule") or "unittest.loader" in place:
                return self.names
        return sorted(tests) or self.names


def run(names: list[str]) -> Outcome:
    """Runs tests by their names, in a process group that is ended when it takes too long."""
    begin = time.monotonic()
    command = [sys.executable, "-m", "unittest", "-v", *names]
    process = subprocess.Popen(
        (_OWN_NETWORK if os.geteuid() == 0 else []) + command, cwd=HERE, text=True, errors="replace",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"})
    try:
        output, _ = process.communicate(timeout=FILE_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        output, _ = process.communicate()
        output += f"\nended after {FILE_SECONDS} s\n"
    return Outcome(names, process.returncode, output, time.monotonic() - begin)


def wants_to_be_alone(name: str) -> bool:
    """Whether a file says so."""
    return re.search(r"^ALONE = True$", (HERE / f"{name}.py").read_text(), re.MULTILINE) is not None


def report(outcome: Outcome) -> None:
    """One line for what passed, all its output for what did not."""
    if outcome.code != 0:
        print(outcome.output)
    verdict = "ok" if outcome.code == 0 else "FAILED: " + " ".join(outcome.bad)
    skipped = f", {outcome.skipped} skipped" if outcome.skipped else ""
    print(f"{' '.join(outcome.names)}: {outcome.count} tests{skipped}, {outcome.seconds:.1f} s: {verdict}", flush=True)


def main() -> int:
    names = [argument.removesuffix(".py") for argument in sys.argv[1:]]
    names = names or sorted(path.stem for path in HERE.glob("test_*.py"))
    together = [name for name in names if not wants_to_be_alone(name)]
    # The longest texts first: they are the longest runs, roughly, and so none is left over at the end.
    together.sort(key=lambda name: -(HERE / f"{name}.py").stat().st_size)
    outcomes = []
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for outcome in pool.map(lambda name: run([name]), together):
            outcomes.append(outcome)
            report(outcome)
    for name in names:
        if name not in together:
            outcomes.append(run([name]))
            report(outcomes[-1])
    failed, unsteady = [], []
    for outcome in outcomes:
        if outcome.bad:
            again = run(outcome.bad)
            report(again)
            failed += again.bad
            unsteady += [name for name in outcome.bad if name not in again.bad]
    for name in unsteady:
        print(f"unsteady: {name} failed, and passed when it was tried again alone")
    total = sum(outcome.count for outcome in outcomes)
    skipped = sum(outcome.skipped for outcome in outcomes)
    for name in failed:
        print(f"failed twice: {name}")
    # A class or a file that could not be set up counts as one failure, and its tests as none.
    print(f"{max(0, total - skipped - len(failed))} passed, {len(failed)} failed, {skipped} skipped")
    return 1 if failed or total == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
