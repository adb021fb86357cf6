# Prometheus Alertmanager, which escalations go to.
# shellcheck shell=bash
ALERTMANAGER=127.0.0.1:${REDRIVE_TB_ALERTMANAGER_PORT:-9193}

alertmanager_up() {
  if serves alertmanager; then return 0; fi
  need prometheus-alertmanager=prometheus-alertmanager curl=curl || return
  halt alertmanager
  free_port alertmanager "${ALERTMANAGER##*:}" || return 1
  mkdir -p "$STATE/alertmanager"
  printf 'route: {receiver: none, group_wait: 1s, group_interval: 1s}\nreceivers: [{name: none}]\n' >"$STATE/alertmanager/am.yml"
  launch alertmanager prometheus-alertmanager "--config.file=$STATE/alertmanager/am.yml" "--storage.path=$STATE/alertmanager/data" \
    "--web.listen-address=$ALERTMANAGER" --cluster.listen-address=
  until_ready alertmanager 30 alertmanager_answers
}
alertmanager_answers() { curl -sf "http://$ALERTMANAGER/-/ready"; }
alertmanager_down() { halt alertmanager; }
alertmanager_address() { echo "http://$ALERTMANAGER"; }
alertmanager_version() { echo "Alertmanager $(prometheus-alertmanager --version 2>&1 | sed -n 's/.*version \([0-9.]*\).*/\1/p')"; }
alertmanager_env() { echo "export REDRIVE_TEST_ALERTMANAGER=http://$ALERTMANAGER"; }
