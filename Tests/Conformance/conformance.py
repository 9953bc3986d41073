#!/usr/bin/env python3
"""Runs the conformance cases: against a real Docker Engine to record, against Drydock's engine to compare.

    bin/conformance                          compare, both flavours
    bin/conformance --group slice --flavour client
    bin/conformance --case 'slice/run/*'     only these
    bin/conformance --record                 record anew, with a real engine started for it

Flavours of comparing: ``client`` is the real docker client over our socket; ``drydock`` is ``drydock docker``.
The format of cases and recordings is described in casefiles.py, what is normalised in normalise.py.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import difflib
import fnmatch
import hashlib
import json
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib

from casefiles import Case, StepResult, load_cases, read_recordings, render_results, write_recordings
from engines import Engine, EngineError, base_archive, drydock_engine, real_engine
from normalise import Normaliser

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
FLAVOURS = ("client", "drydock")

#: The digest of the base image's archive when the cases were recorded.
BASE_DIGEST = HERE / "recorded" / "base.sha256"

#: Both sides speak this version, because the recordings come from an engine of this version.
API_VERSION = "1.41"
COMMAND_SECONDS, CASE_SECONDS = 30, 90

#: A shell function for cases: repeats a command, silently, until it succeeds; gives up after 15 seconds.
EVENTUALLY = 'eventually() { for _ in $(seq 75); do "$@" >/dev/null 2>&1 && return; sleep 0.2; done; return 1; }'


@dataclasses.dataclass
class Intended:
    """A difference that is meant: which case and flavour, what ours gives instead, and why."""

    case: str
    flavour: str
    expected: str
    reason: str

    def covers(self, case: Case, flavour: str) -> bool:
        return fnmatch.fnmatchcase(case.full_name, self.case) and self.flavour in (flavour, "*")


def read_intended(path: pathlib.Path) -> list[Intended]:
    """The intended differences. Raises ValueError for an entry without a reason or an expectation."""
    entries = []
    for entry in tomllib.loads(path.read_text()).get("intended", []):
        if not entry.get("reason", "").strip() or not entry.get("expected", "").strip():
            raise ValueError(f"{path}: the entry for {entry.get('case')!r} needs both 'expected' and 'reason'")
        if entry.get("flavour") not in (*FLAVOURS, "*"):
            raise ValueError(f"{path}: the entry for {entry.get('case')!r} needs flavour client, drydock or *")
        entries.append(Intended(entry["case"], entry["flavour"], entry["expected"].strip("\n"), entry["reason"]))
    return entries


class CaseRunner:
    """Runs cases with one docker command against one engine.

    Parameters:
        engine: has the base image, and is cleared after each case.
        docker: the command and arguments that ``docker`` stands for.
        environment: added to a small, fixed environment.
    """

    def __init__(self, engine: Engine, docker: list[str], environment: dict[str, str]):
        self.engine = engine
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="conformance-"))
        programs = self.directory / "bin"
        programs.mkdir()
        (self.directory / "home").mkdir()
        wrapper = programs / "docker"
        wrapper.write_text(f'#!/bin/sh\nexec timeout --foreground -k 2 {COMMAND_SECONDS} {shlex.join(docker)} "$@"\n')
        wrapper.chmod(0o755)
        self.environment = {
            "PATH": f"{programs}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(self.directory / "home"),
            "DOCKER_CONFIG": str(self.directory / "home"),
            "DOCKER_HOST": f"unix://{engine.socket_path}",
            "DOCKER_API_VERSION": API_VERSION,
            "DOCKER_BUILDKIT": "0",
            "DOCKER_CLI_HINTS": "false",
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
        } | environment
        self.facts = engine.facts() | {str(self.directory): "<suite>"}

    def close(self) -> None:
        shutil.rmtree(self.directory, ignore_errors=True)

    def run(self, case: Case) -> list[StepResult]:
        """The normalised results of a case. Raises EngineError if its setup fails; always clears the engine."""
        place = pathlib.Path(tempfile.mkdtemp(prefix="case-", dir=self.directory))
        try:
            return self._run(case, place)
        finally:
            self.engine.clear()
            shutil.rmtree(place, ignore_errors=True)

    def _run(self, case: Case, place: pathlib.Path) -> list[StepResult]:
        work, kept = place / "work", place / "kept"
        work.mkdir()
        kept.mkdir()
        lines = [("setup", case.setup), ("step", case.steps), ("cleanup", case.cleanup)]
        script = [f"kept={shlex.quote(str(kept))}", "umask 022", EVENTUALLY]
        for kind, commands in lines:
            for number, command in enumerate(commands):
                name = f"{kind}{number}"
                (kept / name).write_text(command + "\n")
                # In this shell, so that variables stay; through `command`, so that a syntax error does not end it.
                script.append(f'command eval "$(cat "$kept/{name}")" >"$kept/{name}.out" 2>"$kept/{name}.err" </dev/null')
                script.append(f'echo $? >"$kept/{name}.code"')
                if kind == "setup":
                    script.append(f'[ "$(cat "$kept/{name}.code")" = 0 ] || exit 1')
        (place / "script").write_text("\n".join(script) + "\n")
        shell = subprocess.Popen(
            ["sh", place / "script"], cwd=work, env=self.environment, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            shell.wait(CASE_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        with contextlib.suppress(ProcessLookupError):  # what a case left running in the background goes too
            os.killpg(shell.pid, signal.SIGKILL)
        shell.wait()

        normalise = Normaliser(case.text, self.facts | {str(work): "<work>"})
        for number, command in enumerate(case.setup):
            result = _read_result(kept / f"setup{number}", command)
            if result.code != 0:
                raise EngineError(f"setup: {command}: exit {result.code}: {result.stdout}{result.stderr}".rstrip())
        results = []
        for number, command in enumerate(case.steps):
            result = _read_result(kept / f"step{number}", command)
            result.stdout, result.stderr = normalise(result.stdout), normalise(result.stderr)
            results.append(result)
        return results


def _read_result(path: pathlib.Path, command: str) -> StepResult:
    """What the shell kept of one line; a line that never ended has code -1."""

    def text(suffix: str) -> str:
        file = path.with_name(path.name + suffix)
        return file.read_bytes().decode(errors="backslashreplace") if file.exists() else ""

    return StepResult(command, text(".out"), text(".err"), int(text(".code") or -1))


def base_digest() -> str:
    """The digest of the base image's archive as this host makes it: it changes with the host's busybox."""
    return hashlib.sha256(base_archive()).hexdigest()


def host_features() -> set[str]:
    """What cases may ask for with ``needs:``."""
    features = {"cgroup2" if os.path.exists("/sys/fs/cgroup/cgroup.controllers") else "cgroup1"}
    if os.cpu_count() == 2:  # the number stands in messages
        features.add("two-processors")
    last = int(pathlib.Path("/proc/sys/kernel/cap_last_cap").read_text())
    status = pathlib.Path("/proc/self/status").read_text()
    held = int(next(line.split()[1] for line in status.splitlines() if line.startswith("CapPrm")), 16)
    if held == (1 << (last + 1)) - 1:  # some virtual machines withhold one, and then runc refuses --privileged
        features.add("all-capabilities")
    return features


def chosen_cases(cases: list[Case], group: str | None, patterns: list[str] | None) -> list[Case]:
    """The cases of some groups whose full name matches one of the patterns or contains it."""
    if group:
        cases = [case for case in cases if case.group in group.split(",")]
    if patterns:
        cases = [
            case for case in cases
            if any(pattern in case.full_name or fnmatch.fnmatchcase(case.full_name, pattern) for pattern in patterns)
        ]  # fmt: skip
    features = host_features()
    return [case for case in cases if set(case.needs) <= features]


def record(cases: list[Case], all_cases: list[Case], runner: CaseRunner, verbose: bool) -> int:
    """Runs the cases against a real engine and keeps what it answers. Gives the number of cases that failed."""
    recorded, failed = {}, 0
    for case in cases:
        started = time.monotonic()
        try:
            recorded[case.full_name] = render_results(runner.run(case))
        except EngineError as error:
            failed += 1
            print(f"NOT RECORDED {case.full_name}: {error}")
            continue
        if verbose:
            print(f"recorded {case.full_name} ({time.monotonic() - started:.1f} s)", flush=True)
    write_recordings(HERE / "recorded", all_cases, read_recordings(HERE / "recorded") | recorded)
    BASE_DIGEST.write_text(base_digest() + "\n")
    print(f"{len(cases)} cases: {len(cases) - failed} recorded, {failed} failed")
    print(f"{len(cases) - failed} passed, {failed} failed")
    return failed


@dataclasses.dataclass
class Tally:
    """How the cases of one flavour came out."""

    flavour: str
    equal: int = 0
    intended: int = 0
    pending: int = 0
    different: int = 0
    #: Of those that are equal or intended: listed as something else, so that the list is wrong.
    misplaced: int = 0
    #: Of those that are equal or intended: only the second attempt gave what is wanted.
    second: int = 0

    def __str__(self) -> str:
        total = self.equal + self.intended + self.pending + self.different
        counts = f"{self.equal} equal, {self.intended} intended, {self.different + self.pending} different"
        notes = [f"{self.pending} of them pending"] if self.pending else []
        notes += [f"{self.second} at the second attempt"] if self.second else []
        notes += [f"{self.misplaced} equal though listed"] if self.misplaced else []
        return f"{self.flavour}: {total} cases: {counts}" + (f" ({', '.join(notes)})" if notes else "")


def read_pending(path: pathlib.Path) -> set[tuple[str, str]]:
    """The cases that are known to differ because something is not done yet: `flavour case`, one a line.

    They count as different, but do not make a run fail; one that is equal though listed does, so that the list shrinks.
    """
    lines = path.read_text().splitlines() if path.exists() else []
    return {(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in lines if line and not line.startswith("#")}


def run_again(case: Case, runner: CaseRunner, wanted: set[str | None], attempts: int = 2) -> tuple[str, int]:
    """What a case gives, and the attempts it took: one that does not give what is wanted is run once more, for a
    busy machine's sake."""
    ours, attempt = "", 0
    for attempt in range(1, attempts + 1):
        try:
            ours = render_results(runner.run(case))
        except (EngineError, OSError) as error:
            ours = f"{type(error).__name__}: {error}"
        if ours in wanted:
            break
    return ours, attempt


