# RabbitMQ of three Debian suites, unpacked into the cache beside each other: no service, and nothing installed.

# Works because RabbitMQ's own scripts find everything from their own place; only the Erlang VM is told to use the
# libc that was unpacked with it. The tree holds absolute paths, so it is unpacked where it stays.

# rabbitmq_tree SUITE: its folder.
rabbitmq_tree() { echo "$CACHE/rabbitmq-$1"; }

# rabbitmq_unpack SUITE: once.
rabbitmq_unpack() {
  local suite=$1 tree log
  tree=$(rabbitmq_tree "$suite") log=$TB/rabbitmq-$suite.log
  [ -e "$tree/complete" ] && return
  command -v apt-get >/dev/null || { WHY="RabbitMQ comes from Debian packages, and there is no apt-get here"; return 1; }
  need curl=curl patchelf=patchelf dpkg=dpkg || return
  [ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || install_packages debian-archive-keyring || return
  mkdir -p "$CACHE"
  (
    flock -w 600 8 || exit 1
    [ -e "$tree/complete" ] && exit
    say "downloading RabbitMQ and its Erlang of Debian $suite"
    # Each of the other steps again would not help; only the network may be better the next time.
    rm -rf "$tree" && mkdir -p "$tree" && rabbitmq_apt "$tree" "$suite" &&
      retry 4 rabbitmq_fetch "$tree" >"$log" 2>&1 && rabbitmq_extract "$tree" >>"$log" 2>&1 && touch "$tree/complete"
  ) 8>"$tree.lock" && return
  WHY="the packages of Debian $suite could not be had: $(grep -E '^E:|rror' "$log" | tail -1 | cut -c1-300 || true) (all of it: $log)"
  return 1
}

# rabbitmq_apt TREE SUITE: an apt of its own in TREE/.apt that takes nothing for installed. The settings of the machine's
# apt stay (proxies, certificates), but for the hook with which containers empty the folder of packages.
rabbitmq_apt() {
  local apt=$1/.apt file
  mkdir -p "$apt"/{lists/partial,cache/archives/partial,etc/preferences.d,etc/apt.conf.d}
  : >"$apt/status"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(debian_mirror) $2 main" >"$apt/etc/sources.list"
  for file in /etc/apt/apt.conf /etc/apt/apt.conf.d/*; do
    case $file in *docker-clean*) ;; *) if [ -f "$file" ]; then cp "$file" "$apt/etc/apt.conf.d/"; fi ;; esac
  done
  printf 'Dir::Etc::Parts "%s";\nDir::Etc::Main "/dev/null";\n' "$apt/etc/apt.conf.d/" >"$apt/apt.conf"
  cat >>"$apt/apt.conf" <<C
Dir::State "$apt/";
Dir::State::status "$apt/status";
Dir::State::lists "$apt/lists/";
Dir::Cache "$apt/cache/";
Dir::Etc "$apt/etc/";
Dir::Etc::sourcelist "$apt/etc/sources.list";
Dir::Etc::sourceparts "/dev/null";
APT::Sandbox::User "";
Debug::NoLocking "1";
Acquire::Languages "none";
Acquire::Retries "3";
C
}

# debian_mirror: the one of this machine, if it is a Debian.
debian_mirror() {
  local found
  found=$({ cat /etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list 2>/dev/null || true; } |
    sed -nE 's/^URIs: *([^ ]+).*/\1/p; s/^deb +(\[[^]]*\] +)?([^ ]+).*/\2/p' | grep -m1 -E '/debian/?$' || true)
  echo "${found:-http://deb.debian.org/debian}"
}

rabbitmq_fetch() {
  export APT_CONFIG=$1/.apt/apt.conf
  apt-get -qq update && apt-get -qq -y -d --no-install-recommends install rabbitmq-server
}

rabbitmq_extract() {
  local tree=$1 package program loader
  for package in "$tree"/.apt/cache/archives/*.deb; do dpkg -x "$package" "$tree" || return; done
  rm -rf "$tree/.apt"
  loader=$(find "$tree" -name 'ld-linux-*.so.*' | head -1)
  find "$tree/usr/lib/erlang" -type f -perm -u+x | while read -r program; do
    patchelf --print-interpreter "$program" >/dev/null 2>&1 || continue
    # An rpath for each program alone: LD_LIBRARY_PATH would break the shell that RabbitMQ's scripts run in.
    patchelf --set-interpreter "$loader" --force-rpath --set-rpath "$(libraries "$tree")" "$program" || return
  done
  grep -rlI /usr/lib/erlang "$tree/usr/lib/erlang/bin" "$tree"/usr/lib/erlang/erts-*/bin 2>/dev/null |
    xargs -r sed -i "s#/usr/lib/erlang#$tree/usr/lib/erlang#g"
}

# libraries TREE: the folders of its libraries, as an rpath.
libraries() { find "$1/usr/lib" "$1/lib" -maxdepth 1 -type d -name '*-linux-gnu' 2>/dev/null | paste -sd:; }
