# Prometheus Alertmanager, with no receiver: it only has to hold incidents and say which are active.

ALERTMANAGER=$TB/alertmanager
ALERTMANAGER_MARK=$ALERTMANAGER/alertmanager.yml

alertmanager_alive() { alive "$ALERTMANAGER" "$ALERTMANAGER_MARK"; }
alertmanager_address() { echo "http://127.0.0.1:$(cat "$ALERTMANAGER/port")"; }
alertmanager_down() { end "$ALERTMANAGER" "$ALERTMANAGER_MARK"; }
alertmanager_env() { echo "export REDRIVE_TEST_ALERTMANAGER=$(alertmanager_address)"; }
alertmanager_answers() { curl -sf -m 10 -o /dev/null "$(alertmanager_address)/-/ready"; }
alertmanager_version() {
  echo "Alertmanager $("$(alertmanager_program)" --version 2>&1 | sed -n 's/.*version \([^ ]*\).*/\1/p' | head -1)"
}

alertmanager_program() { command -v prometheus-alertmanager || command -v alertmanager; }

# alertmanager_have: installs it, and keeps the package from starting a service of its own on all interfaces (by a mask,
# `systemctl unmask prometheus-alertmanager` takes it back). Only unpacking it would not do: the program reads its
# templates from a fixed place.
alertmanager_have() {
  local unit=/etc/systemd/system/prometheus-alertmanager.service
  need curl=curl || return
  alertmanager_program >/dev/null && return
  if [ -d /etc/systemd/system ] && [ ! -e $unit ] && [ ! -L $unit ]; then
    say "masking the service prometheus-alertmanager: only the program is wanted"
    as_root ln -s /dev/null $unit || true
  fi
  install_packages prometheus-alertmanager
}

alertmanager_up() {
  mkdir -p "$ALERTMANAGER"
  if alertmanager_alive && as_wished "${REDRIVE_TB_ALERTMANAGER_PORT:-}" "$ALERTMANAGER/port" &&
    await 10 "$ALERTMANAGER" "$ALERTMANAGER_MARK" alertmanager_answers; then return; fi
  alertmanager_down
  alertmanager_choose_port || return
  printf 'route: {receiver: none, group_wait: 1s, group_interval: 1s}\nreceivers: [{name: none}]\n' >"$ALERTMANAGER_MARK"
  launch "$ALERTMANAGER" "$(alertmanager_program)" "--config.file=$ALERTMANAGER_MARK" "--storage.path=$ALERTMANAGER/data" \
    "--web.listen-address=127.0.0.1:$(cat "$ALERTMANAGER/port")" --cluster.listen-address=
  await $START "$ALERTMANAGER" "$ALERTMANAGER_MARK" alertmanager_answers ||
    did_not_start alertmanager "$(alertmanager_version)" "$ALERTMANAGER" "$ALERTMANAGER_MARK"
}

alertmanager_choose_port() {
  local port
  for port in ${REDRIVE_TB_ALERTMANAGER_PORT:-$(cat "$ALERTMANAGER/port" 2>/dev/null || true) 9193 9293 9393 9493 9593}; do
    if port_free "$port"; then echo "$port" >"$ALERTMANAGER/port"; return; fi
  done
  warn "alertmanager: port ${REDRIVE_TB_ALERTMANAGER_PORT:-9193 and the others tried} is taken; set REDRIVE_TB_ALERTMANAGER_PORT"
  return 1
}
