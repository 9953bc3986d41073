"""Bad input, from the keyboard, from files and from the wire: refused in Docker's words, with one helpful line in the
shell, and without a trace."""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import re
import shutil
import socket
import stat
import tarfile
import tempfile
import unittest

from harness import LabTest, wait_until
from test_docker_client import image_archive


class FromTheKeyboard(LabTest):
    def assertSays(self, result, code: int, *texts: str) -> None:
        """That a command ended with this code, and that its error output has these texts."""
        self.assertEqual(result.code, code, result.err)
        for text in texts:
            self.assertIn(text, result.err)

    def test_an_unknown_command(self):
        self.assertSays(self.lab.docker("rnu"), 1, "docker: unknown command: docker rnu", "docker --help")
        self.assertSays(self.lab.docker("container", "lst"), 1, "unknown command")

    def test_an_unknown_flag(self):
        self.assertSays(self.lab.docker("run", "--nmae", "x", "busybox"), 125, "unknown flag: --nmae",
                        "Usage:  docker run [OPTIONS] IMAGE [COMMAND] [ARG...]")
        self.assertSays(self.lab.docker("ps", "-y"), 125, "unknown shorthand flag: 'y' in -y")

    def test_too_few_or_too_many_arguments(self):
        self.assertSays(self.lab.docker("run"), 1, "requires at least 1 argument")
        self.assertSays(self.lab.docker("ps", "x"), 1, "accepts no arguments")

    def test_the_shell_adds_one_helpful_line(self):
        for line, hint in (("docker rnu", "docker run"), ("docker run --nmae x busybox true", "--name"),
                           ("docker isnpect x", "docker inspect"), ("dcoker ps", "docker"),
                           ("run busybox", "docker run busybox")):
            with self.subTest(line):
                result = self.lab.line(line)
                self.assertNotEqual(result.code, 0)
                hints = re.findall(r"(?m)^.*[Dd]id you mean:? .*$", result.err)
                self.assertEqual(len(hints), 1, result.err)
                self.assertIn(hint, hints[0])

    def test_docker_alone_adds_no_line(self):
        self.assertNotIn("you mean", self.lab.docker("run", "--nmae", "x", "busybox").err)

    def test_a_line_that_cannot_be_understood(self):
        for line in ("docker run 'busybox", "docker ps |", "docker ps &&", "| wc", "docker ps > "):
            with self.subTest(line):
                self.assertEqual(self.lab.line(line).code, 2)

    def test_an_image_that_is_missing(self):
        result = self.lab.docker("run", "--rm", "no-such-image")
        self.assertEqual(result.code, 125)
        self.assertIn("Unable to find image 'no-such-image:latest' locally", result.err)
        self.assertSays(self.lab.docker("image", "inspect", "no-such-image"), 1, "No such image: no-such-image")

    def test_a_name_in_use(self):
        self.assertSucceeds(self.lab.docker("create", "--name", "box", "busybox", "true"))
        self.assertSays(self.lab.docker("run", "--name", "box", "busybox", "true"), 125,
                        'Conflict. The container name "/box" is already in use by container',
                        "You have to remove (or rename) that container to be able to reuse that name.")

    def test_a_name_or_reference_that_is_none(self):
        self.assertSays(self.lab.docker("run", "--name", "a b", "busybox", "true"), 125, "Invalid container name (a b)")
        self.assertSays(self.lab.docker("run", "UPPER", "true"), 125,
                        "repository name (library/UPPER) must be lowercase")

    def test_a_command_that_is_not_in_the_image(self):
        self.assertSays(self.lab.docker("run", "--rm", "busybox", "no-such-program"), 127,
                        'exec: "no-such-program": executable file not found in $PATH')
        self.assertSays(self.lab.docker("run", "--rm", "busybox", "/no/such/file"), 127, "no such file or directory")

    def test_a_command_that_cannot_be_executed(self):
        self.assertSays(self.lab.docker("run", "--rm", "busybox", "/etc/passwd"), 126, "permission denied")
        self.assertSays(self.lab.docker("run", "--rm", "busybox", "/etc"), 126)

    def test_the_same_in_a_container_that_runs(self):
        self.assertSucceeds(self.lab.docker("run", "-d", "--name", "box", "busybox", "sleep", "100"))
        # 126 for both: newer clients than the API that we speak make it 127, here they are told as 20.10 tells them.
        self.assertEqual(self.lab.docker("exec", "box", "no-such-program").code, 126)
        self.assertEqual(self.lab.docker("exec", "box", "/etc/passwd").code, 126)
        self.assertSays(self.lab.docker("exec", "no-such-box", "true"), 1, "No such container: no-such-box")

    def test_a_container_that_did_not_start_is_kept_or_removed_as_dockers_is(self):
        self.lab.docker("run", "--name", "box", "busybox", "no-such-program")
        self.assertEqual(self.lab.inspect("box")["State"]["Status"], "created")
        self.assertEqual(self.lab.inspect("box")["State"]["ExitCode"], 127)
        self.lab.docker("run", "--rm", "--name", "gone", "busybox", "no-such-program")
        wait_until(lambda: self.lab.request("GET", "/containers/gone/json")[0] == 404)

    def test_absurd_values(self):
        for options in (["-m", "1k"], ["-m", "banana"], ["--cpus", "-1"], ["--cpus", "100000"],
                        ["--user", "nobody-here"],
                        ["-v", "relative/path:/data"], ["-v", "/etc:data"], ["--hostname", "x" * 100], ["-e", "=x"],
                        ["--pids-limit", "banana"], ["--ip", "999.1.1.1"], ["--stop-signal", "SIGBANANA"]):
            with self.subTest(options):
                result = self.lab.docker("run", "--rm", *options, "busybox", "true")
                self.assertIn(result.code, (125, 126), f"{result.code} {result.err}")
                self.assertNotEqual(result.err.strip(), "")
        self.assertSucceeds(self.lab.docker("ps", "-aq"), "")

    def test_an_archive_replaces_a_regular_file_and_nothing_else(self):
        self.assertSucceeds(self.lab.docker("create", "--name", "box", "busybox", "true"))
        with tempfile.TemporaryDirectory() as place:
            os.mknod(f"{place}/null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
            os.mkfifo(f"{place}/pipe")
            os.mkdir(f"{place}/directory")
            os.symlink("null", f"{place}/link")
            for name, what in (("null", "a character device file"), ("pipe", "a named pipe (FIFO)"),
                               ("directory", "a directory"), ("link", "a symbolic link directly")):
                before = os.lstat(f"{place}/{name}")
                for command, verb in ((("save", "busybox"), "save image"), (("export", "box"), "export container")):
                    with self.subTest(command, name=name):
                        done = self.lab.docker(command[0], "-o", f"{place}/{name}", command[1])
                        self.assertEqual((done.code, done.err), (1, f"failed to {verb}: cannot write to {what}\n"))
                        self.assertEqual(os.lstat(f"{place}/{name}").st_ino, before.st_ino)
            self.assertEqual(sorted(os.listdir(place)), ["directory", "link", "null", "pipe"])

    def test_a_flag_of_dockers_that_is_not_done_here_is_never_ignored(self):
        for options in (["--gpus", "all"], ["--ip", "172.17.0.9"], ["--runtime", "other"], ["--storage-opt", "size=1G"],
                        ["--volume-driver", "other"], ["--isolation", "process"], ["--userns", "private"]):
            with self.subTest(options):
                result = self.lab.docker("run", "--rm", *options, "busybox", "echo", "ran")
                self.assertNotEqual(result.code, 0)
                self.assertEqual(result.out, "")


class WhereAnArchiveGoes(LabTest):
    """`docker save` and `export` replace files, and nothing else."""

    def test_a_device_or_pipe_stays_what_it_is(self):
        self.assertSucceeds(self.lab.docker("create", "--name", "one", "busybox"))
        null, pipe, link = (f"{self.lab.client_home}/{name}" for name in ("null", "pipe", "link"))
        os.mknod(null, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        os.mkfifo(pipe)
        os.symlink(null, link)
        for place, words in ((null, "a character device file"), (pipe, "a named pipe (FIFO)"),
                             (self.lab.client_home, "a directory"), (link, "a symbolic link directly")):
            for command, what in (("save", "save image"), ("export", "export container")):
                before = os.lstat(place)
                done = self.lab.docker(command, "-o", place, "busybox" if command == "save" else "one")
                self.assertEqual((done.code, done.err), (1, f"failed to {what}: cannot write to {words}\n"))
                self.assertEqual(os.lstat(place).st_ino, before.st_ino)
        build = self.lab.docker("build", "-q", "--iidfile", null, "-", input="FROM busybox\n")
        self.assertSucceeds(build)
        self.assertTrue(stat.S_ISCHR(os.lstat(null).st_mode))


class ArchiveTest(LabTest):
    """A lab that is given archives that it must not take."""

    def state(self) -> dict[str, object]:
        """All that images are on disk, and what the engine lists."""
        node = f"{self.lab.home}/node1"
        files = {}
        for place in ("content", "layers"):
            for path, directories, names in os.walk(f"{node}/{place}"):
                if path.count("/") < f"{node}/{place}".count("/") + 4:
                    for name in names + directories:
                        entry = f"{path}/{name}"
                        files[entry] = os.path.getsize(entry) if os.path.isfile(entry) else None
        return {"files": files, "images": self.lab.get("/images/json")}

    def assertRefused(self, archive: bytes, *words: str, command: str = "load") -> str:
        before = self.state()
        arguments = ["load"] if command == "load" else ["import", "-", "trial:1"]
        result = self.lab.docker(*arguments, input=archive)
        self.assertEqual(result.code, 1, result.out)
        self.assertRegex(result.err, r"\S")
        for word in words:
            self.assertIn(word, result.err)
        self.assertNotIn("Loaded image", result.out)
        self.assertEqual(self.state(), before, "something stayed of an archive that was refused")
        self.assertTrue(self.lab.get("/version"), "the engine lives")
        return result.err


class FromAnArchive(ArchiveTest):
    """`docker load` and `import` take an archive whole or not at all."""

    good = image_archive("trial:1", {"greeting": b"ahoy\n" * 1000})

    def test_a_good_one_is_taken_and_goes_without_a_trace(self):
        before = self.state()
        self.assertSucceeds(self.lab.docker("load", input=self.good), "Loaded image: trial:1\n")
        self.assertSucceeds(self.lab.docker("rmi", "trial:1"))
        self.assertEqual(self.state(), before)

    def test_truncated_anywhere(self):
        end = len(self.good.rstrip(b"\0"))  # after it there is only the filling of the last block
        for fraction in (0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99):
            with self.subTest(fraction=fraction):
                self.assertRefused(self.good[:int(end * fraction)])

    def test_truncated_within_its_compression(self):
        packed = gzip.compress(self.good)
        for fraction in (0.1, 0.5, 0.95):
            with self.subTest(fraction=fraction):
                self.assertRefused(packed[:int(len(packed) * fraction)])

    def test_with_one_byte_of_a_layer_changed(self):
        place = self.good.index(b"ahoy\nahoy")
        self.assertRefused(self.good[:place] + b"A" + self.good[place + 1:], "sha256")

    def test_that_is_none(self):
        generator = random.Random(7)
        for junk in (b"", b"\0" * 10240, b"hello", generator.randbytes(70_000),
                     gzip.compress(generator.randbytes(9000))):
            with self.subTest(length=len(junk)):
                self.assertRefused(junk)

    def rebuilt(self, change) -> bytes:
        """The good archive with some members replaced."""
        with tarfile.open(fileobj=io.BytesIO(self.good)) as archive:
            members = {m.name: archive.extractfile(m).read() for m in archive.getmembers()}
        change(members)
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            for name, data in members.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
        return buffer.getvalue()

    def test_with_a_manifest_that_is_not_one(self):
        for text in ("", "{", "null", "[1]", '[{"Config": 5}]', '[{"Config": "missing.json", "Layers": []}]',
                     '[{"Config": "../../../../etc/passwd", "RepoTags": ["trial:1"], "Layers": []}]',
                     "[" * 100_000):
            with self.subTest(text[:30]):
                self.assertRefused(self.rebuilt(lambda members: members.update({"manifest.json": text.encode()})))

    def test_without_one_of_its_layers(self):
        self.assertRefused(self.rebuilt(lambda members: members.pop("0/layer.tar")), "layer")

    def test_that_wants_out_of_its_root(self):
        for name in ("../escaped", "/../../escaped", "a/../../escaped"):
            with self.subTest(name):
                self.load_and_look(image_archive("trial:1", {name: b"out\n"}))

    def load_and_look(self, archive: bytes) -> None:
        """Loads what names files outside: refused or kept inside, but nothing is written elsewhere."""
        result = self.lab.docker("load", input=archive)
        if result.code == 0:
            self.lab.docker("rmi", "-f", "trial:1")
        for place in ("/escaped", "/tmp/escaped", f"{self.lab.home}/escaped", f"{self.lab.home}/node1/escaped",
                      f"{self.lab.home}/node1/layers/escaped"):
            self.assertFalse(os.path.exists(place), place)

    def test_that_wants_out_through_a_link(self):
        layer = io.BytesIO()
        with tarfile.open(fileobj=layer, mode="w") as archive:
            way = tarfile.TarInfo("way")
            way.type, way.linkname = tarfile.SYMTYPE, f"{self.lab.client_home}"
            archive.addfile(way)
            entry = tarfile.TarInfo("way/escaped")
            entry.size = 4
            archive.addfile(entry, io.BytesIO(b"out\n"))
        result = self.lab.docker("import", "-", "trial:1", input=layer.getvalue())
        self.assertFalse(os.path.exists(f"{self.lab.client_home}/escaped"))
        if result.code == 0:
            self.lab.docker("rmi", "-f", "trial:1")

    def test_import_is_held_to_the_same(self):
        self.assertRefused(self.good[:3000], command="import")
        self.assertRefused(b"hello", command="import")


class WithoutDeviceNodes(ArchiveTest):
    """An engine that may make no device nodes refuses an image that has one."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.lab.drydock("engine", "stop")

    def assertDevicesAreRefused(self, on: list[str], environment: dict[str, str]) -> None:
        """That an engine started in another way refuses them, and takes other images."""
        before = self.lab.on, self.lab.environment
        self.lab.on, self.lab.environment = on, before[1] | environment
        try:
            self.lab.start_engine()
            for kind, major, minor in ((tarfile.CHRTYPE, 1, 3), (tarfile.BLKTYPE, 8, 0)):
                node = tarfile.TarInfo("node")
                node.type, node.devmajor, node.devminor, node.mode = kind, major, minor, 0o666
                with self.subTest(on, kind=kind):
                    self.assertRefused(image_archive("trial:1", {"before": b"x", "node": node}), '"node"', "CAP_MKNOD")
            self.assertSucceeds(self.lab.docker("load", input=image_archive("trial:1", {"file": b"x"})))
            self.assertSucceeds(self.lab.docker("rmi", "trial:1"))
            self.assertSucceeds(self.lab.drydock("engine", "stop"))
        finally:
            self.lab.on, self.lab.environment = before

    @unittest.skipUnless(shutil.which("setpriv"), "not on this machine: setpriv")
    def test_as_root_without_the_capability(self):
        self.assertDevicesAreRefused(["setpriv", "--bounding-set", "-mknod", "--inh-caps", "-mknod"], {})

    @unittest.skipUnless(shutil.which("unshare"), "not on this machine: unshare")
    def test_as_root_of_a_user_namespace_only(self):
        self.assertDevicesAreRefused(["unshare", "--user", "--map-root-user"], {"DRYDOCK_KERNEL": "simulated"})


class FromTheWire(LabTest):
    """The socket is private, but what comes through it is checked all the same."""

    def raw(self, data: bytes, seconds: float = 5) -> bytes:
        """Sends bytes and gives what comes back until the engine closes or is silent."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(seconds)
            connection.connect(self.lab.socket)
            answer = b""
            try:
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
                while piece := connection.recv(65536):
                    answer += piece
            except (BrokenPipeError, ConnectionResetError, TimeoutError):
                pass
            return answer

    def assertLives(self) -> None:
        status, _, body = self.lab.request("GET", "/_ping")
        self.assertEqual((status, body), (200, b"OK"))

    def test_a_byte_0_where_the_kernel_would_stop_reading(self):
        """It is refused when it is asked for, not when it is too late; labels may have it."""
        self.assertSucceeds(self.lab.docker("run", "-d", "--name", "box", "busybox", "sleep", "1000"))
        fine = {"Image": "busybox", "Cmd": ["sleep", "1000"]}
        for path, body, member in (
                ("/containers/create", {"Cmd": ["echo", "a\0b"]}, "Cmd"),
                ("/containers/create", {"Entrypoint": ["\0"]}, "Entrypoint"),
                ("/containers/create", {"Env": ["A=b\0c"]}, "Env"),
                ("/containers/create", {"WorkingDir": "/\0"}, "WorkingDir"),
                ("/containers/create", {"User": "root\0x"}, "User"),
                ("/containers/create", {"Hostname": "a\0"}, "Hostname"),
                ("/containers/create", {"HostConfig": {"Binds": ["/tmp\0x:/y"]}}, "HostConfig.Binds"),
                ("/containers/create", {"HostConfig": {"Sysctls": {"net.x\0": "1"}}}, "HostConfig.Sysctls"),
                ("/containers/box/exec", {"Cmd": ["echo", "a\0b"]}, "Cmd"),
                ("/containers/box/exec", {"Env": ["\0"]}, "Env"),
                ("/volumes/create", {"Name": "vol", "DriverOpts": {"type": "tmpfs", "device": "a\0"}}, "DriverOpts.device")):
            with self.subTest(path=path, member=member):
                status, _, answer = self.lab.request("POST", path, fine | body)
                self.assertEqual(status, 400, answer)
                self.assertIn(f"{member} ", json.loads(answer)["message"])
                self.assertIn("NUL byte", json.loads(answer)["message"])
        status, _, answer = self.lab.request("GET", "/containers/box/archive?path=/etc%00/x")
        self.assertEqual(status, 400, answer)
        status, _, answer = self.lab.request("POST", "/containers/create", fine | {"Labels": {"a": "b\0c"}})
        self.assertEqual(status, 201, answer)

    def test_garbage(self):
        generator = random.Random(3)
        for data in (b"\0" * 1000, b"\r\n" * 1000, b"GET", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00" * 100,
                     b"GET /%00%ff%zz HTTP/1.1\r\nHost: x\r\n\r\n", b"A" * 1_000_000,
                     *(generator.randbytes(5000) for _ in range(20))):
            with self.subTest(data[:20]):
                answer = self.raw(data)
                self.assertTrue(answer == b"" or answer.startswith(b"HTTP/1.1 4") or answer.startswith(b"HTTP/1.1 5"),
                                answer[:100])
        self.assertLives()

    def test_bodies_of_absurd_sizes(self):
        for head in (b"Content-Length: 99999999999999999999999", b"Content-Length: -5", b"Content-Length: 5, 6",
                     b"Content-Length: 9223372036854775807", b"Transfer-Encoding: chunked\r\nContent-Length: 3",
                     b"Transfer-Encoding: chunked"):
            with self.subTest(head):
                answer = self.raw(b"POST /containers/create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" +
                                  head + b"\r\n\r\n" + b"FFFFFFFFFFFFFFFFF\r\nx")
                self.assertFalse(answer.startswith(b"HTTP/1.1 2"), answer[:100])
        self.assertLives()

    def test_heads_of_absurd_sizes(self):
        for head in (b"X: " + b"y" * 5_000_000, b"\r\n".join(b"X%d: y" % i for i in range(100_000))):
            answer = self.raw(b"GET /_ping HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\n")
            self.assertFalse(answer.startswith(b"HTTP/1.1 2"), answer[:100])
        self.assertLives()

    def test_json_that_is_none(self):
        for body in (b"", b"{", b"[]", b"5", b'"x"', b"{\"Image\": 5}", b"{\"Image\": \"busybox\", \"Cmd\": {}}",
                     b"{\"Image\": \"busybox\"} trailing", b"[" * 200_000, b"{\"a\":" * 100_000, b"\xff\xfe",
                     b'{"Image": "busybox", "HostConfig": {"Memory": 1e400}}',
                     b'{"Image": "busybox", "HostConfig": {"Memory": "much"}}'):
            with self.subTest(body[:40]):
                status, _, answer = self.lab.request("POST", "/containers/create", body)
                self.assertIn(status, (400, 500))
                self.assertIn("message", json.loads(answer))
        self.assertLives()
        self.assertEqual(self.lab.get("/containers/json?all=1"), [])

    def test_json_that_is_none_is_the_clients_mistake(self):
        status, _, _ = self.lab.request("POST", "/containers/create", b"{")
        self.assertEqual(status, 400)

    def test_paths_and_queries_that_name_nothing(self):
        for path, code in (("/no/such/thing", 404), ("/v1.99/_ping", 400), ("/v1.1/_ping", 400),
                           ("/containers/%2e%2e%2f%2e%2e%2fetc/json", 404), ("/containers/json?filters=%7Bx", 400),
                           ("/containers/json?limit=banana", 500), ("/images/no-such/json", 404)):
            with self.subTest(path):
                status, _, body = self.lab.request("GET", path)
                self.assertEqual(status, code, body[:200])
                self.assertIn("message", json.loads(body))

    def test_many_connections_that_say_nothing(self):
        idle = []
        try:
            for _ in range(200):
                connection = socket.socket(socket.AF_UNIX)
                connection.connect(self.lab.socket)
                idle.append(connection)
            self.assertLives()
            self.assertSucceeds(self.lab.docker("run", "--rm", "busybox", "echo", "served"), "served\n")
        finally:
            for connection in idle:
                connection.close()


if __name__ == "__main__":
    unittest.main()
