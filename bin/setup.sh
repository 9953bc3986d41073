# Sourced by the launchers beside it: makes sure that what the build and the program need is on the machine.
# Debian and Ubuntu packages are installed where that is possible; elsewhere it says what is missing.

drydock_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# What the program is built from.
drydock_build_packages=(
    libedit-dev libarchive-dev libzstd-dev zlib1g-dev libacl1-dev libseccomp-dev libnftables-dev libssl-dev
)
# What it uses when it runs: what the lab's images are made of, and with what one looks at what is explained.
drydock_run_packages=(busybox-static bash-static tini iproute2 nftables procps curl)
drydock_packages=("${drydock_build_packages[@]}" "${drydock_run_packages[@]}")

# missing_packages PACKAGE...: prints those that are not there.
missing_packages() {
    local there package
    there=$(dpkg-query -W -f '${Package} ${Status}\n' "$@" 2>/dev/null | sed -n 's/ install ok installed$//p')
    for package in "$@"; do
        grep -qxF "$package" <<<"$there" || echo "$package"
    done
}

# install_missing PACKAGE...: installs those that are not there; fails with a sentence where it can't.
install_missing() {
    local missing
    if ! command -v dpkg-query >/dev/null; then
        echo "drydock: this is not Debian or Ubuntu; please install the equivalents of: $*" >&2
        return 1
    fi
    mapfile -t missing < <(missing_packages "$@")
    [ ${#missing[@]} -eq 0 ] && return 0
    local as=()
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "drydock: packages are missing, and this is neither root nor is there sudo; please have an administrator" \
                "run: apt-get install ${missing[*]}" >&2
            return 1
        fi
        as=(sudo)
    fi
    echo "drydock: installing ${missing[*]}" >&2
    "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q >/dev/null &&
        "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}" >/dev/null || {
        echo "drydock: installing ${missing[*]} failed; apt-get said why above" >&2
        return 1
    }
}

# check_program: whether the program that is built already starts, and has what it uses when it runs. A program that
# starts is good enough: what is missing then is said, and only some things will not work. It is looked at again when
# packages or the program have changed. Status 2: it must be built anew.
check_program() {
    local program=$drydock_root/.build/release/drydock mark=$drydock_root/.build/packages-checked
    local status=/var/lib/dpkg/status
    if [ "$mark" -nt "$program" ] && { [ ! -e "$status" ] || [ "$mark" -nt "$status" ]; }; then return 0; fi
    if ! "$program" --version >/dev/null 2>&1; then
        # Its libraries come with what it is built from.
        install_missing "${drydock_packages[@]}" || return 1
        "$program" --version >/dev/null 2>&1 || return 2
    elif command -v dpkg-query >/dev/null; then
        install_missing "${drydock_run_packages[@]}" || true
    fi
    touch "$mark" 2>/dev/null || true
}

require_swift() {
    command -v swift >/dev/null || {
        echo "drydock: Swift 6.1 or newer is needed to build it: https://www.swift.org/install/linux" >&2
        return 1
    }
}

# build_release: builds the program if any source is newer than it. Statically linked, it starts in milliseconds.
build_release() {
    local program=$drydock_root/.build/release/drydock
    if [ -x "$program" ] && [ -z "$(find "$drydock_root/Sources" "$drydock_root/Package.swift" -newer "$program" -print -quit)" ]; then
        local checked=0
        check_program || checked=$?
        [ $checked -eq 2 ] || return $checked
    fi
    if [ ! -w "$drydock_root" ] || { [ -e "$drydock_root/.build" ] && [ ! -w "$drydock_root/.build" ]; }; then
        echo "drydock: the program has to be built, and this user may not write to $drydock_root; please have its owner run" \
            "bin/drydock there, or build a copy of your own" >&2
        return 1
    fi
    require_swift || return 1
    install_missing "${drydock_packages[@]}" || return 1
    echo "drydock: building (the first time takes a few minutes)" >&2
    (cd "$drydock_root" && swift build -c release --product drydock --static-swift-stdlib >&2) || return 1
    touch "$program"
}
