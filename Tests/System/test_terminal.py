"""The shell at a terminal: keys, signals, the window, and the terminal's settings whatever happens."""

from __future__ import annotations

import os
import re
import signal
import termios
import unittest
from unicodedata import east_asian_width

import machine
from harness import ROOT, LabTest, wait_until
from terminal import CTRL_C, CTRL_D, CTRL_R, CTRL_Z, TAB

CONTAINER_PROMPT = r"/ # $"


class TerminalTest(LabTest):
    """A lab with a shell on a terminal, narration off: what appears is docker's."""

    def shell(self, **options):
        terminal = self.lab.shell("--narrate", "off", **options)
        self.addCleanup(terminal.close)
        self.banner = terminal.prompt()
        return terminal

    def assertLeaves(self, terminal, code: int = 0) -> None:
        """That Ctrl-D ends the shell, and the terminal is as it was."""
        terminal.send(CTRL_D)
        self.assertEqual(terminal.wait(), code)
        self.assertTrue(terminal.modes_are_restored(), "stty -g differs from before")


class Keys(TerminalTest):
    def test_ctrl_d_leaves_and_the_terminal_is_as_before(self):
        self.assertLeaves(self.shell())

    def test_exit_leaves_with_the_code_it_is_given(self):
        terminal = self.shell()
        terminal.type("exit 7")
        self.assertEqual(terminal.wait(), 7)
        self.assertTrue(terminal.modes_are_restored())

    def test_ctrl_c_throws_the_line_away_and_nothing_else(self):
        terminal = self.shell()
        terminal.send("docker run --name unwanted busybox true" + CTRL_C)
        terminal.prompt()
        self.assertEqual(terminal.run("docker ps -aq").strip(), "")
        self.assertLeaves(terminal)

    def test_ctrl_z_at_the_prompt_does_nothing(self):
        terminal = self.shell()
        terminal.send(CTRL_Z)
        terminal.stays_silent(0.2)
        self.assertNotIn("State:\tT", machine.read(f"/proc/{terminal.process.pid}/status"))
        self.assertIn("CONTAINER ID", terminal.run("docker ps"))
        self.assertLeaves(terminal)

    def test_ctrl_z_while_a_command_runs_does_not_stop_the_shell(self):
        terminal = self.shell()
        terminal.type("docker run --rm busybox sh -c 'echo begun; sleep 1; echo done'")
        terminal.expect("begun")
        terminal.send(CTRL_Z)
        terminal.expect("done")
        terminal.prompt()
        self.assertNotIn("State:\tT", machine.read(f"/proc/{terminal.process.pid}/status"))
        self.assertLeaves(terminal)

    def test_backspace_takes_a_whole_character_of_any_script(self):
        terminal = self.shell()
        self.assertEqual(terminal.run("docker run --rm busybox echo 안녕하세요 grüß 🙂X\x7f\x7f").split("\n")[-2:],
                         ["안녕하세요 grüß", ""])
        self.assertLeaves(terminal)

    def test_tab_completes_commands_flags_names_and_files(self):
        self.assertSucceeds(self.lab.docker("create", "--name", "lighthouse", "busybox", "true"))
        self.assertSucceeds(self.lab.docker("volume", "create", "pilots"))
        self.addCleanup(self.lab.docker, "volume", "rm", "pilots")
        terminal = self.shell()
        for typed, completed in (("docker insp", "docker inspect"), ("docker run --netw", "docker run --network"),
                                 ("docker rm lig", "docker rm lighthouse"), ("docker run busy", "docker run busybox"),
                                 ("docker load -i /etc/hostn", "docker load -i /etc/hostname"),
                                 ("@nod", "@node1"), ("@ca", "@cable"), ("docker -H nod", "docker -H node1"),
                                 ("docker run --restart unl", "docker run --restart unless-stopped"),
                                 ("docker run -v pil", "docker run -v pilots:"),
                                 ("docker network create -d macv", "docker network create -d macvlan"),
                                 ("lesson start 02", "lesson start 02-namespaces"), ("lesson rest", "lesson restart"),
                                 ("lesson restart 22", "lesson restart 22-by-hand"),
                                 ("glossary whit", "glossary whiteout"), ("glossary virtual m", "glossary virtual machine"),
                                 ("glossary 게이", "glossary 게이트웨이"), ("glossary 마운트 네", "glossary 마운트 네임스페이스"),
                                 ("set theme proj", "set theme projector"), ("set the", "set theme"),
                                 ("set keys v", "set keys vi"), ("narrate ad", "narrate adaptive"),
                                 ("language k", "language ko"), ("node use nod", "node use node1"),
                                 ("inside lig", "inside lighthouse"), ("explain docker rm lig", "explain docker rm lighthouse"),
                                 ("step docker rm lig", "step docker rm lighthouse")):
            with self.subTest(typed):
                terminal.send(typed + TAB)
                terminal.shows(f"node1> {completed}", timeout=3)
            terminal.send(CTRL_C)
            terminal.prompt()

    def test_tab_offers_all_values_where_nothing_is_typed_yet(self):
        terminal = self.shell()
        lessons = [path.stem for path in (ROOT / "lessons/en").glob("*.md")]
        for typed, values in (("lesson start ", lessons), ("set theme ", ["dark", "light", "projector"]),
                              ("language ", ["en", "ko"]),
                              ("narrate ", ["off", "brief", "full", "deep", "adaptive", "again"]),
                              ("glossary ", ["bridge", "cgroup", "namespace"])):
            with self.subTest(typed):
                # The first key inserts what all values share, where they do; then the choice is shown.
                terminal.send(typed + TAB + TAB)
                choice = terminal.expect(r"(?s)\n.*node1> " + typed)
                for value in values:
                    self.assertRegex(choice, rf"(?m)(^|\s){re.escape(value)}\s")
            terminal.send(CTRL_C)
            terminal.prompt()

    def test_the_choice_of_wide_words_fits_the_terminal(self):
        terminal = self.shell(columns=40)
        terminal.run("language ko")
        terminal.send("glossary 컨" + TAB + TAB)
        choice = terminal.expect(r"(?s)\n.*node1> glossary 컨테이너$").replace("\r", "").split("\n")[1:-1]
        self.assertEqual(sorted(re.split(r"\s{2,}", "  ".join(choice).strip())), ["컨테이너", "컨테이너 ID", "컨테이너 이미지"])
        for line in choice:
            self.assertLessEqual(sum(2 if east_asian_width(c) in "WF" else 1 for c in line.rstrip()), 40, line)
        terminal.send(CTRL_C)
        terminal.prompt()

    def test_tab_shows_the_choice_where_there_is_one(self):
        terminal = self.shell()
        terminal.send("docker im" + TAB)
        choice = terminal.expect(r"node1> docker im$")
        for command in ("image", "images", "import"):
            self.assertRegex(choice, rf"\b{command}\b")
        terminal.send(CTRL_C)
        terminal.prompt()

    def test_the_history_survives_and_is_searched(self):
        first = self.shell()
        first.run("docker version --format one-{{.Client.Version}}")
        first.run("docker version --format two-{{.Client.Version}}")
        self.assertLeaves(first)
        second = self.shell()
        one, two = (f"docker version --format {word}-{{{{.Client.Version}}}}" for word in ("one", "two"))
        second.send("\x1b[A")
        second.shows(f"node1> {two}")
        second.send("\x1b[A")
        second.shows(f"node1> {one}")
        second.send("\r")
        second.expect(r"one-\d")
        second.prompt()
        second.send(CTRL_R + "two-" + "\r")
        second.expect(r"two-\d")
        second.prompt()
        self.assertLeaves(second)

    def test_a_quote_that_is_open_goes_on_in_the_next_line(self):
        terminal = self.shell()
        terminal.type("docker run --rm busybox echo 'first")
        terminal.expect(r"\n> $")
        self.assertRegex(terminal.run("second'"), r"first\nsecond\n")
        self.assertLeaves(terminal)

    def test_output_goes_through_pipes_and_into_other_commands(self):
        for name in ("one", "two"):
            self.assertSucceeds(self.lab.docker("run", "-d", "--name", name, "busybox", "sleep", "100"))
        terminal = self.shell()
        self.assertEqual(terminal.run("docker ps -q | wc -l").strip(), "2")
        self.assertEqual(len(terminal.run("docker rm -f $(docker ps -q)").split()), 2)
        self.assertEqual(terminal.run("docker ps -q | wc -l").strip(), "0")
        self.assertEqual(terminal.run("docker run --rm busybox false || docker run --rm busybox echo after").strip(),
                         "after")
        self.assertLeaves(terminal)

    def test_a_bare_docker_command_is_answered_with_the_line_ready_to_run(self):
        terminal = self.shell()
        terminal.type("ps -a")
        terminal.expect("Did you mean: docker ps -a")
        terminal.expect(r"node1> docker ps -a$")
        self.assertIn("CONTAINER ID", terminal.run(""))
        self.assertLeaves(terminal)


