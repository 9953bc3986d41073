"""The Engine API over plain HTTP: its versions, and that errors have Docker's status and Docker's sentence."""

from __future__ import annotations

import json
import re
import unittest

import api
from harness import LabTest

#: Why answers differ from those of the recorded engine, which is 20.10: later engines (27.5, whose API version 1.47 is our
#: newest) answer otherwise, and so does ours.
_BODY = "since 23.0 a body that can't be read has status 400 and a beginning of its own; Go's types have other names"
_FILTER = "since 23.0 a filter that can't be read is a bad parameter"
_MODE = "since 23.0 a mode that does not exist is refused when the container is created, not when it starts"
_REFERENCE = "since 25.0 the sentence names the repository, and a bad name is a bad parameter"
_NETWORK = "since 25.0 what can't be right in a network is a bad parameter"

_NONSENSE = "invalid JSON: invalid character 'o' in literal null (expecting 'u')"


def _array_for(type_: str) -> str:
    return f"invalid JSON: json: cannot unmarshal array into Go value of type {type_}"


def _number_for(member: str) -> str:
    return f"invalid JSON: json: cannot unmarshal number into Go struct field {member} of type string"


#: Questions whose answer is meant to differ from the recorded engine's, with the sentence of ours and the reason; the
#: status is 400.
INTENDED: dict[str, tuple[str, str]] = {
    "GET /containers/json?filters=nonsense": ("invalid filter", _FILTER),
    "POST /images/busybox/tag?repo=BAD+NAME": (
        "invalid reference format: repository name (library/BAD NAME) must be lowercase", _REFERENCE),
    "POST /images/busybox/tag?repo=x&tag=bad!tag": ("invalid tag format", _REFERENCE),
    "POST /containers/create {'Image': 'BAD NAME'}": (
        "invalid reference format: repository name (library/BAD NAME) must be lowercase", _REFERENCE),
    "POST /containers/create {'Image': 'busybox', 'HostConfig': {'PidMode': 'odd'}}": ("invalid PID mode: odd", _MODE),
    "POST /containers/create {'Image': 'busybox', 'HostConfig': {'IpcMode': 'odd'}}": ("Invalid IPC mode: odd", _MODE),
    "POST /networks/create {}": ("invalid name: name is empty", _NETWORK),
    "POST /networks/create {'Name': 'x', 'IPAM': {'Config': [{'Subnet': 'nonsense'}]}}": (
        "Invalid subnet nonsense : invalid CIDR address: nonsense", _NETWORK),
    "POST /containers/create {'Image': 5}": (_number_for("CreateRequest.Image"), _BODY),
    "POST /containers/create {'Image': 'busybox', 'Cmd': 5}": (_number_for("CreateRequest.Cmd"), _BODY),
    "POST /networks/create {'Name': 5}": (_number_for("CreateRequest.Name"), _BODY),
    "POST /containers/create b''": ("invalid JSON: got EOF while reading request body", _BODY),
    "POST /containers/create b'null'": (
        "config cannot be empty in order to create a container", "later engines begin the sentence with a small letter"),
}
for _path, _type in (
    ("/containers/create", "container.CreateRequest"), ("/networks/create", "network.CreateRequest"),
    ("/volumes/create", "volume.CreateOptions"), ("/containers/runs/exec", "container.ExecOptions"),
    ("/containers/runs/update", "container.UpdateConfig"),
):
    for _text, _sentence in (
        ("{", "invalid JSON: unexpected EOF"), ("[]", _array_for(_type)), ("nonsense", _NONSENSE),
    ):
        INTENDED[f"POST {_path} {_text.encode()!r}"] = (_sentence, _BODY)


