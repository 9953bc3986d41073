"""The teaching voice: what it shows of containers is what others read; stepping, planning, errors, sessions."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
import time
import unittest

import machine
from harness import PROGRAM, LabTest, wait_until
from terminal import CTRL_D, ENTER, PROMPT, Terminal

STEP_PROMPT = r"\[q\] take back > $"


class Views(LabTest):
    """`inside` and `compare`, against an independent reading of the kernel."""

    def test_inside_shows_what_the_kernel_has(self):
        self.assertSucceeds(self.lab.docker("run", "-d", "--name", "web", "-m", "32m", "busybox", "sleep", "100"))
        pid = self.lab.pid_of("web")
        page = self.assertSucceeds(self.lab.line("inside web")).out
        with self.subTest("the process, from both sides"):
            inner = re.search(r"NSpid:\s+\d+\s+(\d+)", machine.read(f"/proc/{pid}/status"))[1]
            self.assertRegex(page, rf"(?m)^\|\s+{pid}\s+{inner}\s+sleep 100$")
        for kind in ("mnt", "pid", "net", "uts", "ipc", "user"):
            with self.subTest("namespace", kind=kind):
                found = os.readlink(f"/proc/{pid}/ns/{kind}")
                own = found != os.readlink(f"/proc/self/ns/{kind}")
                self.assertIn(f"{found} ", page)
                line = next(line for line in page.split("\n") if found in line)
                self.assertEqual("not the machine's" in line, own, line)
        with self.subTest("the limit"):
            path = next(line.split(":")[2] for line in machine.read(f"/proc/{pid}/cgroup").splitlines()
                        if ":memory:" in line or line.startswith("0::"))
            files = [f"/sys/fs/cgroup/memory{path}/memory.limit_in_bytes", f"/sys/fs/cgroup{path}/memory.max"]
            self.assertIn("= " + "".join(map(machine.read, files)).strip(), page)
        with self.subTest("the number of mounts"):
            count = len(machine.read(f"/proc/{pid}/mountinfo").splitlines())
            self.assertIn(f"MOUNTS, {count} in all", page)
        with self.subTest("the address"):
            address = json.loads(machine.output("nsenter", "-t", str(pid), "-n", "ip", "-j", "addr", "show", "eth0"))
            found = address[0]["addr_info"][0]
            self.assertIn(f"eth0 {found['local']}/{found['prefixlen']}", page)

    def test_inside_of_a_container_that_does_not_run_shows_what_is_on_disk(self):
        self.assertSucceeds(self.lab.docker("create", "--name", "still", "busybox", "true"))
        page = self.assertSucceeds(self.lab.line("inside still")).out
        self.assertIn("no process now", page)
        self.assertIn("LAYERS", page)
        self.assertNotIn("NAMESPACES of", page)

    def test_compare_tells_what_is_shared(self):
        for arguments in (["--name", "one"], ["--name", "two", "--network", "container:one"]):
            self.assertSucceeds(self.lab.docker("run", "-d", *arguments, "busybox", "sleep", "100"))
        page = self.assertSucceeds(self.lab.line("compare one two")).out
        for kind, shared in (("net", True), ("mnt", False), ("pid", False)):
            links = {os.readlink(f"/proc/{self.lab.pid_of(name)}/ns/{kind}") for name in ("one", "two")}
            self.assertEqual(len(links) == 1, shared)
            self.assertRegex(page, rf"(?m)^\| {kind} .*{'SHARED' if shared else 'each its own'}$")
        self.assertIn("1 image layer is on disk once", page)

    def test_a_name_that_is_not_there_is_said_in_dockers_words(self):
        result = self.lab.line("inside nobody")
        self.assertEqual((result.code, result.out), (1, ""))
        self.assertEqual(result.err, "Error response from daemon: No such container: nobody\n")


class Stepping(LabTest):
    """`step`: somebody goes through a command one step at a time, at a terminal."""

    def begin(self, line: str):
        """Types a line that waits before its first step."""
        terminal = self.lab.shell("--narrate", "brief", columns=80)
        self.addCleanup(terminal.close)
        terminal.prompt()
        terminal.type(line)
        return terminal

    @staticmethod
    def waiting(terminal) -> str:
        """Waits until a step waits; gives its kind."""
        return re.findall(r"next is step \d+(?: of \d+)?, ([a-z.]+):", terminal.expect(STEP_PROMPT))[-1]

    def go_to(self, terminal, kind: str) -> None:
        """Lets all steps be done up to one of this kind, which then waits."""
        while self.waiting(terminal) != kind:
            terminal.send(ENTER)

    def test_it_stops_between_any_two_steps_those_of_the_child_too_while_others_look(self):
        terminal = self.begin("step docker run -d --name web --hostname boat busybox sleep 100")
        self.go_to(terminal, "container.create")
        self.assertEqual(self.lab.docker("ps", "-aq").out, "")
        self.go_to(terminal_after(terminal), "process.clone")
        with self.subTest("a second client sees the container that is not started yet"):
            self.assertSucceeds(self.lab.docker("inspect", "-f", "{{.State.Status}} {{.State.Pid}}", "web"),
                                "created 0\n")
        terminal.send(ENTER)
        pid = int(re.search(r"PID (\d+) here is PID 1", terminal.expect(STEP_PROMPT))[1])
        with self.subTest("its process waits, and has done nothing yet"):
            self.assertRegex(machine.read(f"/proc/{pid}/status"), rf"NSpid:\s+{pid}\s+1\n")
            self.assertNotIn(f"{self.lab.home}/node1/containers", machine.read(f"/proc/{pid}/mountinfo"))
        self.go_to(terminal_after(terminal), "hostname.set")
        name = ["nsenter", "-t", str(pid), "-u", "cat", "/proc/sys/kernel/hostname"]
        self.assertNotEqual(machine.output(*name), "boat\n")
        terminal.send(ENTER)
        terminal.expect(STEP_PROMPT)
        self.assertEqual(machine.output(*name), "boat\n")
        with self.subTest("nothing runs before the last step"):
            self.go_to(terminal_after(terminal), "process.execute")
            self.assertEqual(self.lab.inspect("web")["State"]["Status"], "created")
        terminal.send(ENTER)
        terminal.prompt()
        self.assertEqual(self.lab.inspect("web")["State"]["Pid"], pid)
        self.assertRegex(terminal.run("steps"), r"(?m)^\|\s+\d+  process\.execute ")
        terminal.send(CTRL_D)
        self.assertEqual(terminal.wait(), 0)

    def test_q_takes_all_back(self):
        for place in ("layer.create", "veth.create", "root.pivot", "process.execute"):
            with self.subTest(before=place):
                before, already = machine.Snapshot.take(self.lab.home), machine.Held.by(self.lab.home)
                terminal = self.begin("step docker run -d --name web busybox sleep 100")
                self.go_to(terminal, place)
                held = machine.Held.by(self.lab.home)
                held = machine.Held(held.names - already.names, held.moment)
                terminal.send("q")
                told = terminal.prompt()
                self.assertIn(f"({place}), as you wished", told)
                self.assertIn("taken back: container.create", told)
                self.assertEqual(self.lab.docker("ps", "-aq").out, "")
                self.assertEqual(os.listdir(f"{self.lab.home}/node1/containers"), [])
                terminal.send(CTRL_D)
                terminal.wait()
                terminal.close()
                self.assertEqual(machine.left_behind(before, self.lab.home, held=held), [])

    def test_c_runs_on_and_the_container_has_the_terminal(self):
        terminal = self.begin("step docker run -it --rm --name box busybox sh")
        self.go_to(terminal, "mount.proc")
        terminal.send("c")
        terminal.expect(r"/ # $")
        terminal.type("echo $((6 * 7))")
        terminal.expect(r"\b42\b")
        terminal.type("exit")
        terminal.prompt()
        terminal.send(CTRL_D)
        self.assertEqual(terminal.wait(), 0)
        self.assertTrue(terminal.modes_are_restored())

    def test_a_second_process_is_gone_through_too(self):
        self.assertSucceeds(self.lab.docker("run", "-d", "--name", "box", "busybox", "sleep", "100"))
        terminal = self.begin("step docker exec box echo inside")
        kinds = []
        while True:
            found = terminal.expect(f"{STEP_PROMPT}|{PROMPT}")
            if not re.search(STEP_PROMPT, found):
                break
            kinds.append(re.findall(r"step \d+(?: of \d+)?, ([a-z.]+):", found)[-1])
            terminal.send(ENTER)
        self.assertEqual((kinds[0], kinds[-1]), ("namespace.enter", "process.execute"))
        self.assertRegex(found, r"(?m)^inside\r?$")

    def test_p_asks_what_comes_next(self):
        terminal = self.begin("step docker create --name still busybox true")
        self.assertEqual(self.waiting(terminal), "image.resolve")
        terminal.send("p")
        question = terminal.expect(r"\[1-\d\] > $")
        number = re.search(r"(?m)^\|   (\d) +still is [0-9a-f]{12}, made from busybox\r?$", question)[1]
        terminal.send(number)
        told = terminal.expect(STEP_PROMPT)
        self.assertIn("Right.", told)
        self.assertIn("container.create:", told)
        terminal.send("q")
        terminal.prompt()
        self.assertEqual(self.lab.docker("ps", "-aq").out, "")

    def test_a_shell_that_is_gone_leaves_nothing_half_done(self):
        terminal = self.begin("step docker run -d --name web busybox sleep 100")
        self.go_to(terminal, "mount.sys")
        terminal.close()
        wait_until(lambda: self.lab.docker("ps", "-aq").out == "", message="the half-built container stayed")


class Explaining(LabTest):
    """`explain`: the plan of a command, and nothing is done."""

    # What to type after docker, and a kind of step that its plan has.
    PLANS = [
        ("run -d --name new -m 64m -p 18080:80 busybox sleep 100", "memory 64 MiB at most"),
        ("create --name new busybox true", "writable layer for new"),
        ("stop web", "SIGTERM"), ("kill web", "SIGKILL"), ("kill -s HUP web", "SIGHUP"), ("pause web", "all processes of web standing still"),
        ("rename web shop", "shop"), ("rm still", "still"), ("rm -f web", "SIGKILL"),
        ("exec web ls", "setns(pidfd of"), ("start still", "PID 1"), ("network create other", "other"),
        ("network rm lab", "lab"), ("volume create more", "more"), ("volume rm data", "data"),
        ("network connect lab web", "a cable to br-"), ("network disconnect bridge web", "cable"),
        ("tag busybox mine:1", "mine:1 -> "), ("rmi spare", "spare no longer names"), ("rmi only", "is gone, with 1 layer"),
        ("commit web mine:2", "what web has written, as a new layer"),
        ("cp {file} web:/new", "the archive, unpacked in / of web"),
        ("update -m 128m --memory-swap 256m web", "memory 128 MiB at most"),
        ("build -t mine:3 {context}", "RUN echo hi > /hi"),
    ]

    def setUp(self):
        self.assertSucceeds(self.lab.docker("run", "-d", "--name", "web", "busybox", "sleep", "100"))
        self.assertSucceeds(self.lab.docker("create", "--name", "still", "busybox", "true"))
        self.assertSucceeds(self.lab.docker("network", "create", "lab"))
        self.assertSucceeds(self.lab.docker("volume", "create", "data"))
        self.assertSucceeds(self.lab.docker("tag", "busybox", "spare"))
        self.context = tempfile.mkdtemp(prefix="drydock-test-", dir="/tmp")
        self.addCleanup(shutil.rmtree, self.context)
        with open(f"{self.context}/Dockerfile", "w", encoding="utf-8") as file:
            file.write("FROM busybox\nRUN echo hi > /hi\nCMD [\"cat\", \"/hi\"]\n")
        self.assertSucceeds(self.lab.docker("commit", "still", "only"))
        self.addCleanup(self.lab.docker, "rmi", "spare", "only")
        self.addCleanup(self.lab.docker, "network", "rm", "lab")
        self.addCleanup(self.lab.docker, "volume", "rm", "data")

    def everything(self) -> dict:
        """All that a command could have changed: what the engine lists, the kernel's things, the files."""
        files = sorted(f"{path}/{name}" for path, dirs, names in os.walk(f"{self.lab.home}/node1")
                       for name in dirs + names if "/journal" not in path)
        return {
            "containers": sorted((c["Id"], c["Names"][0], c["State"]) for c in self.lab.get("/containers/json?all=1")),
            "networks": sorted(n["Id"] for n in self.lab.get("/networks")),
            "images": sorted((i["Id"], sorted(i["RepoTags"] or [])) for i in self.lab.get("/images/json?all=1")),
            "limits": machine.read(machine.cgroup_directory(self.lab.pid_of("web"), "memory") + "/memory.limit_in_bytes"),
            "volumes": sorted(v["Name"] for v in self.lab.get("/volumes")["Volumes"] or []),
            "steps": len(self.lab.steps()), "files": files,
            "machine": machine.Snapshot.take(self.lab.home).things,
        }

    def test_gives_the_plan_of_each_operation_and_changes_nothing(self):
        before = self.everything()
        for command, part in self.PLANS:
            command = command.format(file=f"{self.context}/Dockerfile", context=self.context)
            with self.subTest(command):
                page = self.assertSucceeds(self.lab.line(f"explain docker {command}", level="brief")).out
                self.assertIn("This is what would be done. Nothing is.", page)
                self.assertIn("and none was done", page)
                self.assertIn(part, page)
                after = self.everything()
                for kind in before:
                    self.assertEqual(after[kind], before[kind], kind)

    def test_a_removal_is_planned_as_it_is_done(self):
        """How much of an image goes depends on who else uses it."""
        self.assertSucceeds(self.lab.docker("build", "-t", "shares", "-", input="FROM only\nCMD [\"true\"]\n"))
        for name in ("spare", "only", "shares"):
            with self.subTest(name):
                told = [re.findall(r"(?m)^\| \d (?:untag|delete) .*$", text) for text in
                        (self.lab.line(f"explain docker rmi {name}", level="brief").out,
                         self.assertSucceeds(self.lab.line(f"docker rmi {name}", level="brief")).err)]
                self.assertEqual(told[0], told[1])
                self.assertTrue(told[0])

    def test_a_build_is_planned_instruction_by_instruction(self):
        page = self.lab.line(f"explain docker build -t mine:3 {self.context}", level="brief").out
        self.assertRegex(page, r"(?s)FROM -> [0-9a-f]{12}, the base image.*RUN echo hi > /hi: not in the cache.*CMD \[.*"
                               r"mine:3 -> the image")

    def test_says_what_each_flag_means(self):
        page = self.lab.line("explain docker run -m 64m --rm busybox true").out
        self.assertRegex(page, r"(?m)^  -m, --memory +Memory limit$")
        self.assertRegex(page, r"(?m)^  --rm +Automatically remove")

    def test_the_page_fits_a_narrow_terminal(self):
        with self.lab.shell(columns=60, rows=400) as terminal:
            terminal.prompt()
            page = terminal.run("explain docker run --rm -p 18080:80 --health-cmd true busybox sleep 100")
        self.assertIn("Automatically remove the container", page)
        # What was typed is longer than the terminal is wide.
        for line in page.partition("sleep 100\n")[2].split("\n"):
            self.assertLessEqual(len(line.rstrip("\r")), 60, line)

    def test_of_what_can_not_be_is_dockers_own_message(self):
        for command, message in (("rm web", "You cannot remove a running container"),
                                 ("exec still ls", "is not running"), ("stop nobody", "No such container: nobody"),
                                 ("ps", "would change nothing"), ("network connect bridge web", "already exists in network"),
                                 ("commit nobody mine", "No such container: nobody")):
            with self.subTest(command):
                result = self.lab.line(f"explain docker {command}")
                self.assertEqual((result.code, result.out), (1, ""))
                self.assertIn(message, result.err)