class Interrupting(TerminalTest):
    def test_ctrl_c_leaves_followed_logs_and_the_container_runs_on(self):
        self.assertSucceeds(self.lab.docker("run", "-d", "--name", "clock", "busybox", "sh", "-c",
                                            "while :; do echo tick; sleep 0.1; done"))
        terminal = self.shell()
        terminal.type("docker logs -f clock")
        terminal.expect("tick\r\ntick")
        terminal.send(CTRL_C)
        terminal.prompt(timeout=5)
        self.assertTrue(self.lab.inspect("clock")["State"]["Running"])
        self.assertLeaves(terminal, 130)

    def test_ctrl_c_goes_to_the_attached_program_as_its_signal(self):
        terminal = self.shell()
        terminal.type("docker run --rm busybox sh -c 'trap \"echo caught; exit 3\" INT; echo ready; "
                      "while :; do sleep 0.1; done'")
        terminal.expect("ready\r\n")
        terminal.send(CTRL_C)
        terminal.expect("caught")
        terminal.prompt()
        self.assertLeaves(terminal, 3)

    def test_ctrl_c_inside_a_container_with_a_terminal_is_the_containers(self):
        terminal = self.shell()
        terminal.type("docker run --rm -it busybox sh")
        terminal.expect(CONTAINER_PROMPT)
        terminal.type("sleep 100")
        wait_until(lambda: any("(sleep 100)" in name for name in machine.processes_of(self.lab.home).values()))
        terminal.send(CTRL_C)
        terminal.expect(CONTAINER_PROMPT, timeout=5)
        terminal.type("exit 4")
        terminal.prompt()
        self.assertLeaves(terminal, 4)

    def test_detaching_returns_to_the_prompt_and_attaching_to_the_program(self):
        terminal = self.shell()
        terminal.type("docker run -it --name box busybox sh")
        terminal.expect(CONTAINER_PROMPT)
        terminal.type("mark=kept")
        terminal.expect(CONTAINER_PROMPT)
        terminal.send("\x10\x11")  # Ctrl-P Ctrl-Q
        terminal.prompt(timeout=5)
        self.assertTrue(self.lab.inspect("box")["State"]["Running"])
        terminal.type("docker attach box")
        terminal.type("echo $mark")
        terminal.expect(r"kept\r\n.*" + CONTAINER_PROMPT)
        terminal.type("exit")
        terminal.prompt()
        self.assertLeaves(terminal)