def compare(
    cases: list[Case], runner: CaseRunner, flavour: str, recordings: dict[str, str], intended: list[Intended], show: str = "diffs"
) -> Tally:
    """Runs the cases and compares each with its recording.

    A case without a recording counts as different, except if it ``needs`` what the recording host may not have had.
    ``show`` is what to print: ``diffs`` of what differs, those ``and-pending``, or ``entries`` for intended.toml.
    """
    tally = Tally(flavour)
    pending = read_pending(HERE / "pending.txt")
    for case in cases:
        recorded = recordings.get(case.full_name)
        if recorded is None and case.needs:
            print(f"{flavour}: skipped, not recorded: {case.full_name}", flush=True)
            continue
        entry = next((entry for entry in intended if entry.covers(case, flavour)), None)
        is_pending = (flavour, case.full_name) in pending
        wanted = {recorded, entry.expected if entry else recorded}
        ours, attempt = run_again(case, runner, wanted, attempts=1 if is_pending else 2)
        if ours in wanted and attempt > 1:
            tally.second += 1
            print(f"{flavour}: only at the second attempt: {case.full_name}", flush=True)
        if ours == recorded:
            tally.equal += 1
            if is_pending or entry:
                tally.misplaced += 1
                print(f"{flavour}: EQUAL, though listed as {'intended' if entry else 'pending'}: {case.full_name}", flush=True)
        elif entry and ours == entry.expected:
            tally.intended += 1
        elif is_pending and show != "entries":
            tally.pending += 1
            if show == "and-pending":
                print(f"{flavour}: pending {case.full_name}", flush=True)
        else:
            tally.different += 1
            expected = entry.expected if entry else recorded
            print(f"{flavour}: DIFFERENT {case.full_name}" + ("" if expected is not None else " (not recorded)"), flush=True)
            if show != "entries":
                source = "intended.toml" if entry else "recorded"
                print("\n".join(difflib.unified_diff((expected or "").split("\n"), ours.split("\n"), source, "ours", lineterm="", n=2)))
            else:
                quoted = ours.replace("\\", "\\\\").replace('"""', '\\"""')
                print(f'\n[[intended]]\ncase = {json.dumps(case.full_name)}\nflavour = "{flavour}"\nreason = ""')
                print(f'expected = """\n{quoted}\n"""\n')
    return tally


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="conformance", description="Compares Drydock with recordings of a real Docker Engine.")
    parser.add_argument("--record", action="store_true", help="record a real engine instead of comparing")
    parser.add_argument("--peer", metavar="SOCKET", help="the real engine to record (default: DOCKER_HOST, else one is started)")
    parser.add_argument("--socket", metavar="SOCKET", help="compare this running engine (default: Drydock's is started)")
    parser.add_argument("--group", help="only this group of cases, or these, separated by commas")
    parser.add_argument("--case", metavar="PATTERN", action="append", help="only cases whose name contains or matches this (repeatable)")
    parser.add_argument("--flavour", choices=FLAVOURS, help="only this flavour")
    parser.add_argument("--drydock", metavar="PROGRAM", type=pathlib.Path, default=REPOSITORY / ".build/release/drydock")
    parser.add_argument("--docker", metavar="PROGRAM", default=shutil.which("docker", path="/usr/local/bin:/usr/bin:/bin"))
    parser.add_argument("--force", action="store_true", help="use an engine that holds objects of others; they will be REMOVED")
    parser.add_argument("--list", action="store_true", help="print the names of the cases and stop")
    parser.add_argument("-v", "--verbose", action="store_true", help="name the pending cases too")
    parser.add_argument("--entries", action="store_true", help="show differences as entries for intended.toml")
    return parser.parse_args(arguments)


