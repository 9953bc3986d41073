"""A person at a terminal: types, waits for what appears, resizes the window.

The program under test gets a pseudo-terminal of its own as its controlling terminal (`pty(7)`). The other end is read
here; what was shown is matched without its escape sequences.
"""

from __future__ import annotations

import codecs
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import time

from screen import Screen

PROMPT = r"node1> $"
CTRL_C, CTRL_D, CTRL_R, CTRL_Z, TAB, ENTER = "\x03", "\x04", "\x12", "\x1a", "\t", "\r"

# CSI, OSC and two-character escape sequences (ECMA-48).
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-Z\\^-~])")
_UNFINISHED_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|\][^\x07]*|[ -/]*)?$")


class Missing(AssertionError):
    """What was expected did not appear."""


class Terminal:
    """A program on a terminal of its own, and the person before it."""

    def __init__(self, arguments: list[str], environment: dict[str, str], *, columns: int = 100, rows: int = 30,
                 directory: str = "/"):
        self.master, self.slave = os.openpty()
        self.resize(columns, rows)
        self.settings = termios.tcgetattr(self.slave)
        self.process = subprocess.Popen(
            arguments, stdin=self.slave, stdout=self.slave, stderr=self.slave, env=environment, cwd=directory,
            start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._raw = ""
        self.unread = ""
        self.screen = Screen(columns)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def resize(self, columns: int, rows: int) -> None:
        """Gives the window another size; its processes get SIGWINCH."""
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def send(self, text: str) -> None:
        """Types characters, as they are."""
        data = text.encode()
        while data:
            data = data[os.write(self.master, data):]

    def type(self, line: str) -> None:
        """Types a line and Enter."""
        self.send(line + ENTER)

    def expect(self, pattern: str, timeout: float = 20) -> str:
        """Waits until the pattern appears in what has not been read yet; gives all up to its end."""
        compiled = re.compile(pattern)
        deadline = time.monotonic() + timeout
        while True:
            found = compiled.search(self.unread)
            if found:
                text, self.unread = self.unread[:found.end()], self.unread[found.end():]
                return text
            if not self._read(deadline - time.monotonic()):
                raise Missing(f"no {pattern!r} appeared within {timeout} s; there was:\n{self.unread[-3000:]}")

    def prompt(self, timeout: float = 20) -> str:
        """Waits for the shell's prompt, and until keys reach its editor; gives what came before it."""
        text = self.expect(PROMPT, timeout)[:-len("node1> ")].replace("\r", "")
        deadline = time.monotonic() + 2
        while termios.tcgetattr(self.slave)[3] & termios.ICANON:
            if time.monotonic() > deadline:
                raise Missing("the prompt is there, but the line editor has not taken the terminal over")
            time.sleep(0.001)
        return text

    def shows(self, line: str, timeout: float = 10) -> None:
        """Waits until the line with the cursor reads so."""
        deadline = time.monotonic() + timeout
        while self.screen.line != line:
            if time.monotonic() > deadline:
                raise Missing(f"the line does not read {line!r} within {timeout} s, but {self.screen.line!r}")
            self._read(0.05)
        self.unread = ""

    def run(self, line: str, timeout: float = 20) -> str:
        """Types a line at the prompt and waits for the next one; gives what appeared between."""
        self.type(line)
        lines = self.prompt(timeout).split("\n")
        # The echo; twice, when it was typed before the editor was ready.
        while lines and line and lines[0].endswith(line):
            lines.pop(0)
        return "\n".join(lines)

    def stays_silent(self, seconds: float) -> str:
        """Reads for a while; gives what appeared."""
        deadline = time.monotonic() + seconds
        while self._read(deadline - time.monotonic()):
            pass
        return self.unread

    def wait(self, timeout: float = 20) -> int:
        """Waits until the program has ended; gives its exit code."""
        deadline = time.monotonic() + timeout
        while self.process.poll() is None:
            if time.monotonic() > deadline:
                raise Missing(f"the program did not end within {timeout} s; there was:\n{self.unread[-3000:]}")
            self._read(0.02)
        while self._read(0.05):
            pass
        return self.process.returncode

    def modes_are_restored(self) -> bool:
        """Whether the terminal's settings (`stty -g`) are what they were before the program started."""
        return termios.tcgetattr(self.slave) == self.settings

    def close(self) -> None:
        """Ends the program, if it still runs, and takes the terminal away."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        for descriptor in (self.master, self.slave):
            try:
                os.close(descriptor)
            except OSError:
                pass  # closed before, by a test that hangs up

    def _read(self, timeout: float) -> bool:
        """Reads what there is, waiting so long for it at most; false when nothing came."""
        if timeout < 0 or not select.select([self.master], [], [], timeout)[0]:
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError:  # EIO: nobody holds the other end any more
            return False
        new = self._decoder.decode(data)
        self.screen.feed(new)
        self._raw += new
        unfinished = _UNFINISHED_ESCAPE.search(self._raw)
        end = unfinished.start() if unfinished else len(self._raw)
        text, self._raw = _ESCAPE.sub("", self._raw[:end]), self._raw[end:]
        self.unread += text
        return bool(data)
