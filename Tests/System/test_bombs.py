"""Archives of ten megabytes that unpack to ten gigabytes: each is refused early, wherever it comes in, and nothing of it
stays; the bound is the user's to set."""

from __future__ import annotations

import gzip
import io
import json
import pathlib
import tarfile
import unittest
import zlib

import machine
import registries
from harness import LabTest, wait_until

MIB = 1 << 20
#: One piece of a bomb, uncompressed, and how many a bomb has: 10 GiB in all.
PIECE, PIECES = 64 * MIB, 160
_ZEROS = gzip.compress(bytes(PIECE), 9)


def header(name: str, size: int) -> bytes:
    """The head of a file in a tar archive."""
    entry = tarfile.TarInfo(name)
    entry.size = size
    return entry.tobuf(tarfile.GNU_FORMAT)


def end() -> bytes:
    return gzip.compress(bytes(1024))


def honest_bomb() -> bytes:
    """One file of 10 GiB, which says so. Members of gzip stand one behind the other (RFC 1952, section 2.2)."""
    return gzip.compress(header("zeros", PIECE * PIECES)) + _ZEROS * PIECES + end()


def patient_bomb() -> bytes:
    """Many files of a usual size."""
    return b"".join(gzip.compress(header(f"zeros{number}", PIECE)) + _ZEROS for number in range(PIECES)) + end()


def unpacked_size(data: bytes) -> int:
    """What an archive really unpacks to."""
    size, known = 0, None
    while data:
        if data.startswith(_ZEROS):
            # The same bytes give the same again.
            if known is None:
                known = len(gzip.decompress(_ZEROS))
            size += known
            data = data[len(_ZEROS):]
            continue
        member = zlib.decompressobj(16 + zlib.MAX_WBITS)
        size += len(member.decompress(data))
        data = member.unused_data
    return size


