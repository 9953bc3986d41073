"""Logins that another program keeps (`credsStore`, `credHelpers`), and those that a container is given (`--use-api-socket`)."""

from __future__ import annotations

import base64
import json
import os
import pathlib
import unittest

import registries
from harness import LabTest

#: A credential helper: it keeps each login in a file, and notes what it is asked.
HELPER = """#!/bin/sh
store=$HELPER_STORE; mkdir -p "$store"
input=$(cat)
echo "$0 $1" >> "$store/asked"
key=$(printf %s "$input" | tr -c 'a-zA-Z0-9\\n' _)
case $1 in
    get) [ -f "$store/$key.login" ] && cat "$store/$key.login" || { echo "credentials not found in native keychain"; exit 1; } ;;
    store) server=$(printf %s "$input" | sed 's/.*"ServerURL":"\\([^"]*\\)".*/\\1/')
        printf %s "$input" > "$store/$(printf %s "$server" | tr -c 'a-zA-Z0-9\\n' _).login" ;;
    erase) rm -f "$store/$key.login" ;;
    list) echo '{'; first=1; for file in "$store"/*.login; do [ -f "$file" ] || continue
        [ $first = 1 ] || echo ,; first=0
        sed 's/.*"ServerURL":"\\([^"]*\\)".*"Username":"\\([^"]*\\)".*/"\\1":"\\2"/' "$file"; echo; done; echo '}' ;;
    *) echo "unknown action"; exit 2 ;;
esac
"""


class Logins(LabTest):
    def setUp(self) -> None:
        self.place = pathlib.Path(self.lab.client_home)
        self.store = self.place / "store"
        programs = self.place / "programs"
        programs.mkdir(exist_ok=True)
        for name in ("first", "second"):
            helper = programs / f"docker-credential-{name}"
            helper.write_text(HELPER)
            helper.chmod(0o755)
        broken = programs / "docker-credential-broken"
        broken.write_text("#!/bin/sh\ncat > /dev/null\necho the keychain is locked\nexit 3\n")
        broken.chmod(0o755)
        self.lab.environment |= {"PATH": f"{programs}:{os.environ['PATH']}", "HELPER_STORE": str(self.store)}
        self.registry = registries.DebianRegistry(users={"student": "right"})
        self.addCleanup(self.registry.close)
        self.config = self.place / ".docker" / "config.json"
        self.config.parent.mkdir(exist_ok=True)
        self.name = f"{self.registry.address}/box:1"

    def tearDown(self) -> None:
        super().tearDown()
        for path in [self.config, *self.store.glob("*")]:
            path.unlink(missing_ok=True)

    def asked(self) -> list[str]:
        path = self.store / "asked"
        return [line.rsplit("docker-credential-", 1)[1] for line in path.read_text().splitlines()] if path.exists() else []

    def log_in(self):
        return self.lab.docker("login", "-u", "student", "--password-stdin", self.registry.address, input="right\n")

    def test_are_kept_by_the_program_that_the_file_names(self):
        self.config.write_text(json.dumps({"credsStore": "first", "other": [1]}))
        done = self.assertSucceeds(self.log_in())
        self.assertEqual(done.out, "Login Succeeded\n")
        self.assertNotIn("unencrypted", done.err)
        self.assertEqual(json.loads(self.config.read_text()),
                         {"credsStore": "first", "other": [1], "auths": {self.registry.address: {}}})
        self.assertIn("first store", self.asked())
        self.assertSucceeds(self.lab.docker("tag", "busybox", self.name))
        self.assertSucceeds(self.lab.docker("push", self.name))
        self.assertSucceeds(self.lab.docker("rmi", self.name))
        self.assertSucceeds(self.lab.docker("pull", self.name))
        self.assertIn("first get", self.asked())
        again = self.assertSucceeds(self.lab.docker("login", self.registry.address))
        self.assertIn("Authenticating with existing credentials... [Username: student]", again.err)
        self.assertSucceeds(self.lab.docker("logout", self.registry.address),
                            f"Removing login credentials for {self.registry.address}\n")
        self.assertIn("first erase", self.asked())
        self.assertEqual(list(self.store.glob("*.login")), [])
        self.assertEqual(self.lab.docker("pull", self.name).code, 1)

    def test_of_one_registry_may_have_a_program_of_their_own(self):
        self.config.write_text(json.dumps({"credsStore": "broken", "credHelpers": {self.registry.address: "second"}}))
        self.assertSucceeds(self.log_in())
        self.assertSucceeds(self.lab.docker("tag", "busybox", self.name))
        self.assertSucceeds(self.lab.docker("push", self.name))
        self.assertEqual({line.split()[0] for line in self.asked()}, {"second"})

    def test_are_all_sent_with_a_build(self):
        self.config.write_text(json.dumps({"credsStore": "first"}))
        self.assertSucceeds(self.log_in())
        self.assertSucceeds(self.lab.docker("tag", "busybox", self.name))
        self.assertSucceeds(self.lab.docker("push", self.name))
        self.assertSucceeds(self.lab.docker("rmi", self.name))
        self.assertSucceeds(self.lab.docker("build", "-q", "-", input=f"FROM {self.name}\n"))
        self.assertIn("first list", self.asked())

    def test_that_can_not_be_had_are_told_of(self):
        for name, problem in (("broken", "exit status 3, out: `the keychain is locked`"),
                              ("nosuch", 'exec: "docker-credential-nosuch": executable file not found in $PATH')):
            with self.subTest(name):
                self.config.write_text(json.dumps({"credsStore": name}))
                done = self.lab.docker("pull", self.name)
                self.assertEqual(done.code, 1)
                self.assertIn("error getting credentials", done.err)
                self.assertIn(problem, done.err)

    def test_and_the_engines_socket_are_given_to_a_container(self):
        key = base64.b64encode(b"student:right").decode()
        self.config.write_text(json.dumps({"auths": {"registry.example": {"auth": key}}, "credsStore": ""}))
        done = self.lab.docker("run", "--name", "box", "--use-api-socket", "busybox", "sh", "-c",
                               "stat -c %F /var/run/docker.sock; echo $DOCKER_CONFIG; stat -c '%a %u' $DOCKER_CONFIG/config.json; "
                               "cat $DOCKER_CONFIG/config.json")
        lines = self.assertSucceeds(done).out.splitlines()
        self.assertEqual(lines[:3], ["socket", "/run/secrets/docker", "600 0"])
        self.assertEqual(json.loads("\n".join(lines[3:])), {"auths": {"registry.example": {"auth": key}}})
        mount = next(mount for mount in self.lab.inspect("box")["Mounts"] if mount["Destination"] == "/var/run/docker.sock")
        self.assertEqual(mount["Source"], self.lab.socket)
        with self.subTest("who brings a configuration gets none"):
            done = self.lab.docker("run", "--rm", "--use-api-socket", "-e", "DOCKER_CONFIG=/mine", "busybox", "sh", "-c",
                                   "ls /run/secrets 2>/dev/null; echo $DOCKER_CONFIG")
            self.assertSucceeds(done, "/mine\n")


if __name__ == "__main__":
    unittest.main()