class TheWindow(TerminalTest):
    def test_has_its_size_in_the_container_from_the_first_moment(self):
        terminal = self.shell(columns=91, rows=23)
        self.assertEqual(terminal.run("docker run --rm -it busybox stty size").strip(), "23 91")
        self.assertLeaves(terminal)

    def test_is_passed_on_when_it_changes(self):
        terminal = self.shell(columns=91, rows=23)
        terminal.type("docker run --rm -it busybox sh")
        terminal.expect(CONTAINER_PROMPT)
        terminal.resize(70, 40)
        self.assertReaches(terminal, "40 70")
        terminal.type("exit")
        terminal.prompt()
        self.assertLeaves(terminal)

    def test_is_passed_on_to_a_second_process_too(self):
        self.assertSucceeds(self.lab.docker("run", "-d", "--name", "box", "busybox", "sleep", "100"))
        terminal = self.shell(columns=91, rows=23)
        terminal.type("docker exec -it box sh")
        terminal.expect(CONTAINER_PROMPT)
        terminal.resize(70, 40)
        self.assertReaches(terminal, "40 70")
        terminal.type("exit")
        terminal.prompt()
        self.assertLeaves(terminal)

    def assertReaches(self, terminal, size: str) -> None:
        """That the terminal inside gets a size, soon."""
        def asked() -> bool:
            terminal.type("stty size")
            return size in terminal.expect(CONTAINER_PROMPT)
        wait_until(asked, 3, f"the size inside did not become {size}")

    def test_may_change_at_the_prompt_in_the_middle_of_a_line(self):
        terminal = self.shell(columns=91, rows=23)
        terminal.send("docker run --rm busybox echo intact")
        terminal.expect("intact")
        for columns in (40, 120, 60):
            terminal.resize(columns, 30)
            terminal.stays_silent(0.1)
        self.assertIn("intact\n", terminal.run(""))
        self.assertLeaves(terminal)