class Bombs(LabTest):
    def setUp(self) -> None:
        self.registry = registries.BentRegistry()
        self.addCleanup(self.registry.close)
        self.name = f"{self.registry.address}/x:1"
        self.assertSucceeds(self.lab.docker("image", "ls"))
        self.pid = self.lab.engine_pid
        self.before = (self.stored(), self.written(), machine.read(f"/proc/{self.pid}/status"))

    def stored(self) -> list[str]:
        """All files and directories of images, and what is under way."""
        home = pathlib.Path(self.lab.home) / "node1"
        return sorted(str(path.relative_to(home)) for part in ("content", "layers", "build")
                      for path in (home / part).rglob("*"))

    def written(self) -> int:
        """What the engine has written so far, in bytes."""
        line = next(line for line in machine.read(f"/proc/{self.pid}/io").splitlines() if line.startswith("wchar:"))
        return int(line.split()[1])

    def peak(self) -> int:
        line = next(line for line in machine.read(f"/proc/{self.pid}/status").splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024

    def assertRefused(self, text: str, writing_at_most: int) -> None:
        self.assertIn("as a bomb that is made to fill the disk", text)
        self.assertIn('"max-unpack-ratio" in daemon.json allows more', text)
        self.assertEqual(self.lab.engine_pid, self.pid, "the engine has been replaced")
        self.assertLess(self.written() - self.before[1], writing_at_most)
        self.assertLess(self.peak(), 192 * MIB)
        wait_until(lambda: self.stored() == self.before[0], 20, "something stayed")

    def test_are_bombs(self):
        for bomb in (honest_bomb(), patient_bomb()):
            self.assertLess(len(bomb), 11 * MIB)
            self.assertGreater(unpacked_size(bomb), 10 << 30)

    def test_that_say_what_they_are_are_refused_before_anything_is_written(self):
        self.registry.add("x:1", [honest_bomb()], diff_ids=["sha256:" + "0" * 64])
        done = self.lab.docker("pull", self.name, timeout=120)
        self.assertEqual(done.code, 1)
        # Nothing but the archive itself was written.
        self.assertRefused(done.err, 16 * MIB)

    def test_are_refused_when_they_have_grown_a_hundred_times(self):
        bomb = patient_bomb()
        self.registry.add("x:1", [bomb], diff_ids=["sha256:" + "0" * 64])
        done = self.lab.docker("pull", self.name, timeout=120)
        self.assertEqual(done.code, 1)
        self.assertIn(f"more than {len(bomb) * 100 + 64 * MIB} bytes", done.err)
        self.assertRefused(done.err, 101 * len(bomb) + 128 * MIB)

    def test_are_refused_by_load_and_import(self):
        for command in (("load",), ("import", "-")):
            with self.subTest(command[0]):
                done = self.lab.docker(*command, input=patient_bomb(), timeout=120)
                self.assertEqual(done.code, 1, done.out)
                self.assertRefused(done.err, 160 * MIB)

    def test_are_refused_as_a_layer_of_an_archive(self):
        # The archive itself does not grow: its layer does.
        layer = patient_bomb()
        config = json.dumps({"architecture": "amd64", "os": "linux", "config": {},
                             "rootfs": {"type": "layers", "diff_ids": ["sha256:" + "0" * 64]}}).encode()
        manifest = json.dumps([{"Config": "config.json", "RepoTags": ["bomb:latest"], "Layers": ["layer.tar.gz"]}]).encode()
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            for name, data in (("config.json", config), ("manifest.json", manifest), ("layer.tar.gz", layer)):
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
        done = self.lab.docker("load", input=buffer.getvalue(), timeout=120)
        self.assertEqual(done.code, 1, done.out)
        self.assertRefused(done.err, 102 * len(layer) + 128 * MIB)

    def test_are_refused_by_cp_and_build(self):
        self.assertSucceeds(self.lab.docker("create", "--name", "box", "busybox"))
        self.before = (self.stored(), self.written(), "")
        done = self.lab.docker("cp", "-", "box:/", input=patient_bomb(), timeout=120)
        self.assertEqual(done.code, 1, done.out)
        self.assertRefused(done.err, 160 * MIB)
        self.lab.docker("rm", "box")

        self.before = (self.stored(), self.written(), "")
        done = self.lab.docker("build", "-", input=patient_bomb(), timeout=120)
        self.assertEqual(done.code, 1, done.out)
        self.assertRefused(done.err, 160 * MIB)

    def test_are_refused_by_add(self):
        bomb = patient_bomb()
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            for name, data in (("Dockerfile", b"FROM scratch\nADD bomb.tar.gz /\n"), ("bomb.tar.gz", bomb)):
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
        _, _, body = self.lab.request("POST", "/build", buffer.getvalue(), {"Content-Type": "application/x-tar"}, timeout=120)
        self.assertIn(b"ADD failed: bomb.tar.gz", body)
        self.assertRefused(json.loads(body.splitlines()[-1])["error"], 2 * len(bomb) + 160 * MIB)


class TheBound(LabTest):
    def test_is_the_users_to_set(self):
        archive = b"".join(gzip.compress(header(f"zeros{number}", PIECE)) + _ZEROS for number in range(3)) + end()
        refused = self.lab.docker("import", "-", "large:1", input=archive, timeout=120)
        self.assertEqual(refused.code, 1)
        self.assertIn("over 100 times its size", refused.err)
        settings = pathlib.Path(self.lab.home) / "daemon.json"
        self.addCleanup(lambda: settings.unlink(missing_ok=True))
        for ratio in (2000, 0):
            with self.subTest(ratio):
                settings.write_text(json.dumps({"max-unpack-ratio": ratio}))
                self.assertSucceeds(self.lab.drydock("engine", "stop"))
                self.assertSucceeds(self.lab.docker("import", "-", f"large:{ratio}", input=archive, timeout=120))
                self.assertEqual(self.lab.get(f"/images/large:{ratio}/json")["Size"], 3 * PIECE)
                self.assertSucceeds(self.lab.docker("rmi", f"large:{ratio}"))


if __name__ == "__main__":
    unittest.main()