@contextlib.contextmanager
def prepared(engine: Engine, owned: bool):
    """An engine with nothing in it but the base image. Refuses one that is used by others, unless owned."""
    foreign = engine.foreign_objects()
    if owned:
        engine.clear()
    elif foreign:
        raise EngineError(
            f"the engine at {engine.socket_path} holds {', '.join(foreign[:5])}: each case removes all there is; "
            "name an engine of your own, or use --force"
        )
    engine.ensure_base_image()
    engine.clear()
    yield engine
    engine.clear()


def main(arguments: list[str]) -> int:
    options = parse_arguments(arguments)
    all_cases = load_cases(HERE / "cases")
    cases = chosen_cases(all_cases, options.group, options.case)
    if options.list:
        print("\n".join(case.full_name for case in cases))
        return 0
    if not cases:
        print("no case matches", file=sys.stderr)
        return 2

    with contextlib.ExitStack() as stack:
        stack.callback(lambda: sys.stdout.flush())
        if options.record:
            peer = options.peer or os.environ.get("DOCKER_HOST")
            engine = Engine(peer.removeprefix("unix://")) if peer else stack.enter_context(real_engine())
            stack.enter_context(prepared(engine, owned=not peer or options.force))
            runner = CaseRunner(engine, [options.docker], {})
            stack.callback(runner.close)
            return 1 if record(cases, all_cases, runner, options.verbose) else 0

        intended = read_intended(HERE / "intended.toml")
        if options.socket:
            engine = Engine(options.socket.removeprefix("unix://"))
        else:
            engine = stack.enter_context(drydock_engine(options.drydock.resolve()))
        stack.enter_context(prepared(engine, owned=not options.socket or options.force))
        show = "entries" if options.entries else "and-pending" if options.verbose else "diffs"
        if not BASE_DIGEST.exists() or BASE_DIGEST.read_text().strip() != base_digest():
            print("note: this host's busybox is not the one that was recorded with: sizes of images will differ")
        recordings, tallies = read_recordings(HERE / "recorded"), []
        for flavour in [options.flavour] if options.flavour else FLAVOURS:
            if flavour == "client" and not options.docker:
                print("client: skipped: no docker client on this machine")
                continue
            docker = [options.docker] if flavour == "client" else [str(options.drydock.resolve()), "docker"]
            runner = CaseRunner(engine, docker, {})
            stack.callback(runner.close)
            tallies.append(compare(cases, runner, flavour, recordings, intended, show))
        for tally in tallies:
            print(tally)
        failed = sum(tally.different + tally.misplaced for tally in tallies)
        print(f"{sum(tally.equal + tally.intended - tally.misplaced for tally in tallies)} passed, {failed} failed")
        return 1 if failed or not tallies else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that engines and directories are cleaned up
    try:
        sys.exit(main(sys.argv[1:]))
    except (EngineError, OSError, ValueError) as error:
        print(f"conformance: {error}", file=sys.stderr)
        sys.exit(2)
