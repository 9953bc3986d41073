"""Files: archives into and out of containers, exports."""

from __future__ import annotations

import io
import tarfile

from docker.errors import APIError, NotFound
from scenario import Scenario


def archive(**files: str) -> bytes:
    """A tar archive of small files."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.uid, info.gid = len(text), 0o640, 1000, 1001
            tar.addfile(info, io.BytesIO(text.encode()))
    return data.getvalue()


def opened(pieces) -> tarfile.TarFile:
    """An archive that comes in pieces."""
    return tarfile.open(fileobj=io.BytesIO(b"".join(pieces)))


class Archives(Scenario):
    def test_puts_files_into_a_container_that_never_ran(self):
        container = self.client.containers.create("busybox", ["sh", "-c", "cat /tmp/a /tmp/b; stat -c %a:%u:%g /tmp/a"])
        self.assertTrue(container.put_archive("/tmp", archive(a="one ", b="two\n")))
        container.start()
        container.wait()
        self.assertEqual(container.logs(), b"one two\n640:1000:1001\n")

    def test_puts_files_into_a_running_container(self):
        container = self.sleeper(tmpfs={"/scratch": ""})
        container.put_archive("/", archive(note="here"))
        self.assertEqual(container.exec_run(["cat", "/note"]).output, b"here")

    def test_gets_a_file_with_what_is_known_of_it(self):
        container = self.client.containers.run("busybox", ["sh", "-c", "echo text > /tmp/f; chmod 604 /tmp/f"], detach=True)
        container.wait()
        pieces, about = container.get_archive("/tmp/f")
        self.assertEqual((about["name"], about["size"], about["mode"] & 0o777), ("f", 5, 0o604))
        tar = opened(pieces)
        self.assertEqual(tar.getnames(), ["f"])
        self.assertEqual(tar.extractfile("f").read(), b"text\n")

    def test_gets_a_directory(self):
        container = self.client.containers.run("busybox", ["sh", "-c", "mkdir -p /d/e; echo 1 > /d/e/f; ln -s e/f /d/l"], detach=True)
        container.wait()
        tar = opened(container.get_archive("/d")[0])
        self.assertEqual(sorted(name.rstrip("/") for name in tar.getnames()), ["d", "d/e", "d/e/f", "d/l"])
        self.assertEqual(tar.getmember("d/l").linkname, "e/f")

    def test_what_is_not_there_is_not_found(self):
        container = self.client.containers.create("busybox")
        with self.assertRaises(NotFound):
            container.get_archive("/no/such/file")
        with self.assertRaises(NotFound):
            container.put_archive("/no/such/directory", archive(a="b"))

    def test_what_is_no_archive_is_refused(self):
        container = self.client.containers.create("busybox")
        with self.assertRaises(APIError):
            container.put_archive("/tmp", b"this is no archive, however long one looks at it" * 40)

    def test_exports_the_whole_file_system(self):
        container = self.client.containers.run("busybox", ["sh", "-c", "echo mine > /root/file"], detach=True)
        container.wait()
        tar = opened(container.export())
        self.assertEqual(tar.extractfile("root/file").read(), b"mine\n")
        self.assertIn("bin/busybox", tar.getnames())
