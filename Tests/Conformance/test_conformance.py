"""The suite's own test: what must be noticed is noticed, what must differ is not. Needs no engine.

    python3 -m unittest discover Tests/Conformance
"""

import contextlib
import io
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import casefiles
import conformance
from casefiles import Case, CaseFileError, StepResult, parse_cases, render_results
from normalise import Normaliser

ID_A, ID_B = "a1b2c3d4e5f6" + "0" * 51 + "1", "0f1e2d3c4b5a" + "0" * 51 + "2"
NOW = 1_790_000_000


class NoEngine:
    """An engine that holds nothing; the docker command of these tests is a script."""

    socket_path = "/no/such/socket"

    def facts(self):
        return {}

    def clear(self):
        pass


class RunnerTest(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp())
        self.case = Case("group", "file", "name", steps=["docker one", "docker two"])

    def run_with(self, script, case=None):
        """The results of the case when `docker` is this shell script."""
        program = self.directory / "docker"
        program.write_text("#!/bin/sh\n" + script)
        program.chmod(0o755)
        runner = conformance.CaseRunner(NoEngine(), [str(program)], {})
        self.addCleanup(runner.close)
        return runner, render_results(runner.run(case or self.case))

    def tally(self, recorded_script, our_script, intended=()):
        _, recorded = self.run_with(recorded_script)
        runner, _ = self.run_with(our_script)
        with contextlib.redirect_stdout(io.StringIO()):
            return conformance.compare([self.case], runner, "client", {self.case.full_name: recorded}, list(intended))

    def test_equal_behaviour_is_equal(self):
        self.assertEqual(self.tally("echo $1", "echo $1").equal, 1)

    def test_wrong_exit_code_is_noticed(self):
        self.assertEqual(self.tally("echo $1", "echo $1; exit 1").different, 1)

    def test_changed_word_is_noticed(self):
        self.assertEqual(self.tally("echo stopped", "echo Stopped").different, 1)

    def test_output_on_the_other_stream_is_noticed(self):
        self.assertEqual(self.tally("echo $1", "echo $1 >&2").different, 1)

    def test_missing_final_newline_is_noticed(self):
        self.assertEqual(self.tally("echo x", "printf x").different, 1)

    def test_other_ids_and_times_are_equal(self):
        first = f"echo {ID_A}; echo '2026-01-02T03:04:05.678Z Up 3 seconds'"
        second = f"echo {ID_B}; echo '2027-11-12T13:14:15Z Up 2 minutes'"
        self.assertEqual(self.tally(first, second).equal, 1)

    def test_swapped_identity_is_noticed(self):
        same = f"echo {ID_A}"
        another = f"if [ $1 = one ]; then echo {ID_A}; else echo {ID_B}; fi"
        self.assertEqual(self.tally(same, another).different, 1)
        self.assertEqual(self.tally(another, same).different, 1)

    def test_short_id_in_place_of_full_is_noticed(self):
        self.assertEqual(self.tally(f"echo {ID_A}", f"echo {ID_A[:12]}").different, 1)

    def test_intended_difference_is_counted_until_it_changes(self):
        expected = "$ docker one\n> ours\n= 0\n$ docker two\n> ours\n= 0"
        entry = conformance.Intended("group/file/*", "client", expected, "a reason")
        self.assertEqual(self.tally("echo theirs", "echo ours", [entry]).intended, 1)
        self.assertEqual(self.tally("echo theirs", "echo other", [entry]).different, 1)
        other_flavour = conformance.Intended("group/file/*", "drydock", expected, "a reason")
        self.assertEqual(self.tally("echo theirs", "echo ours", [other_flavour]).different, 1)

    def test_unrecorded_case_is_different(self):
        runner, _ = self.run_with("echo x")
        with contextlib.redirect_stdout(io.StringIO()):
            self.assertEqual(conformance.compare([self.case], runner, "client", {}, []).different, 1)

    def test_failing_setup_is_an_error(self):
        case = Case("group", "file", "name", setup=["docker x"], steps=["docker one"])
        with self.assertRaisesRegex(conformance.EngineError, "setup: docker x: exit 3"):
            self.run_with("exit 3", case)

    def test_lines_share_variables_and_files_and_survive_a_syntax_error(self):
        case = Case("group", "file", "name", steps=["v=kept; echo data >f", 'echo "$v"; cat f', "echo (", "echo after"])
        _, rendered = self.run_with("", case)
        self.assertIn("> kept\n> data\n= 0", rendered)
        self.assertTrue(rendered.endswith("> after\n= 0"), rendered)


