"""Containers: creating, running, waiting, stopping, inspecting, changing."""

from __future__ import annotations

import json
import tempfile

import requests

from docker.errors import APIError, ContainerError, ImageNotFound, NotFound
from docker.types import DeviceRequest, Healthcheck, LogConfig, Mount, Ulimit
from scenario import Scenario, docker


class Running(Scenario):
    def test_gives_what_a_command_wrote(self):
        self.assertEqual(self.client.containers.run("busybox", ["echo", "hello"]), b"hello\n")

    def test_removes_it_afterwards_if_wished(self):
        self.client.containers.run("busybox", "true", remove=True)
        self.assertEqual(self.client.containers.list(all=True), [])

    def test_raises_what_a_failing_command_said(self):
        with self.assertRaises(ContainerError) as caught:
            self.client.containers.run("busybox", ["sh", "-c", "echo out; echo bad >&2; exit 7"], remove=True)
        self.assertEqual(caught.exception.exit_status, 7)
        self.assertEqual(caught.exception.stderr, b"bad\n")

    def test_gives_the_error_output_too(self):
        out = self.client.containers.run("busybox", ["sh", "-c", "echo bad >&2"], stdout=False, stderr=True)
        self.assertEqual(out, b"bad\n")

    def test_streams_the_lines(self):
        lines = self.client.containers.run("busybox", ["sh", "-c", "echo a; echo b"], stream=True)
        self.assertEqual(b"".join(lines), b"a\nb\n")

    def test_passes_environment_directory_and_user(self):
        out = self.client.containers.run(
            "busybox", ["sh", "-c", "echo $WORD; pwd; id -u; hostname"], environment={"WORD": "two words"},
            working_dir="/tmp", user="1000", hostname="ship")
        self.assertEqual(out, b"two words\n/tmp\n1000\nship\n")

    def test_reports_the_end_of_a_background_container(self):
        container = self.client.containers.run("busybox", ["sh", "-c", "exit 3"], detach=True)
        self.assertEqual(container.wait()["StatusCode"], 3)
        container.reload()
        self.assertEqual(container.status, "exited")
        self.assertEqual(container.attrs["State"]["ExitCode"], 3)

    def test_waits_for_the_removal(self):
        container = self.sleeper(auto_remove=True)
        container.kill()
        try:
            container.wait(condition="removed")
        except NotFound:
            pass  # it was gone already
        with self.assertRaises(NotFound):
            self.client.containers.get("box")

    def test_a_wait_that_takes_too_long_is_a_timeout(self):
        container = self.sleeper()
        with self.assertRaises((requests.exceptions.ReadTimeout, requests.exceptions.ConnectionError)):
            container.wait(timeout=1)

    def test_an_unknown_image_is_not_found(self):
        with self.assertRaises(ImageNotFound):
            self.client.containers.create("no/such-image:ever", "true")

    def test_a_program_that_is_not_there_is_an_error(self):
        with self.assertRaises(APIError) as caught:
            self.client.containers.run("busybox", ["/no/such/program"])
        self.assertIn("no such file or directory", caught.exception.explanation)
        self.assertEqual(caught.exception.status_code, 400 if caught.exception.is_client_error() else 500)


