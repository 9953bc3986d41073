"""The answers of the Engine API at its newest version, member by member, against the API's own description: what is there has
the kind that is written there, nothing is there that is not, and nothing is left out but what an engine may leave out."""

from __future__ import annotations

import json
import time
import unittest

import api_members
from harness import LabTest, wait_until


class Answers(LabTest):
    maxDiff = None

    def ask(self, name: str, path: str, body: object = None, status: int = 0) -> object:
        """Asks, and checks the answer as the one that the table has under this name."""
        method = name.split()[0]
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = {} if data is None else {"Content-Type": "application/json"}
        code, _, answer = self.lab.request(method, f"/v1.47{path}", data, kind, timeout=60)
        self.assertIn(code, (200, 201), answer)
        value = json.loads(answer)
        self.check.answer(name, value)
        self.asked.add(name)
        return value

    def test_have_the_members_that_are_described(self):
        table = api_members.load()
        self.check = api_members.Check(table)
        self.asked: set[str] = set()
        self.everything()
        self.assertEqual(self.asked, set(table["answers"]), "an answer of the table was not asked for")
        self.assertEqual([text for text in self.check.wrong
                          if not any(text == f"{name}: None is no integer" for name in NULL)], [])
        self.assertEqual(sorted(self.check.unknown - set(UNDESCRIBED)), [], "members that nobody has described")
        missing = sorted(name for name in self.check.missing - self.check.seen if name not in OMITTED)
        self.assertEqual(missing, [], "members that are described and never there")
        # The list of what is left out is no longer than needed.
        self.assertEqual(sorted(name for name in OMITTED if name in self.check.seen), [], "listed as left out, but there")
        self.assertEqual(sorted(set(UNDESCRIBED) - self.check.unknown), [], "listed as not described, but not there")
        print(f"members: {len(self.check.seen)} of {len(self.check.seen | self.check.missing)} described members seen, "
              f"{len(table['answers'])} answers, all of the described kind")

    def everything(self) -> None:
        ask = self.ask
        ask("POST /networks/create", "/networks/create", {
            "Name": "net", "EnableIPv6": True, "Labels": {"a": "b"}, "Options": {"com.docker.network.bridge.enable_icc": "true"},
            "IPAM": {"Config": [{"Subnet": "172.30.0.0/16", "IPRange": "172.30.5.0/24", "Gateway": "172.30.0.1",
                                 "AuxiliaryAddresses": {"router": "172.30.0.2"}}, {"Subnet": "fd00:30::/64"}]}})
        ask("POST /volumes/create", "/volumes/create", {"Name": "vol", "Labels": {"a": "b"}, "DriverOpts": {
            "type": "tmpfs", "device": "tmpfs", "o": "size=1m"}})
        settings = {
            "Hostname": "host", "Domainname": "example", "User": "0", "AttachStdout": True, "Env": ["A=1"],
            "Cmd": ["sh", "-c", "echo out; touch /made; sleep 1000"], "Image": "busybox", "Volumes": {"/anonymous": {}},
            "ExposedPorts": {"80/tcp": {}, "81/tcp": {}}, "WorkingDir": "/tmp", "Labels": {"a": "b"}, "StopSignal": "SIGINT",
            "StopTimeout": 3, "Shell": ["/bin/sh"],
            "Healthcheck": {"Test": ["CMD", "true"], "Interval": 1_000_000_000, "Timeout": 10**9, "Retries": 3,
                            "StartPeriod": 10**9, "StartInterval": 10**9},
            "HostConfig": {
                "Binds": ["/tmp:/host:ro"], "NetworkMode": "net", "PortBindings": {"80/tcp": [{"HostPort": "0"}]},
                "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 2}, "CapAdd": ["NET_ADMIN"], "CapDrop": ["CHOWN"],
                "Dns": ["10.0.0.1"], "DnsOptions": ["a"], "DnsSearch": ["example"], "ExtraHosts": ["a:10.0.0.1"],
                "GroupAdd": ["10"], "OomScoreAdj": 100, "SecurityOpt": ["no-new-privileges"], "Tmpfs": {"/t": "size=1m"},
                "Sysctls": {"net.ipv4.ip_forward": "0"}, "Memory": 1 << 26, "NanoCpus": 5 * 10**8, "PidsLimit": 100,
                "Ulimits": [{"Name": "nofile", "Soft": 100, "Hard": 200}], "Init": False, "Annotations": {"a": "b"},
                "Mounts": [{"Type": "volume", "Source": "vol", "Target": "/v", "VolumeOptions": {"Labels": {"x": "y"}}}],
                "LogConfig": {"Type": "json-file", "Config": {"max-size": "1m", "max-file": "2"}},
                "Devices": [{"PathOnHost": "/dev/null", "PathInContainer": "/dev/mine", "CgroupPermissions": "rwm"}],
                "ConsoleSize": [24, 80],
            },
            "NetworkingConfig": {"EndpointsConfig": {"net": {
                "Aliases": ["other"], "IPAMConfig": {"IPv4Address": "172.30.5.9"}, "DriverOpts": {"a": "b"}}}},
        }
        ask("POST /containers/create", "/containers/create?name=box", settings)
        self.assertEqual(self.lab.request("POST", "/containers/box/start")[0], 204)
        wait_until(lambda: self.lab.inspect("box")["State"].get("Health", {}).get("Log"), 30)
        created = ask("POST /containers/{id}/exec", "/containers/box/exec", {
            "Cmd": ["true"], "AttachStdout": True, "User": "0", "Privileged": True})
        self.lab.request("POST", f"/exec/{created['Id']}/start", {"Detach": True})
        wait_until(lambda: not self.lab.get(f"/exec/{created['Id']}/json")["Running"])
        ask("GET /exec/{id}/json", f"/exec/{created['Id']}/json")
        ask("GET /containers/json", "/containers/json?all=1&size=1")
        ask("GET /containers/{id}/json", "/containers/box/json?size=1")
        ask("GET /containers/{id}/top", "/containers/box/top")
        wait_until(lambda: self.lab.get("/containers/box/changes"))
        ask("GET /containers/{id}/changes", "/containers/box/changes")
        ask("POST /containers/{id}/update", "/containers/box/update", {"Memory": 1 << 27, "MemorySwap": -1})
        ask("GET /networks", "/networks")
        ask("GET /networks/{id}", "/networks/net")
        ask("GET /volumes", "/volumes")
        ask("GET /volumes/{name}", "/volumes/vol")
        ask("POST /commit", "/commit?container=box&repo=made&tag=1&comment=why&author=who", {})
        ask("GET /images/json", "/images/json?shared-size=1&digests=1")
        ask("GET /images/{name}/json", "/images/made:1/json")
        ask("GET /images/{name}/json", "/images/busybox/json")
        ask("GET /images/{name}/history", "/images/made:1/history")
        ask("GET /images/search", "/images/search?term=busybox")
        ask("GET /distribution/{name}/json", "/distribution/busybox/json")
        ask("GET /info", "/info")
        ask("GET /version", "/version")
        ask("GET /system/df", "/system/df")
        status, _, events = self.lab.request("GET", f"/v1.47/events?since=0&until={int(time.time()) + 1}")
        self.assertEqual(status, 200)
        for line in events.splitlines():
            self.check.answer("GET /events", json.loads(line))
        self.asked.add("GET /events")
        self.lab.request("POST", "/containers/box/kill")
        ask("POST /containers/{id}/wait", "/containers/box/wait")
        ask("GET /containers/{id}/json", "/containers/box/json")
        ask("POST /containers/prune", "/containers/prune")
        ask("POST /networks/prune", "/networks/prune")
        ask("POST /volumes/prune", '/volumes/prune?filters=%7B%22all%22%3A%5B%22true%22%5D%7D')
        ask("DELETE /images/{name}", "/images/made:1")
        ask("POST /images/prune", "/images/prune?filters=%7B%22dangling%22%3A%5B%22false%22%5D%7D")