class Answers(LabTest):
    maxDiff = None

    def test_have_the_status_and_the_sentence_that_docker_gives(self):
        recorded = json.loads(api.RECORDED.read_text())
        answers = api.ask_all(self.lab.request, "1.41")
        self.assertEqual(list(answers), list(recorded), "the recording is of other questions: record anew")
        self.assertGreater(len(answers), 140)
        for question, answer in answers.items():
            with self.subTest(question):
                expected = recorded[question]
                if question in INTENDED:
                    expected = {"status": 400, "message": INTENDED[question][0]}
                    self.assertNotEqual(expected, recorded[question], "it is as Docker's, and need not be listed")
                self.assertEqual(answer, expected)
        self.assertEqual(set(INTENDED) - set(answers), set(), "listed, but not asked")
        print(f"api: {len(answers)} questions, {len(INTENDED)} answers intended otherwise")

    def test_to_what_is_wrong_are_json_with_one_message(self):
        for path in ("/v1.41/containers/nosuch/json", "/nosuch", "/v9.99/info"):
            status, headers, body = self.lab.request("GET", path)
            with self.subTest(path):
                self.assertGreaterEqual(status, 400)
                self.assertEqual(headers["content-type"], "application/json")
                self.assertEqual(set(json.loads(body)), {"message"})


class Versions(LabTest):
    def test_are_told_by_a_ping(self):
        for method in ("GET", "HEAD"):
            status, headers, body = self.lab.request(method, "/_ping")
            self.assertEqual((status, body), (200, b"OK" if method == "GET" else b""))
            self.assertRegex(headers["api-version"], r"\A1\.\d\d\Z")
            self.assertEqual(headers["ostype"], "linux")
            self.assertEqual(headers["docker-experimental"], "false")
            self.assertIn("no-cache", headers["cache-control"])

    def test_from_the_oldest_to_the_newest_are_spoken(self):
        version = self.lab.get("/version")
        oldest, newest = (int(version[name].split(".")[1]) for name in ("MinAPIVersion", "ApiVersion"))
        self.assertEqual(oldest, 24)
        self.assertGreaterEqual(newest, 47)
        self.lab.request("POST", "/containers/create?name=box", {"Image": "busybox"})
        for minor in range(oldest, newest + 1):
            with self.subTest(f"1.{minor}"):
                self.assertEqual(self.lab.get(f"/v1.{minor}/containers/json?all=1")[0]["Names"], ["/box"])
                self.assertEqual(self.lab.get(f"/v1.{minor}/containers/box/json")["Name"], "/box")
                self.assertEqual(self.lab.get(f"/v1.{minor}/version")["ApiVersion"], f"1.{newest}")
                status, headers, _ = self.lab.request("GET", f"/v1.{minor}/_ping")
                self.assertEqual((status, headers["api-version"]), (200, f"1.{newest}"))

    def test_others_are_refused(self):
        newest = self.lab.get("/version")["ApiVersion"]
        for version, wrong in (("1.23", "too old"), ("1.12", "too old"), ("1.99", "too new"), ("2.0", "too new")):
            status, _, body = self.lab.request("GET", f"/v{version}/info")
            message = json.loads(body)["message"]
            with self.subTest(version):
                self.assertEqual(status, 400)
                self.assertIn(f"client version {version} is {wrong}.", message)
                self.assertIn("Minimum supported API version is 1.24" if wrong == "too old" else
                              f"Maximum supported API version is {newest}", message)

    def test_change_what_docker_changed(self):
        self.lab.request("POST", "/containers/create?name=box", {"Image": "busybox"})
        # An image's size was told twice until 1.43, an endpoint's MAC address stood in the configuration until 1.43.
        self.assertIn("VirtualSize", self.lab.get("/v1.43/images/busybox/json"))
        self.assertNotIn("VirtualSize", self.lab.get("/v1.44/images/busybox/json"))
        # Volumes with names were pruned with the others until 1.41.
        self.lab.request("POST", "/volumes/create", {"Name": "named"})
        kept = self.lab.request("POST", "/v1.42/volumes/prune")[2]
        self.assertEqual(json.loads(kept)["VolumesDeleted"] or [], [])
        pruned = self.lab.request("POST", "/v1.41/volumes/prune")[2]
        self.assertEqual(json.loads(pruned)["VolumesDeleted"], ["named"])

    def test_none_means_the_newest(self):
        newest = self.lab.get("/version")["ApiVersion"]
        self.assertEqual(self.lab.get("/images/busybox/json"), self.lab.get(f"/v{newest}/images/busybox/json"))
        self.assertNotEqual(self.lab.get("/images/busybox/json"), self.lab.get("/v1.24/images/busybox/json"))


