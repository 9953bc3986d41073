"""The real docker client at the newest version of the API that it and the engine both speak: a broad set of its commands,
what they print and how they end, as Docker's documentation of that client (28.2) has it."""

from __future__ import annotations

import json
import re
import shlex
import unittest

from harness import LabTest, needs_real_client

ID = r"[0-9a-f]{64}"
SHORT = r"[0-9a-f]{12}"


def json_lines(*names: str):
    """That each line is an object with these members, all strings: `--format json`."""
    def check(case: "Client", out: str) -> None:
        lines = out.splitlines()
        case.assertGreater(len(lines), 0)
        for line in lines:
            object_ = json.loads(line)
            case.assertLessEqual(set(names), set(object_), f"missing of {sorted(object_)}")
            # The client gives the platform as an object, and null with engines before API 1.48.
            case.assertEqual([name for name, value in object_.items()
                              if not isinstance(value, str) and name != "Platform"], [])
    return check


def table(*heads: str):
    """That it is a table with these heads."""
    def check(case: "Client", out: str) -> None:
        case.assertEqual(re.split(r" {2,}", out.splitlines()[0].strip()), list(heads))
    return check


def members(*paths: str):
    """That it is an array of one object that has these members, by their paths."""
    def check(case: "Client", out: str) -> None:
        found = json.loads(out)
        case.assertEqual(len(found), 1)
        for path in paths:
            value = found[0]
            for name in path.split("."):
                case.assertIn(name, value, path)
                value = value[name]
    return check


def absent(*paths: str):
    """That it is an array of one object without these members."""
    def check(case: "Client", out: str) -> None:
        for path in paths:
            value = json.loads(out)[0]
            for name in path.split("."):
                if name not in value:
                    break
                value = value[name]
            else:
                case.fail(f"{path} is there")
    return check


