"""What containers, build contexts and clients may try against the engine: it answers, goes on, and stays as it was."""

from __future__ import annotations

import contextlib
import errno
import http.client
import io
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import textwrap
import unittest

from harness import LabTest, wait_until

#: Far beyond what nanoseconds since 1970 in 64 bits can say (the year 2262), and the latest that ext4 keeps.
FAR_FUTURE = 15_000_000_000


def context(*entries: tuple[str, bytes, object]) -> bytes:
    """A build context: names, tar types, and the contents, the device's numbers or the link's target."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, kind, value in entries:
            entry = tarfile.TarInfo(name)
            entry.type = kind
            if kind == tarfile.CHRTYPE:
                entry.devmajor, entry.devminor = value
            if kind == tarfile.SYMTYPE:
                entry.linkname = value
            if kind == tarfile.REGTYPE:
                entry.size = len(value)
            archive.addfile(entry, io.BytesIO(value) if kind == tarfile.REGTYPE else None)
    return buffer.getvalue()


class HostileTest(LabTest):
    def setUp(self) -> None:
        self.pid = self.lab.engine_pid

    def tearDown(self) -> None:
        self.assertEqual(self.lab.engine_pid, self.pid, "the engine has been replaced")
        super().tearDown()


class AContainer(HostileTest):
    def test_whose_list_of_users_is_no_file_is_told_of_and_keeps_nobody_waiting(self):
        for made in ("mkfifo /etc/passwd", "mknod /etc/passwd c 1 5", "ln -s /dev/zero /etc/passwd", "mkdir /etc/passwd",
                     "dd if=/dev/zero of=/etc/passwd bs=1 count=0 seek=20G"):
            with self.subTest(made):
                self.assertSucceeds(self.lab.docker("run", "-d", "--name", "box", "busybox", "sh", "-c",
                                                    f"rm /etc/passwd; {made}; touch /ready; exec sleep 1000"))
                wait_until(lambda: self.lab.request("HEAD", "/containers/box/archive?path=/ready")[0] == 200)
                done = self.lab.docker("exec", "-u", "nosuch", "box", "id", timeout=20)
                self.assertNotEqual(done.code, 0)
                self.lab.docker("rm", "-f", "box")
                self.assertIn("/etc/passwd", done.out + done.err)

    def test_may_date_its_files_as_it_likes(self):
        self.assertSucceeds(self.lab.docker(
            "run", "--name", "box", "busybox", "sh", "-c", f"touch -d @{FAR_FUTURE} /late; touch -d @-{FAR_FUTURE} /early"))
        for name in ("late", "early"):
            status, _, body = self.lab.request("GET", f"/containers/box/archive?path=/{name}")
            self.assertEqual(status, 200, body[:200])
            self.assertEqual(tarfile.open(fileobj=io.BytesIO(body)).getnames(), [name])


    def test_may_call_its_files_as_it_likes(self):
        """Names are bytes, not text: they are shown as well as can be, and copied, counted and removed as they are."""
        self.assertSucceeds(self.lab.docker(
            "run", "--name", "box", "-v", "bytes:/v", "busybox", "sh", "-c",
            r"""d=$(printf '/d\377d'); mkdir $d; echo in > "$d/$(printf '\376x')"; ln -s there "$d/$(printf 'l\200')"
                touch /v/$(printf '\200')"""))
        changes = json.loads(self.lab.request("GET", "/containers/box/changes")[2])
        self.assertIn({"Path": "/d\ufffdd/\ufffdx", "Kind": 1}, changes)
        self.assertEqual(self.lab.get("/containers/box/json?size=1")["SizeRw"], len("in\n") + len("there"))
        status, _, body = self.lab.request("GET", "/containers/box/archive?path=/.")
        names = tarfile.open(fileobj=io.BytesIO(body), errors="surrogateescape").getnames()
        self.assertIn(os.fsdecode(b"./d\xffd/\xfex"), names)
        here = tempfile.mkdtemp(dir="/tmp")
        self.addCleanup(shutil.rmtree, os.fsencode(here))
        os.makedirs(os.fsencode(here) + b"/n\xff/\xfe")
        self.assertSucceeds(self.lab.docker("cp", here, "box:/copied"))
        self.assertSucceeds(self.lab.docker("commit", "box", "bytes"))
        self.assertEqual(self.assertSucceeds(self.lab.docker(
            "run", "--rm", "bytes", "sh", "-c", "cd /copied; printf %s * | od -An -tx1; cat /d[!e]*/*x")).out, " 6e ff\nin\n")
        self.assertSucceeds(self.lab.docker("system", "df"))
        for words in (("rm", "box"), ("volume", "rm", "bytes"), ("rmi", "bytes")):
            self.assertSucceeds(self.lab.docker(*words))

    def test_may_trace_its_own_processes_and_none_of_the_machine(self):
        """Docker's default filter: ptrace(2) is allowed, keys, mounts, modules and the like are not. With the machine's
        Python, which its files bring along."""
        if platform.machine() != "x86_64":
            self.skipTest("the numbers of the system calls are those of x86-64")
        refused = {"keyctl": (250, 0, -3, 0), "add_key": (248, 0, 0, 0, 0, -3), "request_key": (249, 0, 0, 0, 0),
                   "mount": (165, 0, 0, 0, 0, 0), "umount2": (166, 0, 0), "pivot_root": (155, 0, 0),
                   "unshare a user namespace": (272, 0x10000000), "setns": (308, 0, 0), "bpf": (321, 0, 0, 0),
                   "perf_event_open": (298, 0, 0, 0, 0, 0), "init_module": (175, 0, 0, 0),
                   "kexec_load": (246, 0, 0, 0, 0), "open_by_handle_at": (304, 0, 0, 0), "userfaultfd": (323, 0),
                   "swapon": (167, 0, 0), "reboot": (169, 0, 0, 0, 0), "fsopen": (430, 0, 0), "open_tree": (428, 0, 0, 0),
                   "move_mount": (429, 0, 0, 0, 0, 0), "quotactl": (179, 0, 0, 0, 0), "acct": (163, 0)}
        program = f"""
