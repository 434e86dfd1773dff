# Shared by the scripts: where things are, messages, and installing what is missing.
# shellcheck shell=bash
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
var=$root/var
cd "$root"

step() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# Packages in three circles; each has its reason in docs/dependencies.md.
build_packages=(gcc cmake ninja-build pkg-config python3 libmicrohttpd-dev libpq-dev libsodium-dev
    libjansson-dev libcairo2-dev libcsv-dev libinih-dev libgnutls28-dev zlib1g-dev
    libzip-dev libxml2-dev libuchardet-dev libxlsxwriter-dev
    postgresql-15 ca-certificates util-linux)
test_packages=(libcmocka-dev curl jq chromium firefox-esr fonts-noto-core openssl clang clang-format
    clang-tidy libclang-rt-14-dev docker-compose)

# Installs only what is missing, so that a second start needs no network.
install_packages() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f='${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed$' ||
            missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    step "installing ${missing[*]}"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        "${missing[@]}" >/dev/null
}

# Node 20 and npm 11: the system's if they are that new, else pinned ones from the npm registry,
# fetched once by Debian's npm into var/node.
node_version=20.19.5
npm_version=11.6.2
use_node() {
    if [ -x "$var/node/bin/node" ]; then
        PATH=$var/node/bin:$PATH
        return
    fi
    if [ "$(major node)" -ge 20 ] && [ "$(major npm)" -ge 11 ]; then return; fi
    [ "$(major npm)" -gt 0 ] || install_packages nodejs npm
    step "fetching Node.js $node_version and npm $npm_version"
    mkdir -p "$var/node/bin"
    npm install --silent --no-save --ignore-scripts --no-audit --no-fund --prefix "$var/node" \
        "node-linux-$(node_arch)@$node_version" "npm@$npm_version"
    ln -sf "../node_modules/node-linux-$(node_arch)/bin/node" "$var/node/bin/node"
    ln -sf ../node_modules/npm/bin/npm-cli.js "$var/node/bin/npm"
    ln -sf ../node_modules/npm/bin/npx-cli.js "$var/node/bin/npx"
    PATH=$var/node/bin:$PATH
}
major() { local v; v=$("$1" --version 2>/dev/null | head -n 1) || v=0; v=${v#v}; echo "${v%%.*}"; }
node_arch() { case $(uname -m) in x86_64) echo x64 ;; aarch64) echo arm64 ;; *) fail "no Node.js for $(uname -m)" ;; esac; }

# A fingerprint of files, to skip work that is done.
fingerprint() { find "$@" -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -c1-32; }

build_web() {
    local mark
    mark=$(fingerprint web)
    [ -f web/dist/.built ] && [ "$(cat web/dist/.built)" = "$mark" ] && return
    use_node
    if [ ! -f web/node_modules/.installed ] || [ "$(cat web/node_modules/.installed)" != "$(sha256sum <web/package-lock.json)" ]; then
        step "installing the web application's packages"
        (cd web && npm ci --silent --ignore-scripts --no-audit --no-fund)
        sha256sum <web/package-lock.json >web/node_modules/.installed
    fi
    step "building the web application"
    (cd web && npm run --silent build)
    echo "$mark" >web/dist/.built
}

# build_binary FOLDER [cmake options]: only what has changed is compiled. build_target: that alone.
build_binary() {
    local folder=$1
    shift
    # -S/-B without a fresh configure each time: cmake does nothing when nothing has changed.
    cmake -S . -B "$folder" -G Ninja "$@" >"$folder.configure.log" 2>&1 ||
        { cat "$folder.configure.log" >&2; fail "cmake failed"; }
    cmake --build "$folder" -j "$(nproc)" ${build_target:+--target "$build_target"} >"$folder.build.log" 2>&1 ||
        { tail -n 60 "$folder.build.log" >&2; fail "the build failed (whole output: $folder.build.log)"; }
}