#: A command, its exit code, and what it prints: a pattern for all of its standard output (with an exit code other than 0, for
#: a part of its error output), or a check.
LINES: list[tuple[str, int, object]] = [
    ("version --format {{.Client.APIVersion}}={{.Server.APIVersion}}", 0, r"1\.47=1\.47\n"),
    ("version --format {{.Server.MinAPIVersion}}", 0, r"1\.24\n"),
    ("version --format json", 0, lambda case, out: case.assertEqual(json.loads(out)["Server"]["Os"], "linux")),
    ("info --format {{.CgroupDriver}}/{{.LoggingDriver}}/{{.Driver}}", 0, r"cgroupfs/json-file/overlay2\n"),
    ("info --format json", 0, lambda case, out: case.assertEqual(json.loads(out)["Plugins"]["Log"], ["json-file", "local"])),
    # Containers
    ("run --name one busybox echo hello", 0, r"hello\n"),
    ("run -d --name two --label team=red -p 127.0.0.1::80 busybox sleep 1000", 0, rf"{ID}\n"),
    ("run --rm busybox sh -c 'exit 7'", 7, r""),
    ("run --rm busybox nosuch", 127, r'exec: "nosuch": executable file not found in \$PATH'),
    ("run --rm busybox /etc", 126, r"permission denied|is a directory"),
    ("run --rm --network nosuch busybox true", 125, r"network nosuch not found"),
    ("run --rm --annotation a=b busybox true", 0, r""),
    ("create --name three --pull never busybox true", 0, rf"{ID}\n"),
    ("create --pull never nosuch/image", 1, r"No such image: nosuch/image:latest"),
    ("ps", 0, table("CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES")),
    ("ps -as", 0, table("CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES", "SIZE")),
    ("ps -a --format json", 0, json_lines("Command", "CreatedAt", "ID", "Image", "Labels", "LocalVolumes", "Mounts", "Names",
                                          "Networks", "Ports", "RunningFor", "Size", "State", "Status")),
    ("ps -aq --no-trunc --filter name=one", 0, rf"{ID}\n"),
    ("ps --filter label=team=red --format '{{.Names}} {{.State}}'", 0, r"two running\n"),
    ("ps -a --filter status=created --format {{.Names}}", 0, r"three\n"),
    ("ps --filter nosuch=1", 1, r"invalid filter 'nosuch'|Invalid filter 'nosuch'"),
    ("inspect two", 0, members(
        "State.Status", "HostConfig.CgroupnsMode", "Mounts", "NetworkSettings.Networks.bridge.DNSNames",
             "GraphDriver.Data.UpperDir", "HostConfig.ConsoleSize")),
    ("inspect two", 0, absent("HostConfig.KernelMemory", "HostConfig.KernelMemoryTCP", "Config.MacAddress")),
    ("inspect -s --format {{.SizeRw}} two", 0, r"\d+\n"),
    ("inspect --format '{{json .HostConfig.RestartPolicy}}' two", 0, r'\{"Name":"no","MaximumRetryCount":0\}\n'),
    ("inspect --type image two", 1, r"No such image: two"),
    ("container inspect nosuch", 1, r"No such container: nosuch"),
    ("port two", 0, r"80/tcp -> 127\.0\.0\.1:\d+\n"),
    ("top two", 0, table("UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD")),
    ("stats --no-stream --format json two", 0, json_lines("BlockIO", "CPUPerc", "Container", "ID", "MemPerc", "MemUsage", "Name",
                                                          "NetIO", "PIDs")),
    ("stats --no-stream", 0, table("CONTAINER ID", "NAME", "CPU %", "MEM USAGE / LIMIT", "MEM %", "NET I/O", "BLOCK I/O", "PIDS")),
    ("logs one", 0, r"hello\n"),
    ("logs -t one", 0, r"20\d\d-\d\d-\d\dT\S+Z hello\n"),
    ("exec two sh -c 'echo in; exit 3'", 3, r""),
    ("exec -e A=1 -w /tmp two sh -c 'echo $A; pwd'", 0, r"1\n/tmp\n"),
    ("exec one true", 1, rf"container {ID} is not running|Container {ID} is not running"),
    ("cp two:/etc/passwd -", 0, r"passwd.*root:x:0:0.*"),
    ("cp two:/nosuch -", 1, r"Could not find the file /nosuch in container two"),
    ("diff one", 0, r""),
    ("pause two", 0, r"two\n"),
    ("ps --format '{{.Names}} {{.Status}}'", 0, r"two Up .* \(Paused\)\n"),
    ("unpause two", 0, r"two\n"),
    ("update --memory 64m --memory-swap 64m two", 0, r"two\n"),
    ("inspect --format '{{.HostConfig.Memory}} {{.HostConfig.MemorySwap}}' two", 0, r"67108864 67108864\n"),
    ("rename one uno", 0, r""),
    ("wait uno", 0, r"0\n"),
    ("start uno", 0, r"uno\n"),
    ("stop -s KILL -t 1 two", 0, r"two\n"),
    ("inspect --format {{.State.ExitCode}} two", 0, r"137\n"),
    ("restart -t 0 two", 0, r"two\n"),
    ("kill -s nosuch two", 1, r"Invalid signal: nosuch"),
    ("commit -m why two made:1", 0, rf"sha256:{ID}\n"),
    # Images
    ("images", 0, table("REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE")),
    ("images --digests", 0, table("REPOSITORY", "TAG", "DIGEST", "IMAGE ID", "CREATED", "SIZE")),
    ("image ls --format json", 0, json_lines(
        "Containers", "CreatedAt", "CreatedSince", "Digest", "ID", "Repository", "SharedSize", "Size",
                              "Tag", "UniqueSize")),
    ("image ls --tree", 0, r".*IMAGE.*ID.*DISK USAGE.*CONTENT SIZE.*EXTRA.*busybox:latest.*"),
    ("image inspect made:1", 0, members("Id", "RootFS.Layers", "Metadata.LastTagTime", "Config.Cmd", "GraphDriver.Data")),
    ("image inspect made:1", 0, absent("VirtualSize", "Container", "ContainerConfig")),
    ("history made:1", 0, table("IMAGE", "CREATED", "CREATED BY", "SIZE", "COMMENT")),
    ("history --format json made:1", 0, json_lines("Comment", "CreatedAt", "CreatedBy", "CreatedSince", "ID", "Size")),
    ("tag made:1 made:2", 0, r""),
    ("rmi made:2", 0, r"Untagged: made:2\n"),
    ("rmi nosuch", 1, r"No such image: nosuch:latest"),
    ("search --format '{{.Name}}' busybox", 0, r".*busybox.*"),
    ("pull -q hello-world", 0, r"docker\.io/library/hello-world:latest\n"),
    ("image prune -f", 0, r".*Total reclaimed space: .*\n"),
    # Networks and volumes
    ("network create --ipv6 --subnet 172.31.0.0/16 --subnet fd00:31::/64 net", 0, rf"{ID}\n"),
    ("network ls", 0, table("NETWORK ID", "NAME", "DRIVER", "SCOPE")),
    ("network ls --format json", 0, json_lines("CreatedAt", "Driver", "ID", "IPv4", "IPv6", "Internal", "Labels", "Name", "Scope")),
    ("network connect --alias deux net two", 0, r""),
    ("inspect --format '{{json (index .NetworkSettings.Networks \"net\").DNSNames}}' two", 0, rf'\["two","deux","{SHORT}"\]\n'),
    ("inspect --format '{{json (index .NetworkSettings.Networks \"net\").Aliases}}' two", 0, r'\["deux"\]\n'),
    ("network inspect net", 0, members("EnableIPv6", "IPAM.Config", "Containers", "Options", "ConfigFrom.Network")),
    ("network disconnect net two", 0, r""),
    ("network rm net", 0, r"net\n"),
    ("network rm bridge", 1, r"bridge is a pre-defined network and cannot be removed"),
    ("volume create vol", 0, r"vol\n"),
    ("volume ls", 0, table("DRIVER", "VOLUME NAME")),
    ("volume ls --format json", 0, json_lines("Driver", "Labels", "Links", "Mountpoint", "Name", "Scope", "Size")),
    ("volume inspect vol", 0, members("CreatedAt", "Driver", "Mountpoint", "Options", "Scope")),
    ("run --rm --mount type=volume,src=vol,dst=/v busybox sh -c 'echo kept > /v/file'", 0, r""),
    ("run --rm --mount type=volume,src=vol,dst=/v,volume-subpath=. busybox cat /v/file", 0, r"kept\n"),
    ("volume prune -f", 0, r"Total reclaimed space: 0B\n"),
    ("volume prune -af", 0, r"Deleted Volumes:\nvol\n.*"),
    # The system
    ("system df", 0, table("TYPE", "TOTAL", "ACTIVE", "SIZE", "RECLAIMABLE")),
    ("system df -v", 0, r"Images space usage:.*Containers space usage:.*Local Volumes space usage:.*Build cache usage: 0B.*"),
    ("system df --format json", 0, json_lines("Active", "Reclaimable", "Size", "TotalCount", "Type")),
    ("events --since 0 --until 1s --filter container=two --filter event=create --format {{.Action}}", 0, r"create\n"),
    ("rm two", 1, r"cannot remove container \"/?two\": container is running|You cannot remove a running container"),
    ("rm -f two", 0, r"two\n"),
    ("container prune -f", 0, rf"Deleted Containers:\n({ID}\n)+\nTotal reclaimed space: .*"),
    ("system prune -f", 0, r".*Total reclaimed space: .*"),
]


@needs_real_client
class Client(LabTest):
    maxDiff = None

    def test_prints_what_its_documentation_says(self):
        for number, (line, code, expected) in enumerate(LINES):
            with self.subTest(f"{number}: docker {line}"):
                done = self.lab.client(*shlex.split(line), timeout=60)
                self.assertEqual(done.code, code, f"{done.out[-500:]}\n{done.err[-500:]}")
                if callable(expected):
                    expected(self, done.out)
                elif code == 0:
                    self.assertRegex(done.out, re.compile(rf"\A(?:{expected})\Z", re.DOTALL))
                elif expected:
                    self.assertRegex(done.err, expected)
                if code == 0 and not line.startswith(("info", "image ls --tree", "run", "pull", "stop", "update")):
                    self.assertEqual(done.err, "")
        print(f"newest: {len(LINES)} commands of the real client")

    def test_speaks_the_newest_version_by_itself(self):
        self.assertNotIn("DOCKER_API_VERSION", self.lab.client_environment)
        done = self.lab.client("version", "--format", "{{.Client.APIVersion}}")
        self.assertEqual(done.out.strip(), self.lab.get("/version")["ApiVersion"])


if __name__ == "__main__":
    unittest.main()