import ctypes, json, os
call = ctypes.CDLL(None, use_errno=True).syscall
def number(*arguments):
    return 0 if call(*map(ctypes.c_long, arguments)) >= 0 else ctypes.get_errno()
answers = {{name: number(*arguments) for name, arguments in {refused!r}.items()}}
child = os.fork()
if child == 0:
    os.kill(os.getpid(), 19)
    os._exit(0)
os.waitpid(child, os.WUNTRACED)
answers["attach to its child"] = number(101, 16, child, 0, 0)
answers["attach to a process of the machine"] = number(101, 16, {os.getpid()}, 0, 0)
os.kill(child, 9)
print(json.dumps(answers))
"""
        done = self.lab.docker("run", "--rm", "-i", "-v", "/:/machine:ro", "busybox", "chroot", "/machine", sys.executable,
                               "-", input=program)
        answers = json.loads(self.assertSucceeds(done).out)
        self.assertEqual(answers.pop("attach to its child"), 0)
        self.assertEqual(answers.pop("attach to a process of the machine"), errno.ESRCH)
        self.assertEqual(answers, dict.fromkeys(refused, errno.EPERM))


class AnImage(HostileTest):
    """Its symbolic links lead to the machine's directories; whatever is mounted or copied at them stays within."""

    def setUp(self) -> None:
        super().setUp()
        self.machine = tempfile.mkdtemp(dir="/tmp")
        self.addCleanup(shutil.rmtree, self.machine)
        pathlib.Path(self.machine, "secret").write_text("of the machine")
        links = {"/root-link": "/", "/up": "../" * 20, "/direct": self.machine, "/chain": "/up/root-link/direct",
                 "/self": "/proc/self/root", "/dangling": f"{self.machine}/new"}
        made = " && ".join(f"ln -s {target} {name}" for name, target in links.items())
        self.assertSucceeds(self.lab.docker("build", "-t", "links", "-", input=f"FROM busybox\nRUN {made}\n"))

    def assertUntouched(self) -> None:
        self.assertEqual(os.listdir(self.machine), ["secret"])
        self.assertEqual(pathlib.Path(self.machine, "secret").read_text(), "of the machine")

    def test_whose_links_lead_out_gets_its_mounts_within(self):
        source = tempfile.mkdtemp(dir="/tmp")
        self.addCleanup(shutil.rmtree, source)
        pathlib.Path(source, "given").touch()
        self.assertSucceeds(self.lab.docker("run", "--rm", "-v", "given:/v", "busybox", "touch", "/v/given"))
        for place in ("/direct", "/direct/sub", f"/root-link{self.machine}", f"/up{self.machine}/sub", "/chain", "/chain/a/b",
                      "/dangling", "/dangling/sub"):
            for kind in (f"type=bind,src={source}", "type=volume,src=given", "type=tmpfs", f"type=bind,src={source}/given"):
                with self.subTest(place=place, kind=kind):
                    # A file where a directory is there already is refused, as by Docker.
                    done = self.lab.docker("run", "--rm", "--mount", f"{kind},dst={place}", "links", "sh", "-c",
                                           f"ls {place}; cat /proc/mounts")
                    self.assertNotIn("secret", done.out)
                    if done.code == 0:
                        self.assertIn(f" {self.machine}", done.out)
                    self.assertUntouched()

    def test_whose_links_lead_out_starts_and_copies_within(self):
        for directory in ("/direct/work", "/chain/work", "/dangling", f"/up{self.machine}/work"):
            with self.subTest(directory=directory):
                self.lab.docker("run", "--rm", "-w", directory, "links", "touch", "here")
                self.assertUntouched()
        with self.subTest("the first contents of a volume"):
            done = self.lab.docker("run", "--rm", "-v", "fresh:/direct", "-v", "fresher:/chain", "links", "ls", "/direct",
                                   "/chain")
            self.assertNotIn("secret", done.out)
            self.assertUntouched()
        with self.subTest("copies"):
            self.assertSucceeds(self.lab.docker("create", "--name", "box", "links", "true"))
            for place in ("/direct", "/chain", f"/root-link{self.machine}", f"/self{self.machine}"):
                buffer = io.BytesIO()
                with tarfile.open(fileobj=buffer, mode="w") as archive:
                    archive.addfile(tarfile.TarInfo("copied"))
                self.lab.request("PUT", f"/containers/box/archive?path={place}", buffer.getvalue(),
                                 {"Content-Type": "application/x-tar"})
                self.assertUntouched()
                status, _, body = self.lab.request("GET", f"/containers/box/archive?path={place}/secret")
                self.assertEqual(status, 404, body[:100])