class TheTerminalIsRestored(TerminalTest):
    def raw(self, terminal) -> None:
        """A command that has put the terminal into raw mode."""
        terminal.type("docker run -it --name box busybox sh")
        terminal.expect(CONTAINER_PROMPT)
        self.assertFalse(termios.tcgetattr(terminal.slave)[3] & termios.ICANON)

    def test_when_the_engine_is_killed_in_the_middle_of_a_command(self):
        terminal = self.shell()
        self.raw(terminal)
        self.lab.kill_engine()
        self.assertIn("The engine ended while the command ran", terminal.prompt())
        with self.subTest("the next command works, on a new engine"):
            self.assertIn("box", terminal.run("docker ps -a"))
            self.assertEqual(terminal.run("docker run --rm busybox echo again").strip(), "again")
        self.assertLeaves(terminal)

    def test_when_the_engine_is_killed_while_the_shell_waits(self):
        terminal = self.shell()
        self.lab.kill_engine()
        self.assertIn("started again", terminal.run("docker ps"))
        self.assertLeaves(terminal)

    def test_when_the_shell_is_hung_up_in_the_middle_of_a_command(self):
        self.assertSucceeds(self.lab.docker("run", "-d", "--name", "box", "busybox", "sh", "-c",
                                            "while :; do echo tick; sleep 0.1; done"))
        terminal = self.shell()
        terminal.type("docker logs -f box")
        terminal.expect("tick")
        os.kill(terminal.process.pid, signal.SIGHUP)
        self.assertEqual(terminal.wait(5), -signal.SIGHUP)
        self.assertTrue(terminal.modes_are_restored(), "stty -g differs from before")

    def test_and_the_shell_ends_when_the_window_is_closed(self):
        for inside in (False, True):
            with self.subTest(inside_a_container=inside):
                terminal = self.shell()
                if inside:
                    terminal.type("docker run -it --name box busybox sh")
                    terminal.expect(CONTAINER_PROMPT)
                os.close(terminal.slave)
                os.close(terminal.master)
                terminal.process.wait(5)

    def test_when_the_shell_is_ended_at_the_prompt(self):
        terminal = self.shell()
        os.kill(terminal.process.pid, signal.SIGTERM)
        self.assertEqual(terminal.wait(), -signal.SIGTERM)
        self.assertTrue(terminal.modes_are_restored(), "stty -g differs from before")

    def test_when_the_container_is_removed_by_force_from_elsewhere(self):
        terminal = self.shell()
        self.raw(terminal)
        self.assertSucceeds(self.lab.docker("kill", "box"))
        terminal.prompt()
        self.assertLeaves(terminal, 137)

    def test_after_a_program_in_the_container_that_left_its_own_terminal_raw(self):
        terminal = self.shell()
        terminal.type("docker run --rm -it busybox sh -c 'stty raw -echo; echo left'")
        terminal.expect("left")
        terminal.prompt()
        self.assertLeaves(terminal)


class WithoutATerminal(LabTest):
    def test_lines_come_from_a_pipe_and_there_is_no_prompt(self):
        lines = "docker run --rm busybox echo one # a comment\n\ndocker run --rm busybox echo two\n"
        self.assertSucceeds(self.lab.drydock("--narrate", "off", input=lines), "one\ntwo\n")

    def test_the_code_of_the_last_command_is_the_shells(self):
        self.assertEqual(self.lab.drydock("--narrate", "off", input="docker run --rm busybox sh -c 'exit 5'\n").code, 5)

    def test_lines_given_as_arguments_end_at_the_first_that_fails(self):
        result = self.lab.line("docker run --rm busybox false", "docker run --rm busybox echo never", level="off")
        self.assertEqual((result.code, result.out), (1, ""))

    def test_a_terminal_that_a_container_asks_for_is_refused_in_dockers_words(self):
        result = self.lab.docker("run", "--rm", "-it", "busybox", "true", input="")
        self.assertEqual(result.code, 1)
        self.assertIn("the input device is not a TTY", result.err)


if __name__ == "__main__":
    unittest.main()
