"""One Dockerfile, built by any engine; what its image's configuration says, without what differs each time.

    builds.py PROGRAM [ARGUMENT…]     asks the engine behind a docker client, and records its answers for test_builds.py
"""

from __future__ import annotations

import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile

RECORDED = pathlib.Path(__file__).parent / "recorded" / "build.json"

DOCKERFILE = r"""# escape=\
ARG VERSION=1.0
FROM base:1 AS first
MAINTAINER somebody <somebody@example.org>
ARG VERSION
ARG NAME=dock
ENV A=1 B="two words"
ENV OLD form of it
LABEL one=1 two="${NAME} ${VERSION}"
WORKDIR /srv/app
WORKDIR sub
RUN echo $NAME > name && \
    ln -s name link
COPY file /copied
COPY --chown=5:6 file tree/inner /several/
COPY tree /tree
COPY . /all/
COPY f?le tree/*.txt /matched/
ADD packed.tar /unpacked/
EXPOSE 80 53/udp
VOLUME /data ["/json"]
USER 5:6
HEALTHCHECK --interval=5s --retries=2 CMD test -e /copied
ONBUILD RUN echo on
STOPSIGNAL SIGUSR1
SHELL ["/bin/sh", "-ec"]
ENTRYPOINT ["/bin/echo"]
CMD shell form $A

FROM base:1
COPY --from=first /srv/app/sub/name /from/
COPY --from=first /tree /trees
ENTRYPOINT exec top
LABEL last=1
"""


def make_context(place: str) -> None:
    """The files that are built from, with the same contents, modes and times each time."""
    def write(name: str, data: bytes, mode: int = 0o644) -> None:
        os.makedirs(os.path.dirname(f"{place}/{name}"), exist_ok=True)
        with open(f"{place}/{name}", "wb") as file:
            file.write(data)
        os.chmod(f"{place}/{name}", mode)

    write("Dockerfile", DOCKERFILE.encode())
    write(".dockerignore", b"ignored\n**/*.bak\n!tree/kept.bak\n")
    write("ignored/file", b"no\n")
    write("file", b"a file\n")
    write("empty", b"")
    write("tree/inner/deep", b"deep\n", 0o600)
    write("tree/a.txt", b"a\n", 0o755)
    write("tree/b.txt", b"b\n", 0o4755)
    write("tree/left.bak", b"left\n")
    write("tree/kept.bak", b"kept\n")
    os.makedirs(f"{place}/tree/hollow")
    os.symlink("a.txt", f"{place}/tree/link")
    os.symlink("nowhere", f"{place}/tree/dangling")
    os.symlink("inner", f"{place}/tree/way")
    with tarfile.open(f"{place}/packed.tar", "w") as archive:
        entry = tarfile.TarInfo("packed")
        entry.size = 3
        archive.addfile(entry, io.BytesIO(b"abc"))
    for path, directories, _ in os.walk(place):
        for name in directories:
            os.chmod(f"{path}/{name}", 0o755)


def base_archive() -> bytes:
    """The root of a small image: the machine's own static busybox."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.add(shutil.which("busybox"), "bin/busybox")
        for name in ("sh", "echo", "ln", "test", "mkdir"):
            entry = tarfile.TarInfo(f"bin/{name}")
            entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(entry)
    return buffer.getvalue()


def describe(client: list[str], environment: dict[str, str]) -> dict[str, object]:
    """Builds both stages with a docker client; gives what the images' configurations say."""
    def run(*arguments: str, data: bytes | None = None) -> bytes:
        done = subprocess.run([*client, *arguments], input=data, env=environment, capture_output=True, timeout=120)
        if done.returncode != 0:
            raise AssertionError(f"docker {' '.join(arguments)}: {done.stderr.decode()}")
        return done.stdout

    run("import", "-c", "ENV BASE=1", "-c", 'CMD ["sh"]', "-m", "a base", "-", "base:1", data=base_archive())
    found = {}
    with tempfile.TemporaryDirectory(prefix="drydock-build-", dir="/tmp") as place:
        make_context(place)
        for stage, name in (("first", "built:first"), ("", "built:last")):
            run("build", "-t", name, "--build-arg", "NAME=quay", "--label", "given=1",
                *(["--target", stage] if stage else []), place)
            with tarfile.open(fileobj=io.BytesIO(run("save", name))) as archive:
                manifest = json.load(archive.extractfile("manifest.json"))
                config = json.load(archive.extractfile(manifest[0]["Config"]))
            found[name] = _lasting(config)
    run("rmi", "built:first", "built:last", "base:1")
    return found


def _lasting(config: dict) -> dict[str, object]:
    """What is the same each time and everywhere: no times, identities, versions, nor what the base brings."""
    settings = {name: value for name, value in config["config"].items() if name not in ("Image", "Hostname")}
    history = [{name: value for name, value in entry.items() if name != "created"} for entry in config["history"]]
    return {"config": settings, "history": history, "author": config.get("author", ""), "os": config["os"],
            "command": config.get("container_config", {}).get("Cmd"), "layers": len(config["rootfs"]["diff_ids"])}


if __name__ == "__main__":
    answer = describe(sys.argv[1:], dict(os.environ))
    RECORDED.write_text(json.dumps(answer, indent=1, sort_keys=True) + "\n", encoding="utf-8")
