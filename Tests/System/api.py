"""Questions to the Engine API, asked over plain HTTP: wrong ones above all, and what is answered.

A real Docker Engine has answered them once, in `recorded/api.json`. To record anew, with an engine that nobody else uses
and that has an image `busybox`:

    python3 Tests/System/api.py /path/docker.sock
"""

from __future__ import annotations

import json
import pathlib
import re
import sys

RECORDED = pathlib.Path(__file__).resolve().parent / "recorded" / "api.json"

#: Made before the questions are asked: a container that never ran, one that runs, one that has ended.
CONTAINERS = {
    "fresh": {"Image": "busybox", "Cmd": ["true"]},
    "runs": {"Image": "busybox", "Cmd": ["sleep", "1000"]},
    "ended": {"Image": "busybox", "Cmd": ["true"]},
}

_ON_MISSING_CONTAINER = [
    ("GET", "json"), ("GET", "logs?stdout=1"), ("GET", "top"), ("GET", "stats?stream=0"), ("GET", "changes"),
    ("GET", "archive?path=/"), ("GET", "export"), ("POST", "attach?stdout=1"), ("POST", "start"), ("POST", "stop"),
    ("POST", "restart"), ("POST", "kill"), ("POST", "pause"), ("POST", "unpause"), ("POST", "rename?name=other"),
    ("POST", "wait"), ("POST", "resize?h=1&w=1"), ("DELETE", ""),
]


def _questions() -> list[tuple[str, str, object]]:
    """Method, path and body: bytes as they are, other values as JSON, ``None`` without one."""
    asked: list[tuple[str, str, object]] = []

    def ask(method: str, path: str, body: object = None) -> None:
        asked.append((method, path, body))

    # What is not there
    for method, rest in _ON_MISSING_CONTAINER:
        ask(method, f"/containers/nosuch/{rest}".rstrip("/"))
    ask("POST", "/containers/nosuch/update", {})
    ask("POST", "/containers/nosuch/exec", {"Cmd": ["true"]})
    ask("PUT", "/containers/nosuch/archive?path=/", b"")
    for method, path in [
        ("GET", "/images/nosuch/json"), ("GET", "/images/nosuch/history"), ("DELETE", "/images/nosuch"),
        ("POST", "/images/nosuch/tag?repo=x&tag=y"), ("GET", "/networks/nosuch"), ("DELETE", "/networks/nosuch"),
        ("GET", "/volumes/nosuch"), ("DELETE", "/volumes/nosuch"), ("GET", "/exec/nosuch/json"),
        ("POST", "/exec/nosuch/resize?h=1&w=1"), ("GET", "/nosuch"), ("POST", "/containers/runs/nosuch"),
    ]:
        ask(method, path)
    ask("POST", "/exec/nosuch/start", {})
    ask("POST", "/networks/nosuch/connect", {"Container": "runs"})
    ask("POST", "/networks/nosuch/disconnect", {"Container": "runs"})
    ask("POST", "/networks/bridge/connect", {"Container": "nosuch"})
    ask("POST", "/containers/create", {"Image": "nosuch"})
    ask("POST", "/commit?container=nosuch", {})

    # What the state does not allow
    for name in ("fresh", "ended"):
        for action in ("kill", "pause", "unpause", "resize?h=1&w=1"):
            ask("POST", f"/containers/{name}/{action}")
        ask("POST", f"/containers/{name}/stop")
        ask("POST", f"/containers/{name}/exec", {"Cmd": ["true"]})
        ask("GET", f"/containers/{name}/top")
    ask("POST", "/containers/runs/start")
    ask("POST", "/containers/runs/unpause")
    ask("DELETE", "/containers/runs")
    ask("POST", "/containers/create?name=runs", {"Image": "busybox"})
    ask("POST", "/containers/fresh/rename?name=runs")
    ask("DELETE", "/networks/bridge")
    ask("POST", "/networks/create", {"Name": "bridge", "CheckDuplicate": True})

    # Parameters that can't be right
    for path in [
        "/containers/json?filters=nonsense", '/containers/json?filters={"nosuch":["x"]}',
        '/containers/json?filters={"status":["nosuch"]}', "/containers/json?limit=many",
        "/containers/runs/logs", "/containers/runs/archive", "/containers/runs/archive?path=",
        '/images/json?filters={"nosuch":["x"]}', '/networks?filters={"nosuch":["x"]}',
        '/volumes?filters={"nosuch":["x"]}', "/events?since=soon&until=1", "/containers/runs/top?ps_args=-o+nosuch",
    ]:
        ask("GET", path)
    for path in [
        "/containers/runs/kill?signal=NOSUCH", "/containers/runs/rename", "/containers/runs/rename?name=bad!name",
        "/containers/runs/resize?h=x&w=1", "/containers/runs/stop?t=soon",
        "/images/create", "/images/busybox/tag?repo=BAD+NAME", "/images/busybox/tag?repo=x&tag=bad!tag",
        '/containers/prune?filters={"nosuch":["x"]}', '/networks/prune?filters={"nosuch":["x"]}',
    ]:
        ask("POST", path)
    ask("POST", "/containers/create?name=bad!name", {"Image": "busybox"})
    for settings in [
        {"Memory": 1024}, {"NetworkMode": "nosuch"}, {"NetworkMode": "container:nosuch"}, {"PidMode": "odd"},
        {"IpcMode": "odd"}, {"CapAdd": ["NOSUCH"]}, {"RestartPolicy": {"Name": "odd"}}, {"Binds": ["relative:/x:odd"]},
        {"Binds": ["/tmp:relative"]}, {"Runtime": "nosuch"}, {"LogConfig": {"Type": "nosuch"}}, {"CpuPeriod": 1},
        {"Mounts": [{"Type": "odd", "Target": "/x"}]}, {"Mounts": [{"Type": "bind", "Source": "/nosuch/x", "Target": "/x"}]},
        {"OomScoreAdj": 5000}, {"AutoRemove": True, "RestartPolicy": {"Name": "always"}}, {"NanoCpus": -1},
    ]:
        ask("POST", "/containers/create", {"Image": "busybox", "HostConfig": settings})
    ask("POST", "/containers/create", {"Image": "busybox", "WorkingDir": "relative"})
    ask("POST", "/containers/create", {"Image": "busybox", "StopSignal": "NOSUCH"})
    ask("POST", "/containers/create", {"Image": "BAD NAME"})
    ask("POST", "/containers/create", {"Cmd": ["true"]})
    ask("POST", "/containers/runs/update", {"Memory": 1024})
    ask("POST", "/containers/runs/exec", {"Cmd": []})
    ask("POST", "/containers/runs/exec", {})
    ask("POST", "/networks/create", {})
    ask("POST", "/networks/create", {"Name": "x", "Driver": "nosuch"})
    ask("POST", "/networks/create", {"Name": "x", "IPAM": {"Config": [{"Subnet": "nonsense"}]}})
    ask("POST", "/volumes/create", {"Name": "bad name!"})
    ask("POST", "/volumes/create", {"Name": "x", "Driver": "nosuch"})

    # Bodies that can't be read
    for path in ["/containers/create", "/networks/create", "/volumes/create", "/containers/runs/exec", "/containers/runs/update"]:
        for body in [b"{", b"[]", b"nonsense"]:
            ask("POST", path, body)
    ask("POST", "/containers/create", {"Image": 5})
    ask("POST", "/containers/create", {"Image": "busybox", "Cmd": 5})
    ask("POST", "/containers/create", b"")
    ask("POST", "/containers/create", b"null")
    ask("POST", "/networks/create", {"Name": 5})

    # Unknown members are ignored, and old spellings understood
    ask("POST", "/containers/create?name=unknown", {"Image": "busybox", "Nosuch": {"deep": [1]}, "HostConfig": {"Nosuch": 1}})
    ask("POST", "/containers/create?name=text", {"Image": "busybox", "Cmd": "echo text"})
    ask("POST", "/volumes/create", {"Name": "apivolume", "Nosuch": True})
    ask("POST", "/networks/create", {"Name": "apinetwork", "Nosuch": True})
    ask("GET", '/containers/json?filters={"name":{"runs":true}}')

    # A host that is in no swarm
    for path in ["/swarm", "/nodes", "/services", "/tasks", "/secrets", "/configs"]:
        ask("GET", path)
    return asked