class Settings(Scenario):
    def test_limits_memory_and_processors(self):
        container = self.sleeper(mem_limit="64m", nano_cpus=500_000_000, pids_limit=50, cpu_shares=512, cpuset_cpus="0")
        container.reload()
        host = container.attrs["HostConfig"]
        self.assertEqual((host["Memory"], host["NanoCpus"], host["PidsLimit"]), (64 << 20, 500_000_000, 50))
        self.assertEqual((host["CpuShares"], host["CpusetCpus"]), (512, "0"))

    def test_keeps_ulimits_and_sysctls(self):
        out = self.client.containers.run(
            "busybox", ["sh", "-c", "ulimit -n; cat /proc/sys/net/ipv4/ip_default_ttl"],
            ulimits=[Ulimit(name="nofile", soft=64, hard=128)], sysctls={"net.ipv4.ip_default_ttl": "33"})
        self.assertEqual(out, b"64\n33\n")

    def test_adds_and_drops_capabilities(self):
        out = self.client.containers.run(
            "busybox", ["sh", "-c", "grep CapEff /proc/self/status"], cap_drop=["ALL"], cap_add=["NET_ADMIN", "CHOWN"])
        self.assertEqual(int(out.split()[1], 16), 1 << 12 | 1 << 0)

    def test_makes_the_root_read_only_beside_a_tmpfs(self):
        out = self.client.containers.run(
            "busybox", ["sh", "-c", "touch /x 2>&1; touch /scratch/y && echo written"], read_only=True,
            tmpfs={"/scratch": "size=1m"})
        self.assertEqual(out, b"touch: /x: Read-only file system\nwritten\n")

    def test_adds_hosts_and_name_servers(self):
        out = self.client.containers.run(
            "busybox", ["sh", "-c", "grep pier /etc/hosts; cat /etc/resolv.conf"], extra_hosts={"pier": "10.9.8.7"},
            dns=["192.0.2.53"], dns_search=["dock.test"])
        self.assertIn(b"10.9.8.7\tpier\n", out)
        self.assertIn(b"nameserver 192.0.2.53\n", out)
        self.assertIn(b"search dock.test\n", out)

    def test_finds_containers_by_label(self):
        wanted = self.sleeper("aft", labels={"role": "db"})
        self.sleeper("bow", labels=["other"])
        self.assertEqual(self.client.containers.list(filters={"label": "role=db"}), [wanted])
        self.assertEqual(wanted.labels["role"], "db")

    def test_restarts_by_policy(self):
        container = self.client.containers.run(
            "busybox", ["sh", "-c", "echo once; exit 1"], detach=True,
            restart_policy={"Name": "on-failure", "MaximumRetryCount": 2})

        def is_over() -> bool:
            container.reload()
            return container.attrs["RestartCount"] == 2 and container.status == "exited"

        self.eventually(is_over, "two restarts did not come")
        self.assertEqual(container.logs(), b"once\n" * 3)

    def test_runs_an_init(self):
        out = self.client.containers.run("busybox", ["sh", "-c", "cat /proc/1/comm"], init=True)
        self.assertRegex(out, rb"init|tini")

    def test_shares_another_container_s_processes_and_network(self):
        first = self.sleeper("first")
        out = self.client.containers.run("busybox", "ps", pid_mode="container:first")
        self.assertIn(b"trap 'exit 0' TERM", out)
        out = self.client.containers.run("busybox", ["hostname"], network_mode="container:first")
        self.assertEqual(out.decode().strip(), first.id[:12])

    def test_chooses_the_log_driver(self):
        container = self.sleeper(log_config=LogConfig(type=LogConfig.types.JSON, config={"max-size": "1m", "max-file": "2"}))
        container.reload()
        self.assertEqual(container.attrs["HostConfig"]["LogConfig"],
                         {"Type": "json-file", "Config": {"max-size": "1m", "max-file": "2"}})

    def test_checks_the_health(self):
        container = self.sleeper(healthcheck=Healthcheck(test=["CMD", "true"], interval=50_000_000, retries=1))

        def is_healthy() -> bool:
            container.reload()
            return container.health == "healthy"

        self.eventually(is_healthy, "it did not become healthy")

    def test_stops_with_the_signal_of_its_choice(self):
        container = self.client.containers.run(
            "busybox", ["sh", "-c", "trap 'exit 9' USR1; echo up; while :; do sleep 1 & wait; done"], detach=True,
            stop_signal="SIGUSR1")
        self.eventually(lambda: b"up" in container.logs(), "it did not begin")
        container.stop()
        self.assertEqual(container.wait()["StatusCode"], 9)

    def test_mounts_a_directory_of_the_host(self):
        with tempfile.TemporaryDirectory() as directory:
            out = self.client.containers.run(
                "busybox", ["sh", "-c", "echo here > /data/file; touch /fixed/x 2>&1; true"],
                volumes={directory: {"bind": "/data", "mode": "rw"}},
                mounts=[Mount("/fixed", directory, type="bind", read_only=True)])
            self.assertEqual(out, b"touch: /fixed/x: Read-only file system\n")
            with open(f"{directory}/file") as file:
                self.assertEqual(file.read(), "here\n")

    def test_refuses_devices_that_no_driver_gives(self):
        with self.assertRaises(APIError) as caught:
            self.client.containers.run("busybox", "true", device_requests=[DeviceRequest(count=-1, capabilities=[["gpu"]])])
        self.assertIn("could not select device driver", str(caught.exception))


