"""What a person sees: the screen of a terminal, made of what a program writes to it.

As much of a VT100 (ECMA-48) as line editors use: cursor movement, erasing, inserting and deleting characters, and
automatic wrapping. Characters of East Asian scripts are two columns wide.
"""

from __future__ import annotations

import re
import unicodedata

_SEQUENCE = re.compile(r"\x1b(?:\[(?P<parameters>[0-?]*)[ -/]*(?P<final>[@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\)"
                       r"|[ -/]*[0-Z\\^-~])")
_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?|[ -/]*)?\Z")


class Screen:
    """The screen, and all lines that have left it at the top."""

    def __init__(self, columns: int):
        self.columns = columns
        self.lines: list[list[str]] = [[]]
        self.row = self.column = 0
        self._rest = ""

    @property
    def line(self) -> str:
        """The line with the cursor, wrapped parts joined by nothing, without blanks at its end."""
        return self.text(self.row)

    def text(self, row: int) -> str:
        """A row's text without blanks at its end."""
        return "".join(self.lines[row]).rstrip() if 0 <= row < len(self.lines) else ""

    def feed(self, text: str) -> None:
        """Shows what a program has written."""
        text = self._rest + text
        unfinished = _UNFINISHED.search(text)
        end = unfinished.start() if unfinished else len(text)
        text, self._rest = text[:end], text[end:]
        position = 0
        while position < len(text):
            sequence = _SEQUENCE.match(text, position) if text[position] == "\x1b" else None
            if sequence:
                if sequence["final"]:
                    self._control(sequence["final"], sequence["parameters"])
                position = sequence.end()
            else:
                self._character(text[position])
                position += 1

    def _character(self, character: str) -> None:
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self._move_down(1)
        elif character == "\b":
            self.column = max(0, self.column - 1)
        elif character == "\t":
            self.column = min(self.columns - 1, (self.column // 8 + 1) * 8)
        elif character >= " " and character != "\x7f":
            width = 2 if unicodedata.east_asian_width(character) in "WF" else 1
            if unicodedata.combining(character):
                return
            if self.column + width > self.columns:
                self.column = 0
                self._move_down(1)
            self._put(character, width)

    def _put(self, character: str, width: int) -> None:
        line = self.lines[self.row]
        line += [" "] * (self.column + width - len(line))
        # The second half of a wide character is an empty string, so that joining gives the text.
        line[self.column:self.column + width] = [character] + [""] * (width - 1)
        self.column += width

    def _move_down(self, count: int) -> None:
        self.row += count
        while len(self.lines) <= self.row:
            self.lines.append([])

    def _control(self, final: str, parameters: str) -> None:
        numbers = [int(part) for part in parameters.split(";") if part.isdigit()]
        count = numbers[0] if numbers and numbers[0] else 1
        line = self.lines[self.row]
        if final == "A":
            self.row = max(0, self.row - count)
        elif final == "B":
            self._move_down(count)
        elif final == "C":
            self.column = min(self.columns - 1, self.column + count)
        elif final == "D":
            self.column = max(0, self.column - count)
        elif final == "G":
            self.column = count - 1
        elif final == "K":
            del line[self.column:]
        elif final == "J":
            del line[self.column:]
            del self.lines[self.row + 1:]
        elif final == "P":
            del line[self.column:self.column + count]
        elif final == "@":
            line += [" "] * (self.column - len(line))
            line[self.column:self.column] = [" "] * count
