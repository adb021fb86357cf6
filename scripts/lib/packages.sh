# System packages: installs what is missing, where this user may; else says why in $WHY.

WHY=

# as_root COMMAND...: run it as root, by sudo if needed. Asks for a password only where somebody can type one.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || { [ -t 0 ] && ! in_ci; }; }; then sudo "$@"
  else warn "neither root nor sudo"; return 1
  fi
}

# apt COMMAND...: apt-get that asks nothing, waits for another apt to end, and tries each download again.
apt() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 "$@"; }

# retry TIMES COMMAND...: until it succeeds, with growing pauses: one lost connection must not fail a run.
retry() {
  local times=$1 i
  shift
  for ((i = 1; i <= times; i++)); do
    if "$@"; then return; fi
    [ "$i" = "$times" ] || sleep $((i * 3))
  done
  return 1
}

# install_packages PACKAGE...: with the lists as they are, and then with fresh ones.
install_packages() {
  command -v apt-get >/dev/null || { WHY="missing: $*; and there is no apt-get here to install it with"; return 1; }
  say "installing $*"
  if apt install --no-install-recommends "$@" >"$TB/apt.log" 2>&1; then return 0; fi
  if retry 4 install_afresh "$@"; then return 0; fi
  WHY="apt-get install $* failed: $(grep -E '^E:|^sudo|neither root' "$TB/apt.log" | tail -2 | tr '\n' ' ' || true)(all of it: $TB/apt.log)"
  return 1
}

# install_afresh PACKAGE...: the package is tried even if the update failed, which one unreachable source among many is
# enough for.
install_afresh() {
  apt update >"$TB/apt.log" 2>&1 || true
  apt install --no-install-recommends "$@" >>"$TB/apt.log" 2>&1
}

# need COMMAND=PACKAGE...: installs the packages whose command is missing.
need() {
  local pair missing=()
  for pair in "$@"; do command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}"); done
  [ ${#missing[@]} = 0 ] || install_packages "${missing[@]}"
}

# need_to_build: what compiling redrive asks of the system: a C and C++ compiler, make, and OpenSSL's headers.
need_to_build() {
  if ! command -v cargo >/dev/null && [ -x "$HOME/.cargo/bin/cargo" ]; then PATH=$HOME/.cargo/bin:$PATH; fi
  if ! command -v cargo >/dev/null; then
    WHY="there is no cargo. Get Rust from https://rustup.rs (curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh), then run this again"
    return 1
  fi
  need gcc=gcc cc=libc6-dev g++=g++ make=make pkg-config=pkg-config || return
  pkg-config --exists openssl || install_packages libssl-dev libc6-dev
}