class ErrorsTeach(LabTest):
    """Docker's message first, exactly; then why, and a line that repairs it."""

    def assertTeaches(self, line: str, message: str, repair: str) -> str:
        """Runs a line that fails; gives what was printed below Docker's message."""
        result = self.lab.line(line, level="brief")
        self.assertNotEqual(result.code, 0, result.err)
        place = (result.out + result.err).find(message)
        self.assertGreaterEqual(place, 0, f"{message!r} is not in:\n{result.out}{result.err}")
        help_text = (result.out + result.err)[place:]
        self.assertRegex(help_text, r"(?m)^\| hint: ")
        self.assertIn(f"\n|   > {repair}\n", help_text)
        return help_text

    def test_of_a_flag_behind_the_image(self):
        self.assertTeaches("docker run --rm busybox -it", 'exec: "-it": executable file not found in $PATH: unknown',
                           "docker run -it --rm busybox")

    def test_of_a_name_that_is_taken(self):
        self.assertSucceeds(self.lab.docker("create", "--name", "web", "busybox", "true"))
        self.assertTeaches("docker run --name web busybox true", 'The container name "/web" is already in use',
                           "docker rm -f web")

    def test_of_an_image_that_is_not_there(self):
        self.assertTeaches("docker run --rm busyboy true", "Unable to find image 'busyboy:latest' locally",
                           "docker run --rm busybox true")

    def test_of_a_port_that_is_taken_and_the_offered_line_works(self):
        self.assertSucceeds(self.lab.docker("run", "-d", "--name", "web", "-p", "18080:80", "busybox", "sleep", "100"))
        told = self.assertTeaches("docker run -d -p 18080:80 busybox sleep 100", "port is already allocated",
                                  "docker run -d -p 18081:80 busybox sleep 100")
        self.assertIn("Container web has port 18080 already", told)
        self.assertSucceeds(self.lab.docker("run", "-d", "-p", "18081:80", "busybox", "sleep", "100"))

    def test_of_states(self):
        self.assertSucceeds(self.lab.docker("run", "-d", "--name", "web", "busybox", "sleep", "100"))
        self.assertTeaches("docker rm web", "You cannot remove a running container", "docker stop web")
        self.assertSucceeds(self.lab.docker("pause", "web"))
        self.assertTeaches("docker exec web ls", "Container web is paused, unpause the container before exec",
                           "docker unpause web")
        self.assertSucceeds(self.lab.docker("kill", "web"))
        self.assertTeaches("docker attach web", "You cannot attach to a stopped container, start it first",
                           "docker start -ai web")

    def test_of_a_shell_that_ends_at_once_in_the_background(self):
        result = self.assertSucceeds(self.lab.line("docker run -d busybox", level="brief"))
        self.assertRegex(result.err, r"(?m)^\|   > docker run -dit busybox$")

    def test_not_where_docker_stands_alone_or_nothing_is_to_be_told(self):
        self.assertEqual(self.lab.docker("start", "nobody").err,
                         "Error response from daemon: No such container: nobody\n"
                         "Error: failed to start containers: nobody\n")
        self.assertNotIn("hint", self.lab.line("docker start nobody", level="off").err)

    def test_explain_says_more_of_the_last_failure(self):
        with self.lab.shell("--narrate", "brief", columns=80) as terminal:
            terminal.prompt()
            self.assertIn("No command has failed yet", terminal.run("explain"))
            terminal.run("docker exec nobody ls")
            page = terminal.run("explain")
        self.assertIn("`docker exec nobody ls` failed, exit code 1.", page)
        self.assertIn("No such container: nobody", page)
        self.assertRegex(page, r"(?m)^\| Why: ")
        self.assertRegex(page, r"(?m)^\|   > docker ps -a\r?$")


