"""Options of containers and volumes that a Docker user expects, beyond those that every container uses."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import tempfile
import termios
import unittest

import machine
from harness import LabTest, wait_until
from terminal import CTRL_C

# The machine's disks whose scheduler looks at no weights.
BLOCK_DEVICES = [f"/dev/{name}" for name in sorted(os.listdir("/sys/block")) if os.path.exists(f"/dev/{name}")
                 and "[bfq]" not in machine.read(f"/sys/block/{name}/queue/scheduler")]
CONTAINER_PROMPT = r"/ # $"


class Volumes(LabTest):
    def tearDown(self) -> None:
        super().tearDown()
        self.lab.docker("volume", "prune", "-af")

    def test_a_part_of_a_volume_is_shown_by_itself(self):
        self.assertSucceeds(self.lab.docker("run", "--rm", "-v", "data:/d", "busybox", "sh", "-c",
                                            "mkdir -p /d/a/b; echo inner > /d/a/b/file; ln -s / /d/out"))
        shown = self.lab.docker("run", "--name", "box", "--mount", "type=volume,src=data,dst=/x,volume-subpath=a/b",
                                "busybox", "sh", "-c", "cat /x/file; ls -a /x; echo more >> /x/file")
        self.assertSucceeds(shown, "inner\n.\n..\nfile\n")
        self.assertSucceeds(self.lab.docker("run", "--rm", "-v", "data:/d", "busybox", "cat", "/d/a/b/file"),
                            "inner\nmore\n")
        with self.subTest("also where the container does not run any more"), tempfile.TemporaryDirectory() as place:
            self.assertSucceeds(self.lab.docker("cp", "box:/x/file", f"{place}/file"))
            self.assertEqual(machine.read(f"{place}/file"), "inner\nmore\n")
        for path, message in (("none", "cannot access path .*/none: no such file or directory"),
                              ("../up", "subpath must be inside the volume"), ("/a", "subpath must be a relative path"),
                              ("out/etc", "cannot access path .*")):
            with self.subTest("what is not in it is refused", path=path):
                done = self.lab.docker("run", "--rm", "--mount",
                                       f"type=volume,src=data,dst=/x,volume-subpath={path}", "busybox", "ls", "/x")
                self.assertNotEqual(done.code, 0)
                self.assertRegex(done.err, message)

    def test_a_volume_in_memory_is_one_for_all_that_use_it_at_the_same_time(self):
        self.assertSucceeds(self.lab.docker("volume", "create", "-o", "type=tmpfs", "-o", "device=tmpfs", "-o",
                                            "o=size=10m,uid=1000", "memory"), "memory\n")
        self.assertEqual(json.loads(self.lab.docker("volume", "inspect", "memory").out)[0]["Options"],
                         {"device": "tmpfs", "o": "size=10m,uid=1000", "type": "tmpfs"})
        self.assertSucceeds(self.lab.docker("run", "-d", "--name", "box", "-v", "memory:/m", "busybox", "sh", "-c",
                                            "echo here > /m/file; sleep 1000"))
        shown = self.assertSucceeds(self.lab.docker("exec", "box", "sh", "-c", "grep ' /m ' /proc/mounts; ls -nd /m")).out
        self.assertRegex(shown, r"^tmpfs /m tmpfs rw,\S*size=10240k\S*uid=1000")
        self.assertRegex(shown, r"(?m)^drwxrwxrwt +\d+ +1000 ")
        wait_until(lambda: self.lab.docker("exec", "box", "cat", "/m/file").out == "here\n")
        self.assertSucceeds(self.lab.docker("run", "--rm", "-v", "memory:/m", "busybox", "cat", "/m/file"), "here\n")
        self.assertSucceeds(self.lab.docker("exec", "box", "cat", "/m/file"), "here\n")
        self.assertSucceeds(self.lab.docker("kill", "box"))
        with self.subTest("and is empty again once nobody uses it"):
            self.assertSucceeds(self.lab.docker("run", "--rm", "-v", "memory:/m", "busybox", "ls", "/m"), "")

    def test_a_volume_that_is_a_directory_of_the_machine_leaves_it_alone_when_it_is_removed(self):
        with tempfile.TemporaryDirectory() as place:
            self.assertSucceeds(self.lab.docker("volume", "create", "-o", "type=none", "-o", f"device={place}", "-o",
                                                "o=bind", "bound"), "bound\n")
            self.assertSucceeds(self.lab.docker("run", "--rm", "-v", "bound:/b", "busybox", "touch", "/b/made"), "")
            self.assertEqual(os.listdir(place), ["made"])
            self.assertSucceeds(self.lab.docker("volume", "rm", "bound"), "bound\n")
            self.assertEqual(os.listdir(place), ["made"])
        done = self.lab.docker("run", "--name", "box", "--mount",
                               "type=volume,src=gone,dst=/g,volume-opt=type=none,volume-opt=o=bind,"
                               f"volume-opt=device={place}", "busybox", "true")
        self.assertRegex(done.err, rf"failed to mount local volume: mount {place}:.*/gone/_data, flags: 0x1000: no such")
        self.assertNotEqual(done.code, 0)

    def test_a_volume_on_etc_does_not_cover_the_files_that_the_engine_keeps(self):
        seen = self.assertSucceeds(self.lab.docker("run", "--rm", "-h", "inner", "-v", "etc:/etc", "busybox", "sh", "-c",
                                                   "cat /etc/hostname; wc -l < /etc/hosts"))
        name, lines = seen.out.split()
        self.assertEqual(name, "inner")
        self.assertGreater(int(lines), 1)
        # One of the three may be replaced on purpose.
        self.assertSucceeds(self.lab.docker("run", "--rm", "-v", "/dev/null:/etc/hosts", "busybox", "wc", "-c", "/etc/hosts"),
                            "0 /etc/hosts\n")

    def test_options_that_name_no_mount_are_refused(self):
        for options, message in ((["foo=bar"], 'create vol: invalid option: "foo"'),
                                 (["type=nfs"], 'create vol: missing required option: "device"'),
                                 (["device=/tmp"], 'create vol: missing required option: "type"'),
                                 (["size=10m"], "create vol: quota size requested but no quota support")):
            arguments = [word for option in options for word in ("-o", option)]
            done = self.lab.docker("volume", "create", *arguments, "vol")
            self.assertEqual((done.code, done.err), (1, f"Error response from daemon: {message}\n"))
        self.assertEqual(self.lab.docker("volume", "ls", "-q").out, "")


class Resources(LabTest):
    def setting(self, controller: str, file: str, *options: str) -> str:
        """What a control file says for a container with options."""
        self.assertSucceeds(self.lab.docker("run", "-d", "--name", "box", *options, "busybox", "sleep", "1000"))
        try:
            return machine.read(f"{machine.cgroup_directory(self.lab.pid_of('box'), controller)}/{file}").strip()
        finally:
            self.lab.remove_containers()

    @unittest.skipUnless(os.path.exists("/sys/fs/cgroup/memory/memory.swappiness"), "swappiness is of version 1")
    def test_swappiness_and_the_period_of_real_time_reach_the_kernel(self):
        self.assertEqual(self.setting("memory", "memory.swappiness", "--memory-swappiness", "10"), "10")
        self.assertEqual(self.setting("memory", "memory.swappiness", "--memory-swappiness", "0"), "0")
        if os.path.exists("/sys/fs/cgroup/cpu/cpu.rt_period_us"):
            self.assertEqual(self.setting("cpu", "cpu.rt_period_us", "--cpu-rt-period", "500000"), "500000")
        done = self.lab.docker("run", "--rm", "--cpu-rt-runtime", "20", "--cpu-rt-period", "10", "busybox", "true")
        self.assertIn("cpu real-time runtime cannot be higher than cpu real-time period", done.err)

    def test_another_volume_driver_is_looked_for_and_not_found(self):
        self.assertSucceeds(self.lab.docker("run", "--rm", "--volume-driver", "local", "-v", "vol:/v", "busybox", "true"))
        done = self.lab.docker("run", "--rm", "--volume-driver", "nonesuch", "-v", "vol:/v", "busybox", "true")
        self.assertEqual(done.code, 125)
        self.assertIn('error looking up volume plugin nonesuch: plugin "nonesuch" not found', done.err)


    def test_an_image_of_another_platform_is_as_good_as_missing(self):
        own, other = ("linux/amd64", "linux/arm64") if os.uname().machine == "x86_64" else ("linux/arm64", "linux/amd64")
        self.assertSucceeds(self.lab.docker("run", "--rm", "--platform", own, "busybox", "echo", "here"), "here\n")
        done = self.lab.docker("run", "--rm", "--pull", "never", "--platform", other, "busybox", "true")
        self.assertEqual(done.code, 125)
        self.assertIn(f"image with reference busybox was found but its platform ({own}) does not match the specified "
                      f"platform ({other})", done.err)

    @unittest.skipUnless(BLOCK_DEVICES, "there is no block device without the scheduler bfq")
    def test_a_weight_that_the_kernel_cannot_honour_is_discarded_with_a_warning(self):
        done = self.assertSucceeds(self.lab.docker("create", "--name", "box", "--blkio-weight-device",
                                                   f"{BLOCK_DEVICES[0]}:100", "busybox", "true"))
        self.assertIn("Your kernel does not support Block I/O weight_device", done.err)
        self.assertSucceeds(self.lab.docker("start", "-a", "box"))


class SharedNamespaces(LabTest):
    def test_a_process_enters_the_namespaces_that_its_container_shares_with_another(self):
        self.assertSucceeds(self.lab.docker("run", "-d", "--name", "first", "--ipc", "shareable", "busybox", "sleep",
                                            "1001"))
        self.assertSucceeds(self.lab.docker("run", "-d", "--name", "second", "--pid", "container:first", "--network",
                                            "container:first", "--ipc", "container:first", "busybox", "sleep", "1002"))
        first, second = self.lab.pid_of("first"), self.lab.pid_of("second")
        for kind, is_shared in (("pid", True), ("net", True), ("ipc", True), ("mnt", False), ("uts", False)):
            with self.subTest(kind):
                inside = self.assertSucceeds(self.lab.docker("exec", "second", "readlink", f"/proc/self/ns/{kind}")).out
                self.assertEqual(inside.strip(), machine.link(f"/proc/{second}/ns/{kind}"))
                self.assertEqual(inside.strip() == machine.link(f"/proc/{first}/ns/{kind}"), is_shared)
        processes = self.assertSucceeds(self.lab.docker("exec", "second", "ps")).out
        self.assertRegex(processes, r"(?m)^ +1 root .* sleep 1001$")
        self.assertRegex(processes, r"(?m) sleep 1002$")
        addresses = [self.lab.docker("exec", name, "ip", "-o", "-4", "addr", "show", "eth0").out
                     for name in ("first", "second")]
        self.assertEqual(*addresses)
        self.assertIn("172.17.", addresses[0])
        with self.subTest("the one that shares sees the other's process, and may end it"):
            self.assertSucceeds(self.lab.docker("exec", "first", "sh", "-c", "kill -9 $(pidof -s sleep | tr ' ' '\\n' | "
                                                "grep -v '^1$') 2>/dev/null; for p in $(pidof sleep); do "
                                                "[ $p = 1 ] || kill -9 $p; done; true"))
            wait_until(lambda: self.lab.inspect("second")["State"]["ExitCode"] == 137)
        self.assertTrue(self.lab.inspect("first")["State"]["Running"])


class Cgroups(LabTest):
    def cgroups(self) -> list[str]:
        """The paths of the container's cgroups, as its first process has them."""
        lines = machine.read(f"/proc/{self.lab.pid_of('box')}/cgroup").splitlines()
        return [line.split(":", 2)[2] for line in lines]

    def test_a_parent_holds_its_containers_and_their_limits(self):
        self.assertSucceeds(self.lab.docker("run", "-d", "--name", "plain", "busybox", "sleep", "1000"))
        own = machine.read(f"/proc/{self.lab.pid_of('plain')}/cgroup")
        self.assertSucceeds(self.lab.docker("run", "-d", "--name", "box", "--cgroup-parent", "/class/first/", "-m", "64m",
                                            "busybox", "sleep", "1000"))
        box, plain = self.lab.inspect("box"), self.lab.inspect("plain")
        self.assertEqual(box["HostConfig"]["CgroupParent"], "/class/first/")
        base = next(line.split(":", 2)[2] for line in own.splitlines() if plain["Id"] in line).removesuffix(f"/{plain['Id']}")
        places = [path for path in self.cgroups() if box["Id"] in path]
        self.assertGreaterEqual(len(places), 1)
        for path in places:
            self.assertTrue(path.endswith(f"{base}/class/first/{box['Id']}") or
                            path == f"{base}/class/first/{box['Id']}", path)
        stats = json.loads(self.lab.request("GET", "/containers/box/stats?stream=0&one-shot=1")[2])
        self.assertEqual(stats["memory_stats"]["limit"], 64 << 20)
        self.assertSucceeds(self.lab.docker("exec", "box", "true"))
        self.assertSucceeds(self.lab.docker("rm", "-f", "box"))
        left = subprocess.run(["find", "/sys/fs/cgroup", "-type", "d", "-name", box["Id"]], capture_output=True, text=True)
        self.assertEqual(left.stdout, "")

    def test_a_parent_is_below_the_labs_own_group_whatever_its_path_says(self):
        self.assertSucceeds(self.lab.docker("run", "-d", "--name", "box", "--cgroup-parent", "/../../outside", "busybox",
                                            "sleep", "1000"))
        for path in self.cgroups():
            if self.lab.inspect("box")["Id"] in path:
                self.assertRegex(path, r"/drydock[^/]*/outside/[0-9a-f]{64}\Z")

    def test_a_parent_goes_with_the_engine(self):
        self.assertSucceeds(self.lab.docker("run", "-d", "--name", "box", "--cgroup-parent", "/going", "busybox", "sleep", "1000"))
        home = next(path for path in self.cgroups() if "/going/" in path).split("/going/")[0].rsplit("/", 1)[1]

        def groups() -> str:
            return subprocess.run(["find", "/sys/fs/cgroup", "-type", "d", "-path", f"*/{home}/*"],
                                  capture_output=True, text=True).stdout

        self.assertIn("/going", groups())
        # Also where the engine had no time to say goodbye.
        self.lab.kill_engine()
        self.assertSucceeds(self.lab.docker("start", "box"))
        self.assertIn("/going", groups())
        self.assertSucceeds(self.lab.drydock("engine", "stop"))
        wait_until(lambda: groups() == "", 20, "groups stayed")
        self.lab.docker("rm", "-f", "box")