class Containers(LabTest):
    def test_may_be_created_before_their_network(self):
        status, _, body = self.lab.request(
            "POST", "/containers/create?name=early",
            {"Image": "busybox", "Cmd": ["sleep", "1000"], "HostConfig": {"NetworkMode": "late"}})
        self.assertEqual(status, 201, body)
        status, _, body = self.lab.request("POST", "/containers/early/start")
        self.assertGreaterEqual(status, 400)
        self.assertIn("network late not found", json.loads(body)["message"])
        self.assertEqual(self.lab.request("POST", "/networks/create", {"Name": "late"})[0], 201)
        self.assertEqual(self.lab.request("POST", "/containers/early/start")[0], 204)
        self.assertRegex(self.lab.inspect("early")["NetworkSettings"]["Networks"]["late"]["IPAddress"], r"\A172\.")

    def test_may_be_of_no_image(self):
        status, _, body = self.lab.request("POST", "/containers/create?name=empty", {"Cmd": ["true"]})
        self.assertEqual(status, 201, body)
        container = self.lab.inspect("empty")
        self.assertEqual((container["Image"], container["Config"]["Image"]), ("", ""))
        self.assertEqual(self.lab.get("/containers/json?all=1")[0]["Image"], "")
        status, _, body = self.lab.request("POST", "/containers/empty/start")
        self.assertEqual(status, 400, body)
        self.assertIn("executable file not found", json.loads(body)["message"])
        # What is put into it runs.
        self.assertEqual(self.lab.request("POST", "/containers/create?name=box", {"Image": "busybox"})[0], 201)
        status, _, archive = self.lab.request("GET", "/containers/box/archive?path=/bin/busybox")
        self.assertEqual(status, 200)
        status, _, body = self.lab.request("PUT", "/containers/empty/archive?path=/", archive)
        self.assertEqual(status, 200, body)
        self.lab.request("POST", "/containers/create?name=filled", {"Cmd": ["/busybox", "true"]})
        self.lab.request("PUT", "/containers/filled/archive?path=/", archive)
        self.assertEqual(self.lab.request("POST", "/containers/filled/start")[0], 204)
        self.assertEqual(json.loads(self.lab.request("POST", "/containers/filled/wait")[2])["StatusCode"], 0)


class Bodies(LabTest):
    def test_may_have_members_that_nobody_knows(self):
        status, _, body = self.lab.request(
            "POST", "/containers/create?name=box",
            {"Image": "busybox", "Nosuch": 1, "HostConfig": {"Nosuch": {"a": [None]}}, "NetworkingConfig": {"Nosuch": ""}})
        self.assertEqual(status, 201, body)
        self.assertNotIn("Nosuch", json.dumps(self.lab.inspect("box")))

    def test_are_read_whatever_the_case_of_their_members(self):
        status, _, body = self.lab.request("POST", "/containers/create?name=box", {"image": "busybox", "cmd": ["true"]})
        self.assertEqual(status, 201, body)
        self.assertEqual(self.lab.inspect("box")["Config"]["Cmd"], ["true"])

    def test_that_are_no_json_make_nothing(self):
        for body in (b"{", b'{"Image": "busybox"', b"\xff\xfe", b'{"Image": "busybox"} trailing'):
            status, _, answered = self.lab.request("POST", "/containers/create?name=box", body)
            with self.subTest(body):
                self.assertEqual(status, 400, answered)
        self.assertEqual(self.lab.get("/containers/json?all=1"), [])

    def test_of_another_type_are_refused(self):
        status, _, body = self.lab.request(
            "POST", "/containers/create", b'{"Image": "busybox"}', {"Content-Type": "text/plain"})
        self.assertIn(status, (400, 415))
        self.assertTrue(re.search("Content-Type|MIME", json.loads(body)["message"]))


if __name__ == "__main__":
    unittest.main()