class Sessions(LabTest):
    """What a shell keeps and shows beside commands."""

    def test_trace_lists_the_childs_system_calls_with_results_and_times(self):
        page = self.assertSucceeds(self.lab.drydock(
            "--narrate", "off", "-c", "docker run --rm --hostname boat busybox true", "-c", "trace")).out
        self.assertRegex(page, r'(?m)^\| +[\d.]+ (us|ms)  = 0  sethostname\("boat", 4\)$')
        self.assertRegex(page, r'(?m)^\| +[\d.]+ (us|ms)  = 0  fchdir\(root\)$')

    def test_watch_steps_tells_what_another_client_does(self):
        terminal = self.lab.shell("--narrate", "brief", columns=80)
        self.addCleanup(terminal.close)
        terminal.prompt()
        terminal.type("watch steps")
        terminal.expect(r"\(q ends\)")
        self.assertSucceeds(self.lab.docker("create", "--name", "seen", "busybox", "true"))
        terminal.expect(r"empty writable layer for seen")
        terminal.send("q")
        terminal.prompt()
        terminal.send(CTRL_D)
        self.assertEqual(terminal.wait(), 0)
        self.assertTrue(terminal.modes_are_restored())

    def test_watch_runs_a_command_again(self):
        terminal = self.lab.shell("--narrate", "brief", columns=80)
        self.addCleanup(terminal.close)
        terminal.prompt()
        terminal.type("watch docker ps -a")
        terminal.expect("NAMES")
        self.assertSucceeds(self.lab.docker("create", "--name", "later", "busybox", "true"))
        terminal.expect(r"\blater\b")
        terminal.send("q")
        terminal.prompt()

    def test_an_alias_is_kept_for_the_next_session(self):
        self.assertSucceeds(self.lab.line("alias dpsq='docker ps -aq --no-trunc'"))
        self.assertSucceeds(self.lab.docker("create", "--name", "web", "busybox", "true"))
        self.assertEqual(self.lab.line("dpsq").out.strip(), self.lab.inspect("web")["Id"])
        self.assertSucceeds(self.lab.line("unalias dpsq"))
        self.assertEqual(self.lab.line("dpsq").code, 127)

    def test_a_line_of_the_programs_own_is_offered_without_its_name(self):
        result = self.lab.line("drydock topology")
        self.assertEqual((result.code, result.out), (127, ""))
        self.assertRegex(result.err, r"(?m)\btopology$")
        self.assertNotIn("drydock topology", result.err)

    def test_what_the_shell_says_is_broken_between_words(self):
        with self.lab.shell(columns=60) as terminal:
            terminal.prompt()
            said = terminal.run("xyzzyxyzzyxyzzy")
        self.assertIn("is no word of this shell", said)
        for line in said.split("\n"):
            self.assertLessEqual(len(line.rstrip("\r")), 60, line)

    def test_a_long_page_stops_at_the_windows_end(self):
        terminal = self.lab.shell(columns=80, rows=12)
        self.addCleanup(terminal.close)
        terminal.prompt()
        terminal.type("help")
        first = terminal.expect(r"-- \d+ more:.*enough ")
        self.assertLessEqual(first.count("\n"), 13)
        terminal.send(" ")
        terminal.expect(r"-- \d+ more:.*enough ")
        terminal.send("q")
        terminal.prompt()
        terminal.type("help")
        terminal.expect(r"enough ")
        terminal.send("a")
        self.assertIn("history", terminal.prompt())

    def test_a_line_that_ends_in_a_backslash_goes_on_in_the_next(self):
        terminal = self.lab.shell("--narrate", "off", columns=80)
        self.addCleanup(terminal.close)
        terminal.prompt()
        terminal.type("docker run --rm \\")
        terminal.expect(r"(?m)^> $")
        terminal.type("busybox echo one \\")
        terminal.expect(r"(?m)^> $")
        terminal.type("two")
        self.assertRegex(terminal.prompt(), r"(?m)^one two$")

    def test_no_color_and_themes(self):
        def escapes(theme: str | None, **extra) -> set[str]:
            self.lab.line(f"set theme {theme}")
            terminal = Terminal([PROGRAM, "--narrate", "full", "-c", "docker create --rm busybox true"],
                                self.lab.environment | extra)
            self.addCleanup(terminal.close)
            shown = []
            terminal.screen.feed = shown.append
            terminal.wait()
            return set(re.findall(r"\x1b\[([0-9;]+)m", "".join(shown)))
        self.assertEqual(escapes("dark", NO_COLOR="1"), set())
        dark, light, projector = (escapes(theme) for theme in ("dark", "light", "projector"))
        self.assertTrue(any(code.startswith("38;5;") for code in dark), dark)
        self.assertTrue(any("38;5;" in code for code in light - dark), light)
        self.assertFalse(any("38;5;" in code for code in projector), projector)
        self.lab.line("set theme dark")