class Life(Scenario):
    def test_starts_stops_and_restarts(self):
        container = self.client.containers.create("busybox", ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1 & wait; done"])
        self.assertEqual(container.status, "created")
        container.start()
        container.reload()
        first = container.attrs["State"]["Pid"]
        self.assertEqual(container.status, "running")
        container.restart(timeout=5)
        container.reload()
        self.assertNotEqual(container.attrs["State"]["Pid"], first)
        container.stop(timeout=5)
        container.reload()
        self.assertEqual(container.status, "exited")

    def test_pauses_and_goes_on(self):
        container = self.sleeper()
        container.pause()
        container.reload()
        self.assertEqual(container.status, "paused")
        with self.assertRaises(APIError) as caught:
            container.pause()
        self.assertEqual(caught.exception.status_code, 409)
        container.unpause()
        container.reload()
        self.assertEqual(container.status, "running")

    def test_kills_with_a_signal(self):
        container = self.sleeper()
        container.kill(signal="SIGKILL")
        self.assertEqual(container.wait()["StatusCode"], 137)
        with self.assertRaises(APIError) as caught:
            container.kill()
        self.assertEqual(caught.exception.status_code, 409)

    def test_renames(self):
        container = self.sleeper("before")
        container.rename("after")
        container.reload()
        self.assertEqual(container.name, "after")
        with self.assertRaises(NotFound):
            self.client.containers.get("before")

    def test_updates_limits(self):
        container = self.sleeper(mem_limit="64m", memswap_limit="64m")
        container.update(mem_limit="32m", cpu_shares=256)
        container.reload()
        self.assertEqual(container.attrs["HostConfig"]["Memory"], 32 << 20)
        self.assertEqual(container.attrs["HostConfig"]["CpuShares"], 256)

    def test_shows_its_processes(self):
        top = self.sleeper().top(ps_args="-o pid,args")
        self.assertEqual(top["Titles"], ["PID", "COMMAND"])
        self.assertIn("trap 'exit 0' TERM", top["Processes"][0][1])

    def test_tells_what_changed(self):
        container = self.client.containers.run("busybox", ["sh", "-c", "touch /new; rm /etc/group"], detach=True)
        container.wait()
        self.assertEqual({(change["Path"], change["Kind"]) for change in container.diff()},
                         {("/new", 1), ("/etc", 0), ("/etc/group", 2)})

    def test_lists_with_limits_and_filters(self):
        first, second = self.sleeper("first"), self.sleeper("second")
        done = self.client.containers.run("busybox", "true", name="done", detach=True)
        done.wait()
        self.assertEqual([c.name for c in self.client.containers.list()], ["second", "first"])
        self.assertEqual([c.name for c in self.client.containers.list(limit=1)], ["done"])
        self.assertEqual(self.client.containers.list(all=True, filters={"status": "exited"}), [done])
        self.assertEqual(self.client.containers.list(filters={"name": "irs"}), [first])
        self.assertEqual(self.client.containers.list(filters={"before": second.id}), [first])
        self.assertEqual([c.name for c in self.client.containers.list(filters={"since": first.id}, all=True)], ["done", "second"])

    def test_is_found_by_a_short_id(self):
        container = self.sleeper()
        self.assertEqual(self.client.containers.get(container.short_id), container)
        self.assertIn("busybox:latest", container.image.tags)

    def test_resizes_a_terminal(self):
        container = self.client.containers.run("busybox", ["sh"], tty=True, stdin_open=True, detach=True)
        container.resize(height=40, width=132)
        code, out = container.exec_run(["sh", "-c", "stty size < /dev/pts/0"])
        self.assertEqual((code, out), (0, b"40 132\n"))

    def test_removes_a_running_one_only_by_force(self):
        container = self.sleeper()
        with self.assertRaises(APIError) as caught:
            container.remove()
        self.assertEqual(caught.exception.status_code, 409)
        container.remove(force=True)
        with self.assertRaises(NotFound):
            container.reload()

    def test_a_name_is_given_once(self):
        self.sleeper("box")
        with self.assertRaises(APIError) as caught:
            self.client.containers.create("busybox", name="box")
        self.assertEqual(caught.exception.status_code, 409)
        self.assertIn('The container name "/box" is already in use by container', caught.exception.explanation)

    def test_prunes_those_that_ended(self):
        done = self.client.containers.run("busybox", "true", detach=True)
        done.wait()
        running = self.sleeper()
        pruned = self.client.containers.prune()
        self.assertEqual(pruned["ContainersDeleted"], [done.id])
        self.assertEqual(self.client.containers.list(all=True), [running])

    def test_the_low_level_calls_give_docker_s_documents(self):
        api = self.client.api
        created = api.create_container("busybox", ["true"], host_config=api.create_host_config(binds=["/tmp:/t:ro"]))
        self.assertEqual(set(created), {"Id", "Warnings"})
        document = api.inspect_container(created["Id"])
        self.assertEqual(document["HostConfig"]["Binds"], ["/tmp:/t:ro"])
        self.assertEqual(document["Mounts"][0]["Destination"], "/t")
        json.dumps(document)
        self.assertIsInstance(self.client.api, docker.APIClient)