_EMPTY = "Go leaves it out while it is empty (omitempty), and here it is"
_OLD = "given up: left out by the engine for clients of this version"
_SWARM = "told by a manager of a whole swarm only"

#: Members that are described and that ours, as a real engine (27.5) in the same place, leaves out; each with the reason.
OMITTED: dict[str, str] = {
    "ContainerConfig.ArgsEscaped": "of Windows", "ContainerConfig.MacAddress": _OLD, "ContainerConfig.NetworkDisabled": _EMPTY,
    "ContainerSummary.SizeRw": _EMPTY, "ContainerWaitResponse.Error": _EMPTY, "EndpointIPAMConfig.IPv6Address": _EMPTY,
    "EndpointIPAMConfig.LinkLocalIPs": _EMPTY, "HostConfig.KernelMemoryTCP": _EMPTY, "HostConfig.StorageOpt": _EMPTY,
    "ImageConfig.ArgsEscaped": "of Windows", "ImageConfig.MacAddress": _OLD, "ImageConfig.NetworkDisabled": _EMPTY,
    "ImageInspect.OsVersion": "of Windows", "ImageInspect.Variant": _EMPTY, "ImageInspect.VirtualSize": _OLD,
    "ImageSummary.Manifests": "of engines with containerd's store of images", "Mount.BindOptions": _EMPTY,
    "Mount.Consistency": _EMPTY, "Mount.ReadOnly": _EMPTY, "Mount.TmpfsOptions": _EMPTY,
    "Mount.VolumeOptions.DriverConfig": _EMPTY, "Mount.VolumeOptions.NoCopy": _EMPTY, "Mount.VolumeOptions.Subpath": _EMPTY,
    "Network.Peers": _SWARM, "OCIPlatform.os.features": _EMPTY, "OCIPlatform.os.version": _EMPTY, "OCIPlatform.variant": _EMPTY,
    "Runtime.runtimeArgs": _EMPTY, "Runtime.status": "of engines that ask their runtime for it; ours is the runtime",
    "SwarmInfo.Cluster": _SWARM, "SwarmInfo.Managers": _EMPTY, "SwarmInfo.Nodes": _EMPTY,
    "SystemInfo.Containerd": "there is no containerd", "SystemInfo.DefaultAddressPools": _EMPTY,
    "SystemInfo.KernelMemoryTCP": _EMPTY, "SystemInfo.ProductLicense": _EMPTY, "SystemVersion.Experimental": _EMPTY,
    "Volume.ClusterVolume": _SWARM, "Volume.Status": _EMPTY,
}

#: Members that the description has not and the engine sends; each with the reason.
UNDESCRIBED: dict[str, str] = {
    "EventMessage.from": "Docker sends it to this day for old clients", "EventMessage.id": "the same",
    "EventMessage.status": "the same",
}

#: Members where a real engine has null although their description does not say so.
NULL = {"HostConfig.MemorySwappiness"}


if __name__ == "__main__":
    unittest.main()
