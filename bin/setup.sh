# Sourced by the launchers beside it: makes sure that what the build and the program need is on the machine.
# Debian and Ubuntu packages are installed where that is possible; elsewhere it says what is missing.

drydock_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# What the program is built from, and what the lab's images are made of.
drydock_packages=(
    libedit-dev libarchive-dev libzstd-dev zlib1g-dev libacl1-dev libseccomp-dev libnftables-dev libssl-dev
    busybox-static bash-static tini
    # With these one looks at what the explanations tell of.
    iproute2 nftables procps curl
)

# install_missing PACKAGE...: installs those that are not there; fails with a sentence where it can't.
install_missing() {
    local missing=() package
    if ! command -v dpkg-query >/dev/null; then
        echo "drydock: this is not Debian or Ubuntu; please install the equivalents of: $*" >&2
        return 1
    fi
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    local as=()
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "drydock: please have an administrator run: apt-get install ${missing[*]}" >&2
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
        return 0
    fi
    require_swift || return 1
    install_missing "${drydock_packages[@]}" || return 1
    echo "drydock: building (the first time takes a few minutes)" >&2
    (cd "$drydock_root" && swift build -c release --product drydock --static-swift-stdlib >&2) || return 1
    touch "$program"
}