class LogsAndTerminals(LabTest):
    def test_a_log_rotates_and_is_read_across_its_files(self):
        self.assertSucceeds(self.lab.docker("run", "--name", "box", "--log-opt", "max-size=2k", "--log-opt", "max-file=3",
                                            "busybox", "sh", "-c", "for i in $(seq 200); do echo line $i; done"))
        path = self.lab.inspect("box")["LogPath"]
        files = sorted(name for name in os.listdir(os.path.dirname(path)) if name.startswith(os.path.basename(path)))
        self.assertEqual(files, [os.path.basename(path) + ending for ending in ("", ".1", ".2")])
        for name in files:
            self.assertLessEqual(os.path.getsize(f"{os.path.dirname(path)}/{name}"), 2048 + 200)
        kept = self.assertSucceeds(self.lab.docker("logs", "box")).out.splitlines()
        self.assertEqual(kept, [f"line {number}" for number in range(201 - len(kept), 201)])
        self.assertGreater(len(kept), 20)
        self.assertSucceeds(self.lab.docker("logs", "--tail", "30", "box"), "\n".join(kept[-30:]) + "\n")

    def test_a_log_that_was_rotated_is_compressed_and_read_all_the_same(self):
        for driver, options in (("json-file", ["max-size=2k", "max-file=3", "compress=true"]),
                                ("local", ["max-size=2k", "max-file=3"])):
            with self.subTest(driver):
                self.assertSucceeds(self.lab.docker(
                    "run", "--name", "box", "--log-driver", driver, *(word for option in options for word in ("--log-opt", option)),
                    "busybox", "sh", "-c", "for i in $(seq 300); do echo line $i; usleep 300; done"))
                home = self.container_directory()
                path = f"{home}/local-logs/container.log" if driver == "local" else self.lab.inspect("box")["LogPath"]
                name = os.path.basename(path)
                wait_until(lambda: sorted(os.listdir(os.path.dirname(path)))[:1] and not any(
                    entry.startswith(f"{name}.") and not entry.endswith(".gz") for entry in os.listdir(os.path.dirname(path))))
                files = sorted(entry for entry in os.listdir(os.path.dirname(path)) if entry.startswith(name))
                self.assertEqual(files, [name, f"{name}.1.gz", f"{name}.2.gz"])
                with gzip.open(f"{path}.1.gz") as file:
                    self.assertIn(b"line ", file.read())
                kept = self.assertSucceeds(self.lab.docker("logs", "box")).out.splitlines()
                self.assertEqual(kept, [f"line {number}" for number in range(301 - len(kept), 301)])
                self.assertGreater(len(kept), 50)
                self.assertSucceeds(self.lab.docker("logs", "--tail", "60", "box"), "\n".join(kept[-60:]) + "\n")
                self.lab.docker("rm", "box")

    def container_directory(self) -> str:
        return f"{self.lab.home}/node1/containers/{self.lab.inspect('box')['Id']}"

    def test_the_log_driver_local_writes_what_docker_reads(self):
        self.assertSucceeds(self.lab.docker("run", "--name", "box", "--log-driver", "local", "busybox", "sh", "-c",
                                            "echo one; echo two >&2; head -c 20000 /dev/zero | tr '\\0' x; echo; printf end"))
        with open(f"{self.container_directory()}/local-logs/container.log", "rb") as file:
            data = file.read()
        entries = []
        while data:
            length = int.from_bytes(data[:4], "big")
            self.assertEqual(data[4 + length:8 + length], data[:4], "the length stands at both ends")
            entries.append(self.fields(data[4:4 + length]))
            data = data[8 + length:]
        lines = {(entry[1].decode(), entry.get(3, b"")[:3]): entry for entry in entries}
        self.assertEqual(lines[("stderr", b"two")][3], b"two")
        self.assertNotIn(4, lines[("stdout", b"one")])
        long = [entry for entry in entries if entry.get(3, b"").startswith(b"xxx")]
        self.assertEqual(b"".join(entry[3] for entry in long), b"x" * 20000)
        pieces = [self.fields(entry[5]) for entry in long]
        self.assertEqual([(piece.get(1, 0), piece[3]) for piece in pieces], [(0, 1), (1, 2)])
        self.assertEqual(len({piece[2] for piece in pieces}), 1)
        self.assertEqual(self.fields(lines[("stdout", b"end")][5]).get(1, 0), 0, "no newline came")
        # Follows, times and choice of streams are as with the other form.
        self.assertSucceeds(self.lab.docker("logs", "-f", "--tail", "1", "box"), "end")
        self.assertRegex(self.lab.docker("logs", "-t", "box").out, r"\A20\d\d-\S+Z one\n")

    @staticmethod
    def fields(message: bytes) -> dict[int, bytes | int]:
        """The members of a protocol buffer by number."""
        found: dict[int, bytes | int] = {}
        position = 0

        def varint() -> int:
            nonlocal position
            value = shift = 0
            while True:
                byte = message[position]
                position += 1
                value |= (byte & 0x7F) << shift
                shift += 7
                if byte < 0x80:
                    return value

        while position < len(message):
            key = varint()
            value = varint()
            if key & 7 == 2:
                found[key >> 3] = message[position:position + value]
                position += value
            else:
                found[key >> 3] = value
        return found

    def test_a_tag_names_the_container(self):
        self.assertSucceeds(self.lab.docker("run", "--name", "box", "--log-opt", "tag={{.Name}}/{{.ID}} {{.ImageName}}",
                                            "busybox", "echo", "line"))
        line = json.loads(machine.read(self.lab.inspect("box")["LogPath"]).splitlines()[0])
        self.assertEqual(line["attrs"], {"tag": f"box/{self.lab.inspect('box')['Id'][:12]} busybox"})
        refused = self.lab.docker("run", "--rm", "--log-opt", "tag={{.Nosuch}}", "busybox", "true")
        self.assertEqual(refused.code, 125)
        self.assertIn('".Nosuch" is no fact of a container', refused.err)

    def test_a_terminal_is_left_and_taken_up_again(self):
        with self.lab.shell("--narrate", "off") as terminal:
            terminal.prompt()
            terminal.type("docker run -it --name box busybox sh")
            terminal.expect(CONTAINER_PROMPT)
            terminal.type("x=kept; tty")
            terminal.expect(CONTAINER_PROMPT)
            terminal.send("\x10\x11")  # Ctrl-P, Ctrl-Q
            terminal.prompt()
            self.assertTrue(self.lab.inspect("box")["State"]["Running"])
            for keys, option in (("\x10\x11", ""), ("a", "--detach-keys a ")):
                terminal.type(f"docker attach {option}box")
                # The shell inside says nothing by itself: Ctrl-C has it prompt again, once it gets that far.
                wait_until(lambda: not termios.tcgetattr(terminal.slave)[3] & (termios.ISIG | termios.ECHO))
                terminal.send(CTRL_C)
                terminal.expect(CONTAINER_PROMPT)
                terminal.type("echo $x")
                terminal.expect(r"\nkept\r?\n/ # $")
                terminal.send(keys)
                terminal.prompt()
                self.assertTrue(self.lab.inspect("box")["State"]["Running"])


if __name__ == "__main__":
    unittest.main()
