# RabbitMQ 3.10, 4.0 and 4.3 as three brokers: AMQP, AMQP over TLS, management, streams, shovel; users of several rights.

# The prefixes differ, the endings are the same: 01 AMQP, 02 over TLS, 03 management, 04 streams, 05 distribution, 06 epmd,
# 07 AMQP over TLS for those who show a certificate (4.3).
RABBITMQ_ENDINGS=(01 02 03 04 05 06 07)
RABBITMQ_CERTS=$TB/rabbitmq-certs

for v in 3 4 43; do
  for verb in alive address version have up down answers env; do eval "rabbitmq${v}_$verb() { rabbitmq_$verb $v; }"; done
done

rabbitmq_suite() { case $1 in 3) echo bookworm ;; 4) echo trixie ;; 43) echo forky ;; esac; }
rabbitmq_first() { case $1 in 3) echo 201 ;; 4) echo 202 ;; 43) echo 203 ;; esac; }
rabbitmq_programs() { echo "$(rabbitmq_tree "$(rabbitmq_suite "$1")")"/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin; }
rabbitmq_alive() { alive "$TB/rabbitmq$1" "$TB/rabbitmq$1"; }
rabbitmq_address() { local_port "rabbitmq$1" 01; }
rabbitmq_management() { echo "http://$(local_port "rabbitmq$1" 03)"; }
rabbitmq_version() { echo "RabbitMQ $(basename "$(dirname "$(rabbitmq_programs "$1")")" | sed 's/.*-//')"; }
rabbitmq_have() {
  need curl=curl openssl=openssl && python_clients_have && rabbitmq_unpack "$(rabbitmq_suite "$1")" || return
  make_certs "$RABBITMQ_CERTS" || { WHY="no certificates: $(tail -1 "$TB/openssl.log")"; return 1; }
}

# rabbitmq_answers: management knows its users, and AMQP is open; management opens first.
rabbitmq_answers() {
  curl -sf -m 10 -o /dev/null -u guest:guest "$(rabbitmq_management "$1")/api/overview" && ! port_free "$(cat "$TB/rabbitmq$1/prefix")01"
}

rabbitmq_up() {
  local name=rabbitmq$1 dir=$TB/rabbitmq$1
  mkdir -p "$dir"
  if rabbitmq_alive "$1" && as_wished_prefix "$name" && await 30 "$dir" "$dir" rabbitmq_answers "$1"; then
    rabbitmq_users "$1" && rabbitmq_demanding "$1"
    return
  fi
  rabbitmq_down "$1"
  choose_prefix "$name" "$(rabbitmq_first "$1")" "${RABBITMQ_ENDINGS[@]}" && rabbitmq_config "$1" || return
  # The last words mean nothing to Erlang; they mark the process as this checkout's.
  rabbitmq_run "$1" launch "$dir" env "$(rabbitmq_programs "$1")/rabbitmq-server" -testbed "$dir"
  await $START "$dir" "$dir" rabbitmq_answers "$1" || did_not_start "$name" "$(rabbitmq_version "$1")" "$dir" "$dir" || return
  rabbitmq_users "$1" && rabbitmq_demanding "$1"
}

# rabbitmq_demanding: all listeners of the config have the same TLS options, so the one that demands a certificate is opened in the running node.
rabbitmq_demanding() {
  local dir=$TB/rabbitmq$1 port certs=$RABBITMQ_CERTS
  port=$(cat "$dir/prefix")07
  [ "$1" = 43 ] && port_free "$port" || return 0
  rabbitmq_run "$1" "$(rabbitmq_programs "$1")/rabbitmqctl" -q eval "rabbit_networking:start_ssl_listener({\"127.0.0.1\", $port},
    [{cacertfile, \"$certs/ca.pem\"}, {certfile, \"$certs/server.crt\"}, {keyfile, \"$certs/server.key\"},
     {verify, verify_peer}, {fail_if_no_peer_cert, true}], 2)." >"$dir/demanding.log" 2>&1 && ! port_free "$port" ||
    { warn "rabbitmq$1: no listener that demands a certificate: $(tail -1 "$dir/demanding.log")"; return 1; }
}

