"""The launchers on machines that lack something: what they install, what they say, and when they go on. The machine is
played: its package tools, its user, its compiler and the program are small scripts, and nothing else is on the PATH."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from harness import ROOT

TOOLS = ("bash", "cat", "dirname", "env", "find", "grep", "mkdir", "sed", "touch", "chmod")
BUILT_FROM = ("libedit-dev", "libarchive-dev", "libzstd-dev", "zlib1g-dev", "libacl1-dev", "libseccomp-dev",
              "libnftables-dev", "libssl-dev")
USED = ("busybox-static", "bash-static", "tini", "iproute2", "nftables", "procps", "curl")


class Machine:
    """A checkout with the launchers alone, and what is on the PATH."""

    def __init__(self, directory: str) -> None:
        self.root = pathlib.Path(directory, "checkout")
        self.bin = pathlib.Path(directory, "path")
        self.installed = pathlib.Path(directory, "installed")
        self.calls = pathlib.Path(directory, "calls")
        self.bin.mkdir()
        self.calls.touch()
        for name in TOOLS:
            (self.bin / name).symlink_to(shutil.which(name))
        (self.root / "bin").mkdir(parents=True)
        (self.root / "Sources").mkdir()
        (self.root / "Package.swift").touch()
        for name in ("drydock", "setup.sh"):
            shutil.copy(ROOT / "bin" / name, self.root / "bin")
        self.has(*BUILT_FROM, *USED)
        self.tool("id", "echo 0")
        self.tool("dpkg-query", f'while read -r name; do echo "$name install ok installed"; done <{self.installed}')
        self.tool("apt-get", f'''
            echo "apt-get $*" >>{self.calls}
            if [ "$1" = install ]; then shift; for name; do case $name in -*) ;; *) echo "$name" >>{self.installed} ;; esac; done; fi
        ''')
        self.tool("swift", f'echo "swift $*" >>{self.calls}; mkdir -p .build/release; echo "#!{self.bin}/bash" >.build/release/drydock;'
                           "echo 'echo built \"$@\"' >>.build/release/drydock; chmod +x .build/release/drydock")

    def tool(self, name: str, script: str) -> None:
        path = self.bin / name
        path.write_text(f"#!{self.bin}/bash\n{script}\n")
        path.chmod(0o755)

    def has(self, *packages: str) -> None:
        self.installed.write_text("".join(name + "\n" for name in packages))

    def is_built(self, script: str = 'echo ran "$@"') -> None:
        program = self.root / ".build/release/drydock"
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f"#!{self.bin}/bash\n{script}\n")
        program.chmod(0o755)

    def run(self, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run([str(self.bin / "bash"), str(self.root / "bin/drydock"), *arguments], text=True,
                              capture_output=True, env={"PATH": str(self.bin)}, timeout=30)

    @property
    def installs(self) -> list[str]:
        """The packages of each call of `apt-get install`."""
        return [line.split("--no-install-recommends ")[1] for line in self.calls.read_text().splitlines() if " install " in line]


class Setup(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.mkdtemp(prefix="drydock-setup-", dir="/tmp")
        self.addCleanup(shutil.rmtree, directory)
        self.machine = Machine(directory)

    def assertRuns(self, done: subprocess.CompletedProcess, out: str) -> None:
        self.assertEqual((done.returncode, done.stdout), (0, out), done.stderr)

    def test_a_machine_that_has_all_builds_and_runs(self):
        self.assertRuns(self.machine.run("ps"), "built ps\n")
        self.assertEqual(self.machine.installs, [])
        self.assertRuns(self.machine.run("ps"), "built ps\n")
        self.assertEqual(self.machine.calls.read_text().count("swift build"), 1)

    def test_what_a_build_needs_is_installed(self):
        self.machine.has(*USED)
        self.assertRuns(self.machine.run(), "built\n")
        self.assertEqual(self.machine.installs, [" ".join(BUILT_FROM)])

    def test_what_a_program_that_is_built_uses_is_installed(self):
        """And nothing that only a build needs."""
        self.machine.is_built()
        self.machine.has("busybox-static", *USED[2:])
        self.assertRuns(self.machine.run("ps"), "ran ps\n")
        self.assertEqual(self.machine.installs, ["bash-static"])
        self.assertNotIn("swift", self.machine.calls.read_text())

    def test_a_program_that_is_built_is_looked_at_once(self):
        self.machine.is_built()
        self.assertRuns(self.machine.run("ps"), "ran ps\n")
        self.machine.tool("dpkg-query", f'echo asked >>{self.machine.calls}')
        self.assertRuns(self.machine.run("ps"), "ran ps\n")
        self.assertEqual(self.machine.calls.read_text(), "")

    def test_a_program_whose_libraries_are_missing_gets_them(self):
        self.machine.is_built(f'grep -q libedit-dev {self.machine.installed} || exit 127; echo ran "$@"')
        self.machine.has(*BUILT_FROM[1:], *USED)
        self.assertRuns(self.machine.run("ps"), "ran ps\n")
        self.assertEqual(self.machine.installs, ["libedit-dev"])

    def test_a_program_that_does_not_start_is_built_anew(self):
        self.machine.is_built("exit 127")
        self.assertRuns(self.machine.run("ps"), "built ps\n")

    def test_a_user_without_root_and_sudo_is_told_whom_to_ask(self):
        self.machine.tool("id", "echo 1000")
        self.machine.has(*BUILT_FROM, *USED[1:])
        done = self.machine.run("ps")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertEqual(done.stderr, "drydock: packages are missing, and this is neither root nor is there sudo; please have "
                                      "an administrator run: apt-get install busybox-static\n")

    def test_such_a_user_goes_on_with_a_program_that_starts(self):
        """Told once."""
        self.machine.tool("id", "echo 1000")
        self.machine.is_built()
        self.machine.has(*USED[1:])
        first, second = self.machine.run("ps"), self.machine.run("ps")
        self.assertRuns(first, "ran ps\n")
        self.assertIn("apt-get install busybox-static\n", first.stderr)
        self.assertRuns(second, "ran ps\n")
        self.assertEqual(second.stderr, "")

    def test_a_user_with_sudo_installs_with_it(self):
        self.machine.tool("id", "echo 1000")
        self.machine.tool("sudo", f'echo sudo >>{self.machine.calls}; exec "$@"')
        self.machine.has(*BUILT_FROM, *USED[1:])
        self.assertRuns(self.machine.run(), "built\n")
        self.assertEqual(self.machine.installs, ["busybox-static"])
        self.assertIn("sudo", self.machine.calls.read_text())

    def test_a_compiler_that_is_missing_is_named(self):
        os.unlink(self.machine.bin / "swift")
        done = self.machine.run("ps")
        self.assertEqual(done.returncode, 1)
        self.assertIn("Swift 6.1 or newer is needed", done.stderr)

    def test_another_distribution_is_told_what_it_needs(self):
        os.unlink(self.machine.bin / "dpkg-query")
        done = self.machine.run("ps")
        self.assertEqual(done.returncode, 1)
        self.assertIn("this is not Debian or Ubuntu; please install the equivalents of: libedit-dev", done.stderr)
        self.machine.is_built()
        self.assertRuns(self.machine.run("ps"), "ran ps\n")

    def test_a_checkout_of_somebody_else_is_not_built_in(self):
        self.machine.root.chmod(0o555)
        self.addCleanup(self.machine.root.chmod, 0o755)
        if os.access(self.machine.root, os.W_OK):
            # Root may write everywhere: as another user, whom the directories above let pass.
            self.machine.root.parent.chmod(0o755)
            done = subprocess.run([str(self.machine.bin / "bash"), str(self.machine.root / "bin/drydock")], text=True,
                                  capture_output=True, env={"PATH": str(self.machine.bin)}, user=65534, timeout=30)
        else:
            done = self.machine.run()
        self.assertEqual(done.returncode, 1)
        self.assertIn("this user may not write to", done.stderr)


if __name__ == "__main__":
    unittest.main()