QUESTIONS = _questions()


def answer(status: int, body: bytes) -> dict[str, object]:
    """What is compared of an answer: the status and, of an error, the sentence; IDs are cut out."""
    given: dict[str, object] = {"status": status}
    if status >= 400:
        try:
            given["message"] = re.sub(r"\b[0-9a-f]{64}\b", "<id>", json.loads(body)["message"])
        except (ValueError, KeyError, TypeError):
            given["message"] = body.decode(errors="replace").rstrip("\n")
    return given


def ask_all(request, version: str) -> dict[str, dict[str, object]]:
    """Asks everything; `request` is a function of method, path, body and headers that gives status, headers, body."""
    def call(method: str, path: str, body: object) -> tuple[int, bytes]:
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        headers = {} if data is None else {"Content-Type": "application/json"}
        encoded = path.replace('"', "%22").replace("{", "%7B").replace("}", "%7D")
        status, _, answered = request(method, f"/v{version}{encoded}", data, headers)
        return status, answered

    made = []
    for name, settings in CONTAINERS.items():
        status, _ = call("POST", f"/containers/create?name={name}", settings)
        assert status == 201, f"creating {name}: {status}"
        made.append(name)
    for name in ("runs", "ended"):
        call("POST", f"/containers/{name}/start", None)
    call("POST", "/containers/ended/wait", None)
    try:
        return {
            f"{method} {path}" + ("" if body is None else f" {body!r}"): answer(*call(method, path, body))
            for method, path, body in QUESTIONS
        }
    finally:
        for container in json.loads(call("GET", "/containers/json?all=1", None)[1]):
            call("DELETE", f"/containers/{container['Id']}?force=1&v=1", None)
        call("DELETE", "/volumes/apivolume", None)
        call("DELETE", "/networks/apinetwork", None)


def _record(path: str) -> None:
    from harness import UnixConnection

    def request(method, target, body, headers):
        connection = UnixConnection(path, 30)
        try:
            connection.request(method, target, body=body, headers=headers)
            response = connection.getresponse()
            return response.status, {}, response.read()
        finally:
            connection.close()

    RECORDED.write_text(json.dumps(ask_all(request, "1.41"), indent=1) + "\n")


if __name__ == "__main__":
    _record(sys.argv[1])