class ABuildContext(HostileTest):
    def build(self, *entries) -> tuple[int, bytes]:
        status, _, body = self.lab.request("POST", "/build?nocache=1", context(*entries),
                                           {"Content-Type": "application/x-tar"})
        return status, body

    def test_whose_directions_are_no_file_is_refused(self):
        fine = ("Dockerfile", tarfile.REGTYPE, b"FROM busybox\n")
        for name in ("Dockerfile", ".dockerignore"):
            rest = [] if name == "Dockerfile" else [fine]
            for kind, value in ((tarfile.FIFOTYPE, None), (tarfile.CHRTYPE, (1, 5)), (tarfile.DIRTYPE, None)):
                with self.subTest(name=name, kind=kind):
                    status, body = self.build(*rest, (name, kind, value))
                    self.assertEqual(status, 400, body[-300:])
                    self.assertIn(f"the file {name} of the build context is no regular file", json.loads(body)["message"])

    def test_may_have_a_pipe_which_is_copied_as_one(self):
        status, body = self.build(
            ("Dockerfile", tarfile.REGTYPE, b"FROM busybox\nADD tube /a\nRUN test -p /a\n"),
            ("tube", tarfile.FIFOTYPE, None))
        self.assertEqual(status, 200)
        self.assertIn(b"Successfully built", body)


class AClient(HostileTest):
    def test_may_send_the_greatest_and_the_smallest_numbers(self):
        for number in (2**63 - 1, -(2**63), 2**63, 2**64, 1e300, -1):
            for name in ("Memory", "MemorySwap", "MemoryReservation", "NanoCpus", "CpuPeriod", "CpuQuota", "PidsLimit",
                         "BlkioWeight", "ShmSize", "OomScoreAdj"):
                with self.subTest(name=name, number=number):
                    status, _, body = self.lab.request(
                        "POST", "/containers/create", {"Image": "busybox", "Cmd": ["true"], "HostConfig": {name: number}})
                    self.assertIn(status, (201, 400), body[:200])

    def test_may_want_a_health_check_to_take_for_ever(self):
        status, _, body = self.lab.request("POST", "/containers/create?name=box", {
            "Image": "busybox", "Cmd": ["sleep", "1000"],
            "Healthcheck": {"Test": ["CMD", "true"], "Interval": 1_000_000, "Timeout": 2**63 - 1, "Retries": 2**31}})
        self.assertEqual(status, 201, body)
        self.assertSucceeds(self.lab.docker("start", "box"))
        wait_until(lambda: self.lab.inspect("box")["State"]["Health"]["Status"] == "healthy")

    def test_may_ask_for_moments_beyond_all_clocks(self):
        for moment in ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "9223372036854775807", "9223372036854775807.5"):
            with self.subTest(moment):
                filters = json.dumps({"until": [moment]}).replace(" ", "").replace('"', "%22")
                status, _, body = self.lab.request("POST", f"/containers/prune?filters={filters}")
                self.assertIn(status, (200, 400), body[:200])