class NormaliserTest(unittest.TestCase):
    def normalise(self, text, chosen="", facts=None):
        return Normaliser(chosen, facts, NOW)(text)

    def test_ids_keep_their_identity_in_both_lengths(self):
        self.assertEqual(self.normalise(f"{ID_A} {ID_B[:12]} {ID_A[:12]} sha256:{ID_B}"), "<ID1> <id2> <id1> sha256:<ID2>")

    def test_what_the_case_chose_stays(self):
        self.assertEqual(self.normalise("brave_fox 02:42:00:11:22:33", "--name brave_fox --mac 02:42:00:11:22:33"), "brave_fox 02:42:00:11:22:33")
        self.assertEqual(self.normalise("brave_fox /brave_fox sad_owl"), "<name1> /<name1> <name2>")

    def test_times_change_and_words_stay(self):
        self.assertEqual(self.normalise("Exited (0) 3 seconds ago"), "Exited (0) <ago>")
        self.assertEqual(self.normalise("Up 2 hours (Paused)"), "Up <time> (Paused)")
        self.assertEqual(self.normalise("Up About a minute (healthy)"), "Up <time> (healthy)")
        self.assertEqual(self.normalise("0001-01-01T00:00:00Z"), "0001-01-01T00:00:00Z")
        self.assertEqual(self.normalise(f"{NOW + 5} 67108864 {NOW}123456789"), "<seconds> 67108864 <nanoseconds>")

    def test_default_bridge_stays_and_other_pools_are_numbered(self):
        self.assertEqual(self.normalise("172.17.0.2 172.20.0.3 172.19.0.1 172.20.0.1"), "172.17.0.2 172.<net1>.0.3 172.<net2>.0.1 172.<net1>.0.1")

    def test_chosen_ports_stay(self):
        self.assertEqual(self.normalise("0.0.0.0:8080->80/tcp, [::]:49153->81/tcp"), "0.0.0.0:8080->80/tcp, [::]:<port1>->81/tcp")

    def test_facts_of_the_engine_are_replaced(self):
        self.assertEqual(self.normalise("Version: 20.10.24", facts={"20.10.24": "<version>"}), "Version: <version>")

    def test_table_keeps_empty_cells(self):
        table = "NAMES     PORTS     STATUS\nweb                 Up 2 seconds\n"
        self.assertEqual(self.normalise(table), "NAMES | PORTS | STATUS\nweb |  | Up <time>\n")

    def test_table_with_other_widths_is_noticed(self):
        docker, other = "NAMES     STATUS\nweb       Created\n", "NAMES    STATUS\nweb      Created\n"
        self.assertNotEqual(self.normalise(docker), self.normalise(other))

    def test_table_widths_follow_what_is_normalised(self):
        short = "STATUS         NAMES\nUp 2 seconds   web\n"
        long = "STATUS                        NAMES\nUp Less than a second (abcd)   web\n".replace(" (abcd)", "").replace("STATUS                        ", "STATUS                  ")
        self.assertEqual(self.normalise(short), self.normalise(long))


class CaseFileTest(unittest.TestCase):
    def test_reads_parts_and_continued_lines(self):
        (case,) = parse_cases("# c\n\n## name\nneeds: cgroup1\nsetup: a\nb <<END\n  c\n  END\ncleanup: d\n", "g", "f")
        self.assertEqual((case.full_name, case.needs, case.setup, case.steps, case.cleanup), ("g/f/name", ["cgroup1"], ["a"], ["b <<END\nc\nEND"], ["d"]))

    def test_refuses_what_it_cannot_mean(self):
        for text in ("docker ps\n", "## a\ndocker ps\n## a\ndocker ps\n", "## a\nsetup: x\n"):
            with self.assertRaises(CaseFileError):
                parse_cases(text, "g", "f")

    def test_recordings_are_read_as_they_were_written(self):
        results = [StepResult("docker x\n## y", "a\r\n\tb\x1b[0m\n\nno newline", "err\n", 3), StepResult("true", "", "", 0)]
        case, rendered = Case("g", "f", "name", steps=["x"]), render_results(results)
        directory = pathlib.Path(tempfile.mkdtemp())
        casefiles.write_recordings(directory, [case], {case.full_name: rendered})
        self.assertEqual(casefiles.read_recordings(directory), {case.full_name: rendered})

    def test_every_case_of_the_suite_can_be_read_and_is_recorded(self):
        cases = casefiles.load_cases(conformance.HERE / "cases")
        recordings = casefiles.read_recordings(conformance.HERE / "recorded")
        self.assertGreater(len(cases), 450)
        self.assertEqual([case.full_name for case in cases if case.full_name not in recordings and not case.needs], [])

    def test_intended_differences_are_well_formed_and_name_cases(self):
        names = [case for case in casefiles.load_cases(conformance.HERE / "cases")]
        for entry in conformance.read_intended(conformance.HERE / "intended.toml"):
            self.assertTrue(any(entry.covers(case, entry.flavour) for case in names), entry.case)


if __name__ == "__main__":
    unittest.main()
