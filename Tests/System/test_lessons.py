"""Lessons, as students, instructors and authors meet them."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

import machine
from harness import PROGRAM, ROOT, LabTest, wait_until
from terminal import CTRL_C, Terminal

SMALL = """---
id: 90-small
title: A small lesson
minutes: 1
level: beginner
after: []
requires: []
tracks: [full]
skip: false
---
Hello.

```setup
SETUP
```

```file note.txt
from the lesson
```

## 1. One
<!-- step: one -->
Make a container `it`.

What is its name, in two words? <!-- ask: words -->

```check
docker inspect -f '{{.Name}}' it
= /it
else There is no `it`.
docker logs it
error has wrong
within 10s
else `it` has not said anything wrong.
answer words = "it's me"
else No.
```

> hint: A hint.

```solution
docker run -d --name it busybox sh -c 'echo wrong >&2'
```

## Quiz
<!-- quiz -->

```quiz first
? Right?
+ Yes
- No: wrong.
- Perhaps: wrong, too.
```

## End
<!-- summary -->
A [namespace](glossary:namespace).
"""


def flat(text: str) -> str:
    """A text without its line breaks."""
    return " ".join(text.split())


class LessonTest(LabTest):
    """With a directory for courses and reports."""

    def setUp(self) -> None:
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="drydock-lessons-", dir="/tmp"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.addCleanup(shutil.rmtree, f"{self.lab.home}/learner", ignore_errors=True)

    def course(self, setup: str = "docker version") -> pathlib.Path:
        """A course of one small lesson."""
        (self.folder / "en").mkdir(exist_ok=True)
        (self.folder / "en" / "90-small.md").write_text(SMALL.replace("SETUP", setup))
        return self.folder

    def shell(self, *arguments: str, **environment: str) -> Terminal:
        """A shell, its first prompt already there."""
        terminal = Terminal([PROGRAM, "--narrate", "off", *arguments],
                            self.lab.environment | {"DRYDOCK_LESSONS": str(ROOT / "lessons")} | environment, rows=200)
        self.addCleanup(terminal.close)
        terminal.prompt()
        return terminal

    def trace(self) -> tuple[int, int]:
        """How many steps and events there are."""
        _, _, events = self.lab.request("GET", f"/events?since=1&until={time.time():.9f}")
        return len(self.lab.steps()), len(events.splitlines())


class Student(LessonTest):
    """Somebody goes through a lesson."""

    def test_a_whole_lesson(self) -> None:
        self.lab.docker("run", "-d", "--name", "mine", "busybox", "sleep", "600")
        shell = self.shell()
        text = shell.run("lesson start 02")
        self.assertIn("step 1 of 5", text)
        self.assertNotIn("Now find that number", text, "what follows a prediction waits for it")
        for command in ["docker run -d --name web lab/web", "!true", "help; docker ps", "@node1 true", "sleep 1"]:
            self.assertIn("First predict", shell.run(command), command)
        self.assertIn("glossary", shell.run("help"))
        self.assertIn("from 1 to 3", shell.run("4"))
        self.assertIn("Now find that number", shell.run("1"))
        # A mistake, and what is said of it.
        shell.run("docker run -d --name wbe lab/web")
        before = self.trace()
        self.assertIn("no container named `web`", shell.run("check"))
        self.assertEqual(self.trace(), before, "a check leaves no trace")
        self.assertIn("Hint 1 of 2", shell.run("hint"))
        self.assertIn("Hint 2 of 2", shell.run("hint"))
        self.assertIn("no more hints", shell.run("hint"))
        # Another way than the one that was shown.
        shell.run("docker create --name web lab/web")
        self.assertIn("does not run", shell.run("check"))
        self.assertIn("Still to be answered", shell.run("docker start web"))
        self.assertIn("Inside it is 1", shell.run("answer it's 1"))
        self.assertIn("Still to be answered", shell.run("next"))
        text = shell.run(str(self.lab.pid_of("web")))
        self.assertIn("[ok] One process, two numbers", text)
        self.assertIn("You predicted: Also 1", text)
        self.assertIn("step 2 of 5", shell.run("next"))
        text = shell.run("skip", timeout=60)
        self.assertIn("node1> docker inspect -f", text)
        self.assertIn("[ok] Seen from outside", text)
        shell.type("exit")
        shell.wait()

        # The engine is reset meanwhile; the lesson goes on where it stood.
        self.assertEqual(self.lab.reset().code, 0)
        self.lab.start_engine()
        shell = self.shell()
        text = shell.run("lesson", timeout=60)
        self.assertIn("not as you left it", text)
        self.assertIn("step 2 of 5", text)
        self.assertTrue(self.lab.inspect("web")["State"]["Running"])
        self.assertIn("step 3 of 5", shell.run("next"))
        self.assertIn("step 2 of 5", shell.run("back"))
        shell.run("next")
        shell.run("2")
        shell.run("docker rm -f web")
        self.assertIn("leaves you alone", shell.run("play"))
        self.assertNotIn("[ok]", shell.run("docker run -d --name named --hostname ship busybox sleep 600"))
        self.assertIn("[ok] A name of its own", shell.run("check"))
        shell.run("next")
        # `web`, which this step needs, is gone: the world is put right first.
        self.assertIn("lab is as it was", shell.run("reset", timeout=60))
        self.assertTrue(self.lab.inspect("web")["State"]["Running"])
        self.assertIn("[ok] Two containers", shell.run("skip", timeout=60))
        self.assertIn("step 5 of 5", shell.run("next"))
        self.assertIn("[ok] On your own", shell.run("docker run -d --name watcher --pid host busybox sleep 600"))
        self.assertIn("quiz, question 1 of 3", shell.run("next"))
        self.assertIn("three virtual machines", shell.run("2"))
        text = shell.run("1")
        self.assertIn("[ok]", text)
        self.assertIn("quiz, question 2 of 3", text, "no question is answered unread")
        self.assertIn("quiz, question 3 of 3", shell.run("2"))
        self.lab.docker("run", "-d", "--name", "mine", "busybox", "sleep", "600")
        text = shell.run("1", timeout=60)
        self.assertIn("You have finished", text)
        self.assertIn("what it made was removed", text)
        names = [container["Names"][0] for container in self.lab.get("/containers/json?all=1")]
        self.assertEqual(names, ["/mine"], "only what the lesson made is removed")
        self.assertIn("[done]", shell.run("lesson list"))
        history = pathlib.Path(self.lab.home, "learner", "history").read_text()
        self.assertNotIn("docker inspect", history, "checks are not in the history")

    def test_a_lesson_that_was_left_has_its_world_again(self) -> None:
        shell = self.shell()
        shell.run("lesson start 15")
        shell.run("3")
        shell.run("docker run -d --name onhost --network host lab/web")
        self.assertIn("[ok]", shell.run("nothing"))
        shell.run("next")
        self.assertIn("removed: 1 container", shell.run("lesson leave"))
        self.assertEqual(self.lab.get("/containers/json?all=1"), [])
        text = shell.run("lesson start 15", timeout=60)
        self.assertIn("step 2 of 5", text)
        self.assertNotIn("not as you left it", text)
        self.assertTrue(self.lab.inspect("onhost")["State"]["Running"])
        # Another lesson begun meanwhile is no different.
        shell.run("lesson start 02", timeout=60)
        self.assertEqual(self.lab.get("/containers/json?all=1"), [])
        self.assertIn("step 2 of 5", shell.run("lesson start 15", timeout=60))
        self.assertTrue(self.lab.inspect("onhost")["State"]["Running"])

    def test_nothing_is_said_while_the_offered_lines_are_typed(self) -> None:
        shell = self.shell()
        shell.run("lesson start 21")
        shell.run("1")
        # The check holds from the second line on; the third shows what was predicted.
        self.assertNotIn("[ok]", shell.run("docker run -d --name deaf busybox sleep 1000"))
        self.assertNotIn("[ok]", shell.run("docker stop  -t 1 deaf"))
        text = shell.run("docker inspect -f '{{.State.ExitCode}}' deaf")
        self.assertIn("137", text.split("[ok]")[0])
        self.assertIn("You predicted: 143", text)
        # Who does not follow the page is told at once, and who asks is.
        shell.run("next")
        self.assertNotIn("[..]", shell.run("docker run -d --name polite lab/web"))
        self.assertNotIn("[..]", shell.run("docker stop polite"))
        self.assertIn("Still to be answered", shell.run("check"))
        self.assertIn("[ok]", shell.run("0"))

    def test_what_held_between_the_offered_lines_is_done(self) -> None:
        self.course()
        waiting = SMALL[SMALL.index("docker logs it\n"):SMALL.index("answer words")]
        offered = "Make a container `it`.\n\n```try\ndocker create --name it busybox\ndocker rm it\n```"
        (self.folder / "en" / "90-small.md").write_text(
            SMALL.replace("SETUP", "docker version").replace(waiting, "").replace("Make a container `it`.", offered))
        shell = self.shell(DRYDOCK_LESSONS=str(self.folder))
        shell.run("lesson start 90")
        self.assertNotIn("[..]", shell.run("docker create --name it busybox"))
        self.assertIn("Still to be answered", shell.run("docker rm it"))
        self.assertIn("[ok] One", shell.run("answer it's me"))
        # After a reset it has to hold again.
        shell.run("reset", timeout=60)
        self.assertIn("There is no `it`", shell.run("check"))

    def test_the_quiz_before_the_steps(self) -> None:
        shell = self.shell()
        shell.run("lesson start 02")
        text = shell.run("quiz")
        self.assertIn("Not all steps are done yet", text)
        self.assertIn("quiz, question 1 of 3", text)
        for word in ["hint", "skip", "check"]:
            self.assertIn("This is the quiz", shell.run(word), word)
        self.assertIn("step 1 of 5", shell.run("back"))
        shell.run("quiz")
        for number in ["1", "2"]:
            shell.run(number)
        text = shell.run("1")
        self.assertIn("5 steps are still open", text)
        self.assertIn("step 1 of 5", text)
        self.assertNotIn("[done]", shell.run("lesson list"))

    def test_an_image_that_was_there_stays(self) -> None:
        shell = self.shell()
        shell.run("lesson start 06")
        shell.run("skip", timeout=60)
        self.assertIn("step 2 of", shell.run("next"))
        shell.run("1")
        shell.run("docker rmi lab/web:2")
        shell.run("docker pull lab/web:2")
        self.assertIn("lab is as it was", shell.run("reset", timeout=60))
        self.assertEqual(self.lab.docker("image", "inspect", "lab/web:2").code, 0)
        self.assertIn("closed", shell.run("lesson leave", timeout=60))
        self.assertEqual(self.lab.docker("image", "inspect", "lab/web:2").code, 0)

    def test_korean(self) -> None:
        shell = self.shell(DRYDOCK_LANG="ko")
        self.assertIn("5단계 중 1단계", shell.run("lesson start 02"))
        self.assertIn("먼저 결과를 예측하십시오", shell.run("docker ps"))
        shell.run("2")
        self.assertIn("컨테이너가 아직 없습니다", shell.run("check"))
        self.assertIn("[ok] 프로세스 하나, 번호 두 개", shell.run("skip", timeout=60))
        self.assertIn("삭제했습니다", shell.run("lesson leave"))

    def test_a_recording_is_shown_where_the_lesson_cannot_be_played(self) -> None:
        model = {"DRYDOCK_HOME": str(self.folder / "model"), "DRYDOCK_KERNEL": "simulated"}
        self.addCleanup(
            subprocess.run, [PROGRAM, "engine", "reset"], env=self.lab.environment | model, stdout=subprocess.DEVNULL)
        shell = self.shell(**model)
        text = shell.run("lesson start 02", timeout=60)
        self.assertIn("You see a recording", text)
        self.assertNotIn("node1> docker exec web ps", text, "what comes out is held back until it was predicted")
        text = shell.run("2")
        self.assertIn("node1> docker exec web ps", text)
        outside = [line.split()[1] for line in text.splitlines() if "/bin/sh /bin/serve" in line and "root" in line]
        self.assertIn("Not yet", shell.run("1"))
        self.assertIn("[ok] One process, two numbers", shell.run(outside[-1]))
        self.assertIn("no world of its own", shell.run("reset"))
        self.assertIn("The lesson is closed.", shell.run("lesson leave"))

    def test_skip_can_be_forbidden_and_answers_have_many_words(self) -> None:
        shell = self.shell(DRYDOCK_LESSONS=str(self.course()))
        shell.run("lesson start 90", timeout=60)
        self.assertIn("does not allow", shell.run("skip"))
        self.assertIn("from the lesson", shell.run("!cat note.txt"))
        self.assertIn("There is no `it`", shell.run("check"))
        shell.run("docker run -d --name it busybox sh -c 'echo wrong >&2'")
        self.assertIn("Still to be answered", shell.run("check"))
        self.assertIn("[ok] One", shell.run("it's me"))
        shell.run("lesson leave")

    def test_a_setup_that_fails_is_shown(self) -> None:
        shell = self.shell(DRYDOCK_LESSONS=str(self.course("docker run nosuchimage:1")))
        text = shell.run("lesson start 90", timeout=60)
        self.assertIn("could not be prepared", text)
        self.assertIn("nosuchimage", text)

    def test_what_was_pushed_goes_with_the_lesson(self) -> None:
        shell = self.shell(DRYDOCK_LESSONS=str(self.course()))
        own = self.lab.get("/drydock/registry")["Address"]
        shell.run("lesson start 90", timeout=60)
        shell.run(f"docker tag busybox {own}/mine:1")
        shell.run(f"docker push -q {own}/mine:1")
        self.assertIn("mine:1", shell.run("registry ls"))
        self.assertIn("tag", shell.run("lesson leave"))
        left = shell.run("registry ls")
        self.assertIn("lab/web:1", left)
        self.assertNotIn("mine:1", left)

    def test_a_name_in_the_way_is_told(self) -> None:
        self.lab.docker("run", "-d", "--name", "web", "busybox", "sleep", "600")
        shell = self.shell()
        self.assertIn("docker rename web my-web", flat(shell.run("lesson start 2")))
        shell.run("lesson leave")
        self.assertEqual(self.lab.inspect("web")["Config"]["Image"], "busybox")


class Instructor(LessonTest):
    """Reports, a class, a demonstration."""

    def test_a_class_shows_who_is_stuck(self) -> None:
        shared = self.folder / "class"
        shell = self.shell("--follow", str(shared), USER="ada")
        shell.run("lesson start 02")
        shell.run("2")
        shell.run("docker run -d --name wbe lab/web")
        shell.run("check")
        shell.run("hint")
        patient = self.lab.drydock("class", "--once", str(shared))
        self.assertIn("ada@", patient.out)
        self.assertIn("1/5 two-pids", patient.out)
        self.assertNotIn("STUCK", patient.out)
        stuck = self.lab.drydock("class", "--once", "--patience", "0", str(shared))
        self.assertIn("STUCK", stuck.out)
        self.assertIn("no container named `web`", stuck.out)
        shell.run("lesson leave")
        shell.type("exit")
        shell.wait()
        self.assertSucceeds(self.lab.drydock(
            "lesson", "report", "--course", str(ROOT / "lessons"), "--output", str(self.folder)))
        report = json.loads((self.folder / "report.json").read_text())
        step = report["lessons"][0]["steps"][0]
        self.assertEqual((step["step"], step["state"], step["hints"], step["commands"]), ("two-pids", "open", 1, 1))
        self.assertIn("| One process, two numbers | open | 1 | 1 |", (self.folder / "report.md").read_text())
        # What was done in another course is handed in, too.
        self.assertSucceeds(self.lab.drydock(
            "lesson", "report", "--course", str(self.course()), "--output", str(self.folder)))
        report = (self.folder / "report.md").read_text()
        self.assertIn("## 02-namespaces, of another course", report)
        self.assertIn("| two-pids | open | 1 | 1 |", report)

    def demo(self, *arguments: str) -> Terminal:
        terminal = Terminal([PROGRAM, "demo", "02", *arguments],
                            self.lab.environment | {"DRYDOCK_LESSONS": str(ROOT / "lessons")})
        self.addCleanup(terminal.close)
        return terminal

    def test_a_demonstration_by_itself(self) -> None:
        demo = self.demo("--auto", "--pace", "1")
        demo.expect(r"node1> docker run -d --name web lab/web", 60)
        demo.expect("02-namespaces 5/5", 120)
        self.assertEqual(demo.wait(120), 0)
        self.assertEqual(self.lab.get("/containers/json?all=1"), [])
        self.assertTrue(demo.modes_are_restored())

    def test_keys_while_a_line_of_the_demonstration_runs(self) -> None:
        course = self.course()
        page = course / "en" / "90-small.md"
        page.write_text(SMALL.replace("SETUP", "docker version").replace(
            "```solution\n", "```solution\n!echo be'g'un; sleep 1\n"))
        demo = Terminal([PROGRAM, "demo", "90"], self.lab.environment | {"DRYDOCK_LESSONS": str(course)})
        self.addCleanup(demo.close)
        demo.expect("node1> ", 60)
        demo.send("x" * len("!echo be'g'un; sleep 1") + "x")
        demo.expect("\nbegun")
        demo.send("zyzzy")
        demo.expect("node1> ")
        self.assertNotIn("z", demo.stays_silent(0.3), "keys are not shown")
        self.assertNotIn("d", demo.unread, "keys of the time when the line ran do not type the next one")
        demo.send("k")
        demo.expect("d$")
        demo.send(CTRL_C)
        self.assertEqual(demo.wait(60), 0)
        self.assertTrue(demo.modes_are_restored())

    def test_notes_to_be_read_before_class(self) -> None:
        notes = self.lab.drydock("demo", "notes", "02")
        self.assertSucceeds(notes)
        self.assertIn("Let the room vote", notes.out)
        self.assertIn("docker run -d --name web lab/web", notes.out)
        self.assertIn("one lesson at a time", self.lab.drydock("demo", "02", "03").err)

    def test_a_demonstration_key_by_key(self) -> None:
        demo = self.demo()
        demo.expect("node1> ", 60)
        notes = self.lab.drydock("demo", "notes", "--once").out
        self.assertIn("Let the room vote", notes)
        self.assertIn("Next: 02-namespaces 2/5", notes)
        demo.send("x" * len("docker run -d"))
        demo.expect("docker run -d$")
        demo.send("\x0e")  # Ctrl-N: the next step, its world made right
        demo.expect("02-namespaces 2/5", 60)
        self.assertTrue(self.lab.inspect("web")["State"]["Running"])
        demo.expect("node1> ")
        demo.send("\x07")  # Ctrl-G: the instructor takes over
        demo.prompt()
        self.assertIn("web", demo.run("docker ps"))
        demo.type("exit")
        demo.expect("On with the demonstration")
        demo.send("\x10")  # Ctrl-P
        demo.expect("02-namespaces 1/5", 60)
        demo.send(CTRL_C)
        self.assertEqual(demo.wait(60), 0)
        self.assertEqual(self.lab.get("/containers/json?all=1"), [])


class Author(LessonTest):
    """New lessons, and their proof."""

    def test_a_new_lesson_is_proven_and_a_weak_check_is_found(self) -> None:
        made = self.assertSucceeds(self.lab.drydock("lesson", "new", "25-mine", "--course", str(self.folder)))
        self.assertEqual(len(made.out.splitlines()), 3)
        self.assertEqual(self.lab.drydock("lesson", "new", "25-mine", "--course", str(self.folder)).code, 1)
        self.assertSucceeds(self.lab.drydock("lesson", "lint", "--course", str(self.folder)), "")
        proof = self.assertSucceeds(self.lab.drydock("lesson", "test", "--course", str(self.folder), timeout=300))
        self.assertIn("1 lessons proven, 0 skipped, 0 failures", proof.out)

    def test_a_check_that_can_not_fail_does_not_land(self) -> None:
        course = self.folder / "course"
        shutil.copytree(ROOT / "lessons", course)
        path = course / "en" / "02-namespaces.md"
        text = path.read_text()
        weak = text.replace("docker inspect -f '{{.HostConfig.PidMode}}' watcher\n= host", "docker ps\n~ .").replace(
            "docker inspect -f '{{.State.Running}}' watcher\n= true", "docker ps\n~ .").replace(
            "docker inspect -f '{{.HostConfig.NetworkMode}}' watcher\n!= host", "docker ps\n~ .").replace(
            "docker inspect -f '{{.HostConfig.Privileged}}' watcher\n= false", "docker ps\n~ .")
        self.assertNotEqual(weak, text)
        path.write_text(weak)
        done = self.lab.drydock("lesson", "test", "--course", str(course), "--language", "en", "02", timeout=300)
        self.assertEqual(done.code, 1)
        self.assertIn("`alone`: the check passes before the solution", done.out)
        self.assertIn("the near miss is accepted", done.out)

    def test_a_proof_that_is_ended_takes_its_lab_away(self) -> None:
        proof = subprocess.Popen([PROGRAM, "lesson", "test", "--course", str(ROOT / "lessons"), "02"],
                                 env=self.lab.environment, stdout=subprocess.DEVNULL)
        self.addCleanup(proof.kill)
        # Asked once only: between two lessons there is none.
        home = ""

        def is_found() -> bool:
            nonlocal home
            home = engine_of(proof.pid) or ""
            return home != ""

        wait_until(is_found, 60, "no lab was started")
        proof.send_signal(signal.SIGTERM)
        self.assertEqual(proof.wait(120), 128 + signal.SIGTERM)
        self.assertFalse(os.path.exists(home), f"{home} is still there")
        self.assertEqual(machine.processes_of(home), {})


def engine_of(pid: int) -> str | None:
    """The home of the lab whose engine a proof is using: that of a process that the proof has started."""
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        status = machine.read(f"{entry}/status")
        if f"\nPPid:\t{pid}\n" not in status:
            continue
        for variable in machine.read(f"{entry}/environ").split("\0"):
            name, _, value = variable.partition("=")
            if name == "DRYDOCK_HOME" and value.startswith("/tmp/drydock-lesson-"):
                return value if os.path.exists(f"{value}/node1.sock") else None
    return None
