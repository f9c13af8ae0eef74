# What deploy/demo and deploy/test share. To be sourced by bash; sets -euo pipefail and $root, the work tree.
# shellcheck shell=bash
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

case ${LC_ALL:-${LC_MESSAGES:-${LANG:-}}} in zh*) chinese=yes ;; *) chinese= ;; esac

# say ENGLISH CHINESE: a line for the person at the terminal, in their language.
say() { if [ "$chinese" ]; then printf '%s\n' "$2"; else printf '%s\n' "$1"; fi; }

# step ENGLISH CHINESE: what happens next.
step() { printf '\n\033[1m== '; say "$1" "$2" | tr -d '\n'; printf '\033[0m\n'; }

# die ENGLISH CHINESE: the end, and why.
die() { say "error: $1" "错误：$2" >&2; exit 1; }

# Names of the packages of deploy/packages that are not installed.
missing_packages() {
  local line package command
  while IFS= read -r line; do
    line=${line%%#*}
    read -r package <<<"$line"
    [ "$package" ] || continue
    command=
    case $package in *:*) command=${package#*:} package=${package%%:*} ;; esac
    if [ "$command" ] && command -v "$command" >/dev/null; then continue; fi
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s\n' "$package"
  done <"$root/deploy/packages"
}

# apt ARGUMENT...: apt-get, again while another program holds its locks or the mirror hiccups.
apt() {
  local attempt
  for attempt in 1 2 3 4 5 6; do
    if DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120 "$@"; then return; fi
    say "apt-get $1 failed (attempt $attempt of 6); trying again in 10 s" \
      "apt-get $1 失败（第 $attempt 次，共 6 次）；10 秒后重试"
    sleep 10
  done
  die "apt-get $1 keeps failing: see above" "apt-get $1 一直失败：见上文"
}

# Installs what deploy/packages lists and this machine lacks.
install_packages() {
  local missing
  mapfile -t missing < <(missing_packages)
  [ ${#missing[@]} -gt 0 ] || return 0
  step "Installing ${#missing[@]} Debian packages: ${missing[*]}" "安装 ${#missing[@]} 个 Debian 软件包：${missing[*]}"
  command -v apt-get >/dev/null || die "this is not Debian: install what deploy/packages lists by hand" \
    "本机不是 Debian：请手动安装 deploy/packages 中列出的软件包"
  [ "$(id -u)" = 0 ] || die "packages are missing and only root can install them: apt-get install ${missing[*]}" \
    "缺少软件包，只有 root 才能安装：apt-get install ${missing[*]}"
  apt update
  apt install -y --no-install-recommends "${missing[@]}"
}

# build PRESET [TARGET...]: configures and builds; everything if no target is named.
build() {
  local preset=$1
  shift
  step "Building ($preset)" "构建（$preset）"
  (
    cd "$root"
    mkdir -p build
    cmake --preset "$preset" >build/configure.log 2>&1 || { cat build/configure.log; exit 1; }
    cmake --build --preset "$preset" ${1:+--target "$@"}
  )
}