# rabbitmq_run VERSION COMMAND...: with the environment that all programs of the node need. The schedulers are few,
# because three nodes run beside each other.
rabbitmq_run() (
  dir=$TB/rabbitmq$1 p=$(cat "$TB/rabbitmq$1/prefix")
  export HOME=$dir LANG=C.UTF-8 PATH=$(rabbitmq_tree "$(rabbitmq_suite "$1")")/usr/lib/erlang/bin:$PATH RABBITMQ_CONF_ENV_FILE=/dev/null
  export RABBITMQ_NODENAME=rabbitmq$1@localhost RABBITMQ_DIST_PORT=${p}05 ERL_EPMD_PORT=${p}06 ERL_EPMD_ADDRESS=127.0.0.1
  export RABBITMQ_CONFIG_FILE=$dir/rabbitmq.conf RABBITMQ_ENABLED_PLUGINS_FILE=$dir/enabled_plugins
  export RABBITMQ_MNESIA_BASE=$dir/data RABBITMQ_LOG_BASE=$dir/logs RABBITMQ_PID_FILE=$dir/erlang.pid
  export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1} +S 1:1 +A 8"
  shift
  "$@"
)

# rabbitmq_down: SIGTERM is a clean shutdown; then epmd on the node's own port, which outlives it otherwise.
rabbitmq_down() {
  local dir=$TB/rabbitmq$1 was=no
  rabbitmq_alive "$1" && was=yes
  end "$dir" "$dir"
  [ $was = no ] || rabbitmq_run "$1" epmd -port "$(cat "$dir/prefix")06" -kill >/dev/null 2>&1 || true
}

rabbitmq_config() {
  local dir=$TB/rabbitmq$1 p
  p=$(cat "$dir/prefix")
  mkdir -p "$dir/logs"
  echo '[rabbitmq_management,rabbitmq_shovel,rabbitmq_shovel_management,rabbitmq_stream,rabbitmq_stream_management].' >"$dir/enabled_plugins"
  cat >"$dir/rabbitmq.conf" <<C
listeners.tcp.1 = 127.0.0.1:${p}01
listeners.ssl.1 = 127.0.0.1:${p}02
ssl_options.cacertfile = $RABBITMQ_CERTS/ca.pem
ssl_options.certfile = $RABBITMQ_CERTS/server.crt
ssl_options.keyfile = $RABBITMQ_CERTS/server.key
ssl_options.verify = verify_peer
ssl_options.fail_if_no_peer_cert = false
management.tcp.ip = 127.0.0.1
management.tcp.port = ${p}03
stream.listeners.tcp.1 = 127.0.0.1:${p}04
collect_statistics_interval = 1000
vm_memory_high_watermark.absolute = 1GB
disk_free_limit.absolute = 200MB
C
}

# rabbitmq_users: admin may do all; mon sees all by management alone; ro may only read; plain may do nothing. A user NAME
# has the password NAME-pw.
rabbitmq_users() {
  local user tags=('admin administrator' 'mon monitoring' 'ro management' 'plain')
  for user in "${tags[@]}"; do
    rabbitmq_put "$1" "users/${user%% *}" "{\"password\":\"${user%% *}-pw\",\"tags\":\"$(cut -sd' ' -f2 <<<"$user")\"}" || return
  done
  rabbitmq_put "$1" permissions/%2F/admin '{"configure":".*","write":".*","read":".*"}' &&
    rabbitmq_put "$1" permissions/%2F/ro '{"configure":"","write":"","read":".*"}'
}

rabbitmq_put() {
  curl -sSf -m 60 -o /dev/null -u guest:guest -X PUT -H content-type:application/json "$(rabbitmq_management "$1")/api/$2" -d "$3" ||
    { warn "rabbitmq$1: $2 could not be set"; return 1; }
}

rabbitmq_env() {
  echo "export REDRIVE_TEST_RABBITMQ_$1=$(rabbitmq_address "$1")"
  echo "export REDRIVE_TEST_RABBITMQ_${1}_TLS=$(local_port "rabbitmq$1" 02)"
  echo "export REDRIVE_TEST_RABBITMQ_${1}_MANAGEMENT=$(rabbitmq_management "$1")"
  [ "$1" != 43 ] || port_free "$(cat "$TB/rabbitmq43/prefix")07" || echo "export REDRIVE_TEST_RABBITMQ_43_MTLS=$(local_port rabbitmq43 07)"
  printf 'export REDRIVE_TEST_RABBITMQ_CA=%q\n' "$RABBITMQ_CERTS/ca.pem"
}