class Kept(LabTest):
    """`record` and `transcript`."""

    def keep(self, word: str) -> str:
        """A session with a command, an error and a page; gives the file."""
        path = f"{self.lab.client_home}/{word}"
        terminal = self.lab.shell("--narrate", "brief", columns=80)
        self.addCleanup(terminal.close)
        terminal.prompt()
        terminal.type(f"{word} {path}")
        terminal.expect("exit` ends it")
        terminal.prompt()
        terminal.type("docker run --rm busybox echo 안녕 '`x`'")
        terminal.prompt()
        terminal.type("docker start nobody")
        terminal.prompt()
        self.assertIn("already", terminal.run(f"record {path}2"))
        terminal.type("docker run -it --rm busybox sh")
        terminal.expect(r"/ # $")
        terminal.resize(90, 30)
        terminal.type("stty size; exit")
        terminal.expect(r"\b30 90\b")
        terminal.prompt()
        terminal.type("exit 3")
        terminal.expect(r"Kept in ")
        terminal.prompt()
        self.assertIn("File exists", terminal.run(f"{word} {path}"))
        terminal.send(CTRL_D)
        terminal.wait()
        self.assertTrue(terminal.modes_are_restored())
        with open(path, encoding="utf-8") as file:
            return file.read()

    def test_a_recording_is_an_asciicast(self):
        lines = [json.loads(line) for line in self.keep("record").splitlines()]
        self.assertEqual((lines[0]["version"], lines[0]["width"]), (2, 80))
        events = lines[1:]
        self.assertTrue(all(a[0] <= b[0] for a, b in zip(events, events[1:])))
        shown = "".join(text for _, kind, text in events if kind == "o")
        self.assertIn("안녕 `x`\r\n", shown)
        self.assertIn([90, 30], [list(map(int, text.split("x"))) for _, kind, text in events if kind == "r"])

    def test_a_transcript_is_markdown_with_commands_outputs_and_explanations(self):
        text = self.keep("transcript")
        self.assertTrue(text.startswith("# A session of Drydock\n"))
        self.assertIn("\n## 1. `` docker run --rm busybox echo 안녕 '`x`' ``\n", text)
        first = text.split("\n## ")[1]
        self.assertIn("\n```console\n안녕 `x`\n```\n", first)
        self.assertRegex(first, r"(?s)```text\n\| CREATE.*\n```\n")
        second = text.split("\n## ")[2]
        self.assertIn("No such container: nobody\n", second)
        self.assertIn("\nExit code 1.\n", second)
        self.assertNotIn("\x1b", text)


def terminal_after(terminal):
    """The terminal, after the step that waits was let go on."""
    terminal.send(ENTER)
    return terminal


if __name__ == "__main__":
    unittest.main()
