"""Case files and recordings: how they are written, read and kept.

A case file (``cases/GROUP/FILE.case``) holds cases for one command::

    # Anything before the first case is a comment.

    ## prints what the command writes
    setup: docker create --name web busybox
    docker run --rm busybox echo hello
    docker run --rm busybox sh -c '
      echo a continuation line starts with two spaces'
    cleanup: rm -f /tmp/somewhere

- ``## NAME`` begins a case. Its full name is ``GROUP/FILE/NAME``.
- ``setup:`` lines are run first, and have to succeed; what they print is not compared.
- Every other line is a *step*: run by sh, in order, in one shell and one empty directory (variables and files stay),
  its standard output, error output and exit code recorded.
- ``eventually COMMAND`` in a line repeats a command until it succeeds, instead of a guess with ``sleep``.
- ``cleanup:`` lines are run last, whatever happened.
- ``needs: cgroup1`` (or ``cgroup2``) runs the case only on hosts with that cgroup hierarchy; ``all-capabilities``
  only where the suite itself holds every capability that the kernel knows; ``two-processors`` only where there are two.
- A line that begins with two spaces continues the line before it. Lines that begin with ``#`` are comments.

A recording (``recorded/GROUP/FILE.rec``) is what a real Docker Engine answered, normalised, in the same order::

    ## prints what the command writes
    $ docker run --rm busybox echo hello
    > hello
    = 0

``>`` is standard output, ``!`` error output, ``=`` the exit code. ``>~`` and ``!~`` are last lines without a newline.
Control characters are shown as their Unicode pictures.
"""

from __future__ import annotations

import dataclasses
import pathlib


@dataclasses.dataclass
class Case:
    """One named sequence of shell lines."""

    group: str
    file: str
    name: str
    setup: list[str] = dataclasses.field(default_factory=list)
    steps: list[str] = dataclasses.field(default_factory=list)
    cleanup: list[str] = dataclasses.field(default_factory=list)
    needs: list[str] = dataclasses.field(default_factory=list)

    @property
    def full_name(self) -> str:
        return f"{self.group}/{self.file}/{self.name}"

    @property
    def text(self) -> str:
        """All that the author wrote: whatever stands here literally was chosen, not generated."""
        return "\n".join([*self.setup, *self.steps, *self.cleanup])


@dataclasses.dataclass
class StepResult:
    """What one step gave. After normalising, equal results mean equal behaviour."""

    command: str
    stdout: str
    stderr: str
    code: int


class CaseFileError(Exception):
    """A case file that cannot be understood; names the file and the line."""


def parse_cases(text: str, group: str, file: str) -> list[Case]:
    """Reads the cases of one file. Raises CaseFileError for a line outside a case or a name used twice."""
    cases: list[Case] = []
    current: list[str] | None = None
    for number, line in enumerate(text.split("\n"), start=1):
        if line.startswith("## "):
            name = line[3:].strip()
            if any(case.name == name for case in cases):
                raise CaseFileError(f"{group}/{file}:{number}: a second case named {name!r}")
            cases.append(Case(group, file, name))
            current = None
        elif line.startswith("  ") and current:
            current[-1] += "\n" + line[2:]
        elif not line.strip() or line.startswith("#"):
            continue
        elif not cases:
            raise CaseFileError(f"{group}/{file}:{number}: a line before the first case")
        else:
            keyword, separator, rest = line.partition(":")
            lists = {"setup": cases[-1].setup, "cleanup": cases[-1].cleanup, "needs": cases[-1].needs}
            if separator and keyword in lists:
                current, line = lists[keyword], rest.strip()
            else:
                current = cases[-1].steps
            current.append(line)
    for case in cases:
        if not case.steps:
            raise CaseFileError(f"{group}/{file}: case {case.name!r} has no steps")
    return cases


def load_cases(directory: pathlib.Path) -> list[Case]:
    """All cases below a directory, in the order of their paths."""
    cases = []
    for path in sorted(directory.glob("*/*.case")):
        cases += parse_cases(path.read_text(), path.parent.name, path.stem)
    return cases


_PICTURES = {code: chr(0x2400 + code) for code in range(32) if chr(code) not in "\n\t"} | {127: "\u2421"}


def _render_stream(mark: str, text: str) -> list[str]:
    if not text:
        return []
    lines = text.translate(_PICTURES).split("\n")
    last = lines.pop()
    rendered = [f"{mark} {line}" for line in lines]
    if last:
        rendered.append(f"{mark}~ {last}")
    return rendered


def render_result(result: StepResult) -> str:
    """One step in the format of recordings, without a final newline."""
    command = result.command.replace("\n", "\n  ")
    return "\n".join(
        [f"$ {command}", *_render_stream(">", result.stdout), *_render_stream("!", result.stderr), f"= {result.code}"]
    )


def render_results(results: list[StepResult]) -> str:
    """A case's steps in the format of recordings, without a final newline."""
    return "\n".join(render_result(result) for result in results)


def read_recordings(directory: pathlib.Path) -> dict[str, str]:
    """All recordings below a directory: full name of the case → its rendered results."""
    recordings: dict[str, str] = {}
    for path in sorted(directory.glob("*/*.rec")):
        name, lines = None, []
        for line in [*path.read_text().split("\n"), "## "]:
            if line.startswith("## "):
                if name is not None:
                    recordings[f"{path.parent.name}/{path.stem}/{name}"] = "\n".join(lines).rstrip("\n")
                name, lines = line[3:], []
            elif name is not None:
                lines.append(line)
    return recordings


def write_recordings(directory: pathlib.Path, cases: list[Case], recordings: dict[str, str]) -> None:
    """Writes the recordings of these cases, file by file; files of cases that no longer exist are removed."""
    files: dict[pathlib.Path, list[str]] = {}
    for case in cases:
        if case.full_name in recordings:
            path = directory / case.group / f"{case.file}.rec"
            files.setdefault(path, []).append(f"## {case.name}\n{recordings[case.full_name]}\n")
    for path in directory.glob("*/*.rec"):
        if path not in files:
            path.unlink()
    for path, parts in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".tmp")
        temporary.write_text("\n".join(parts))
        temporary.replace(path)