class AProcessThatSwapsNames(HostileTest):
    """While the engine copies to or from a running container, a process in there puts symbolic links to the machine's
    files in the place of what was looked up. Played by Python in the container's root: quicker than any shell."""

    SECRET = b"of the machine"

    def setUp(self) -> None:
        super().setUp()
        self.machine = tempfile.mkdtemp(dir="/tmp")
        self.addCleanup(shutil.rmtree, self.machine)
        self.secret = f"{self.machine}/secret"
        pathlib.Path(self.secret).write_bytes(self.SECRET)
        os.chmod(self.secret, 0o600)
        os.chmod(self.machine, 0o700)
        self.assertSucceeds(self.lab.docker("run", "-d", "--name", "box", "-v", "shared:/v", "busybox", "sleep", "1000"))
        self.root = f"/proc/{self.lab.pid_of('box')}/root"

    @contextlib.contextmanager
    def swapping(self, script: str):
        """Runs Python in the container's /t, over and over, meanwhile."""
        os.makedirs(f"{self.root}/t", exist_ok=True)
        body = textwrap.indent(textwrap.dedent(script), "        ")
        program = f"""
import os
os.chroot("{self.root}")
os.chdir("/t")
machine, secret = "{self.machine}", "{self.secret}"
while True:
    try:
{body}
    except OSError:
        pass
"""
        process = subprocess.Popen([sys.executable, "-c", program])
        try:
            yield
        finally:
            process.kill()
            process.wait()

    def archive(self, path: str) -> tuple[int, bytes]:
        """What is read of a path; status 0 when the reading broke off."""
        try:
            status, _, body = self.lab.request("GET", f"/containers/box/archive?path={path}")
            return status, body
        except http.client.IncompleteRead as error:
            return 0, error.partial

    def assertUntouched(self) -> None:
        self.assertEqual(os.stat(self.secret).st_mode & 0o7777, 0o600)
        self.assertEqual(os.stat(self.machine).st_mode & 0o7777, 0o700)
        self.assertEqual(os.listdir(self.machine), ["secret"])
        self.assertEqual(pathlib.Path(self.secret).read_bytes(), self.SECRET)

    def test_reads_nothing_of_the_machine(self):
        script = """
            os.mkdir("d")
            open("d/secret", "w").write("of the container")
            os.rename("d", "y")
            os.symlink(machine, "d")
            os.unlink("d")
            os.rename("y", "d")
            os.unlink("d/secret")
            os.symlink(secret, "d/secret")
            os.unlink("d/secret")
            os.mkfifo("d/secret")
            os.unlink("d/secret")
            os.rmdir("d")
        """
        seen = set()
        with self.swapping(script):
            for _ in range(60):
                for path in ("/t/d/secret", "/t/d", "/t/d/.", "/t"):
                    status, body = self.archive(path)
                    seen.add(status)
                    self.assertNotIn(self.SECRET, body)
        self.assertIn(200, seen)
        self.assertUntouched()

    def test_changes_nothing_of_the_machine(self):
        """The directory of the archive gives way to a link while the files behind it are still being written."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            for name, kind in [("d", tarfile.DIRTYPE), ("f", tarfile.REGTYPE), ("d/n", tarfile.DIRTYPE)] + [
                    (f"g{number}", tarfile.REGTYPE) for number in range(60)] + [("d/secret", tarfile.REGTYPE)]:
                entry = tarfile.TarInfo(name)
                entry.type, entry.mode, entry.uid = kind, 0o4777, 1234
                archive.addfile(entry)
        for links in ("""
                        os.rename("d", "old")
                        os.symlink(machine, "d")
                        os.unlink("d")
                      """, """
                        os.symlink(secret, "l")
                        os.rename("l", "f")
                      """, """
                        os.rmdir("d/n")
                        os.symlink(machine, "d/n")
                      """):
            with self.subTest(links=links), self.swapping(links):
                for _ in range(25):
                    self.lab.request("PUT", "/containers/box/archive?path=/t", buffer.getvalue(),
                                     {"Content-Type": "application/x-tar"})
                    self.assertUntouched()
                    self.lab.docker("exec", "box", "sh", "-c", "rm -rf /t/*")

    def test_gets_nothing_of_the_machine_mounted(self):
        """A part of a volume that another container turns into a link while it is looked up."""
        os.makedirs(f"{self.root}/v/a/b")
        pathlib.Path(f"{self.root}/v/a/b/secret").write_bytes(b"of the volume")
        os.symlink(self.machine, f"{self.root}/v/link")
        script = """
            os.rename("../v/a/b", "../v/a/c")
            os.rename("../v/link", "../v/a/b")
            os.rename("../v/a/b", "../v/link")
            os.rename("../v/a/c", "../v/a/b")
        """
        seen = set()
        with self.swapping(script):
            for _ in range(20):
                done = self.lab.docker("run", "--rm", "--mount", "type=volume,src=shared,dst=/m,volume-subpath=a/b",
                                       "busybox", "cat", "/m/secret")
                seen.add(done.out)
                self.assertNotIn(self.SECRET.decode(), done.out)
        self.assertLessEqual(seen, {"", "of the volume"})
        self.assertUntouched()


if __name__ == "__main__":
    unittest.main()
