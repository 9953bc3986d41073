"""Replaces what must differ between two runs or two machines, by value, and nothing else.

Identity survives: the first ID that a case prints becomes ``<id1>`` wherever it appears again, whether cut to 12
digits or in full (``<ID1>``). What stands literally in the case's own text was chosen by its author and stays.
"""

from __future__ import annotations

import re
import time

_AGO = re.compile(r"(?:Less than a second|About an? \w+|\d+ (?:seconds?|minutes?|hours?|days?|weeks?|months?|years?)) ago")
_UP = re.compile(r"\bUp (?:Less than a second|About an? \w+|\d+ (?:seconds?|minutes?|hours?))")
_RFC3339 = re.compile(r"\b(?!0001-)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
_GO_TIME = re.compile(r"\b(?!0001-)\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? [+-]\d{4} [A-Z]{3,4}(?: m=\S+)?")
_ANSI_C_TIME = re.compile(r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d (?:[A-Z]+ )?\d{4}\b")
_LS_TIME = re.compile(r"\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +\d{1,2} \d\d:\d\d\b")
_EPOCH = re.compile(r"(?<![\w.])(\d{10})(\d{9})?(\.\d{9})?(?![\w])")
_ID = re.compile(r"(?<![0-9A-Za-z])(?:[0-9a-f]{64}|[0-9a-f]{12})(?![0-9A-Za-z])")
_MAC = re.compile(r"\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b")
_LINK_LOCAL = re.compile(r"\bfe80::[0-9a-f:]+")
_NETWORK = re.compile(r"\b172\.(1[89]|2\d|3[01])(?=\.\d+\.\d+)")
_PORT = re.compile(r"((?<=:)|(?<=\"HostPort\": \")|(?<=\"HostPort\":\")|(?<=HostPort:))(3[2-9]\d{3}|[45]\d{4}|6[0-5]\d{3})\b")
_GENERATED_NAME = re.compile(r"(?<![\w.\-/])(/?)([a-z]{3,}_[a-z]{3,}\d?)(?![\w.\-=])")
#: Words that look like generated names and are none: busybox's ip, the engine's events, fields of raw formats.
_NO_NAMES = {"valid_lft", "preferred_lft", "exec_create", "exec_start", "exec_die", "exec_detach", "virtual_size"}
_INTERFACE = re.compile(r"(?:\b(\d+): )?(\w+)@if\d+")
_VETH = re.compile(r"\bveth[0-9a-f]{7}\b")
_TEMPORARY = re.compile(r"(?<=/docker-import-)\d+")
_CGROUPS = re.compile(r"/drydock-[0-9a-f]{8}(?=/|$)")
_JSON_PID = re.compile(r"(\"Pid\": ?)[1-9]\d*")
_OVERLAY_LINK = re.compile(r"\b[A-Z0-9]{26}\b")
_HEADER_CELL = re.compile(r"\S+(?: \S+)*")
_HEADER = re.compile(r"[A-Z][A-Z0-9%/(). ]*$")

#: Docker's tables: text/tabwriter with these minimum cell widths and a padding of three blanks.
_TABLE_WIDTHS, _TABLE_PADDING = (10, 20), 3


class Normaliser:
    """The state of one case: which IDs, names, addresses it has shown so far.

    Parameters:
        chosen: the case's own text; whatever stands there is left alone.
        facts: values of this engine and host to replace, as value → placeholder (``{"20.10.24": "<version>"}``).
        now: the time around which ten-digit numbers are times, in seconds since 1970.
    """

    def __init__(self, chosen: str = "", facts: dict[str, str] | None = None, now: float | None = None):
        self.chosen = chosen
        self.facts = sorted((facts or {}).items(), key=lambda item: -len(item[0]))
        self.now = time.time() if now is None else now
        self.seen: dict[str, dict[str, int]] = {}

    def __call__(self, text: str) -> str:
        """The text with its tables brought to one form and its changing values replaced."""
        lines, result, position = text.split("\n"), [], 0
        while position < len(lines):
            columns = _table_columns(lines[position])
            if not columns:
                result.append(self._line(lines[position]))
                position += 1
                continue
            end = position + 1
            while end < len(lines) and lines[end].strip() and not _table_columns(lines[end]):
                end += 1
            result += self._table(lines[position:end], columns) or [self._line(line) for line in lines[position:end]]
            position = end
        return "\n".join(result)

    def _number(self, kind: str, value: str) -> int:
        known = self.seen.setdefault(kind, {})
        return known.setdefault(value, len(known) + 1)

    def _named(self, kind: str):
        def replace(match: re.Match[str]) -> str:
            value = match.group()
            return value if value in self.chosen else f"<{kind}{self._number(kind, value)}>"

        return replace

    def _line(self, line: str) -> str:
        for value, placeholder in self.facts:
            line = line.replace(value, placeholder)
        for pattern, placeholder in (
            (_RFC3339, "<time>"), (_GO_TIME, "<time>"), (_ANSI_C_TIME, "<time>"), (_LS_TIME, "<time>"),
            (_AGO, "<ago>"), (_UP, "Up <time>"), (_OVERLAY_LINK, "<link>"), (_LINK_LOCAL, "<fe80>"),
            (_TEMPORARY, "<n>"), (_CGROUPS, "/drydock-<home>"),
        ):  # fmt: skip
            line = pattern.sub(lambda match, new=placeholder: match.group() if match.group() in self.chosen else new, line)
        line = _EPOCH.sub(self._epoch, line)
        line = _MAC.sub(self._mac, line)
        line = _ID.sub(self._id, line)
        line = _NETWORK.sub(self._network, line)
        line = _PORT.sub(self._named("port"), line)
        line = _GENERATED_NAME.sub(self._generated_name, line)
        line = _INTERFACE.sub(lambda match: ("<n>: " if match.group(1) else "") + f"{match.group(2)}@if<n>", line)
        line = _VETH.sub(self._named("veth"), line)
        return _JSON_PID.sub(r"\1<pid>", line)

    def _epoch(self, match: re.Match[str]) -> str:
        if abs(int(match.group(1)) - self.now) > 2 * 86400 or match.group() in self.chosen:
            return match.group()
        return "<nanoseconds>" if match.group(2) or match.group(3) else "<seconds>"

    def _id(self, match: re.Match[str]) -> str:
        value = match.group()
        if value in self.chosen or set(value) == {"0"}:
            return value
        return f"<{'ID' if len(value) == 64 else 'id'}{self._number('id', value[:12])}>"

    def _mac(self, match: re.Match[str]) -> str:
        if match.group() in ("ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00"):
            return match.group()
        return self._named("mac")(match)

    def _network(self, match: re.Match[str]) -> str:
        """172.17 is Docker's default bridge and stays; other pools are numbered, the host part stays."""
        return match.group() if match.group() in self.chosen else f"172.<net{self._number('net', match.group())}>"

    def _generated_name(self, match: re.Match[str]) -> str:
        slash, name = match.groups()
        return match.group() if name in self.chosen or name in _NO_NAMES else f"{slash}<name{self._number('name', name)}>"

    def _table(self, lines: list[str], starts: list[int]) -> list[str]:
        """A table's rows as cells joined by `` | ``; nothing if its columns are not exactly as wide as Docker makes them.

        The widths follow from the cells, and cells change with what is normalised: so the raw widths are checked here.
        """
        rows = [_cells(line, starts) for line in lines]
        widths = [second - first for first, second in zip(starts, starts[1:])]
        longest = [max(len(row[column]) for row in rows) for column in range(len(widths))]
        if all(widths != [max(minimum, cell + _TABLE_PADDING) for cell in longest] for minimum in _TABLE_WIDTHS):
            return []
        return [" | ".join(self._cell(rows[0], column, cell) for column, cell in enumerate(row)) for row in rows]

    def _cell(self, header: list[str], column: int, cell: str) -> str:
        title = header[column]
        if cell == title:
            return cell
        if title in ("PID", "PPID") and cell.isdigit():
            return f"<pid{self._number('pid', cell)}>"
        if title == "STIME":
            return re.sub(r"^\d\d:\d\d$", "<hour>", cell)
        if title == "C":  # the processor's use, in percent of the process's short life
            return re.sub(r"^\d+$", "<n>", cell)
        if title in ("CPU %", "MEM %"):
            return re.sub(r"^\d+\.\d+%$", "<n.nn>%", cell)
        if title in ("MEM USAGE / LIMIT", "NET I/O", "BLOCK I/O"):
            size = r"\d+(?:\.\d+)?[kKMG]?i?B"
            cell = re.sub(rf"^{size} /", "<size> /", cell)
            return cell if title.startswith("MEM") else re.sub(rf"/ {size}$", "/ <size>", cell)
        return self._line(cell)


def _table_columns(line: str) -> list[int]:
    """Where the columns of a table with this header begin; empty if the line is no header of one."""
    cells = [(match.start(), match.group()) for match in re.finditer(_HEADER_CELL, line.rstrip())]
    if len(cells) < 2 or line.startswith(" ") or not all(_HEADER.match(cell) for _, cell in cells):
        return []
    return [start for start, _ in cells] if "   " in line.rstrip() else []


def _cells(line: str, starts: list[int]) -> list[str]:
    """The cells of a row below these column starts, without their padding."""
    ends = [*starts[1:], len(line)]
    return [line[start:end].rstrip() for start, end in zip(starts, ends)]
