# Kafka Connect, standalone: a file sink on the topic `billing` that makes real dead letters in `billing.dlq`.

CONNECT=$TB/connect
CONNECT_MARK=$CONNECT/worker.properties

connect_version() { echo "Kafka Connect $KAFKA_TOOLS_VERSION"; }
connect_alive() { alive "$CONNECT" "$CONNECT_MARK"; }
connect_address() { echo "http://127.0.0.1:$(cat "$CONNECT/port")"; }
connect_down() { end "$CONNECT" "$CONNECT_MARK"; }
connect_have() { need kcat=kcat curl=curl && kafka_have; }
connect_env() { printf 'export %s\n' "REDRIVE_TEST_CONNECT=$(connect_address)" REDRIVE_TEST_CONNECT_DLQ=billing.dlq; }

connect_up() {
  mkdir -p "$CONNECT"
  kafka_alive && kafka_answers || { say "connect needs kafka"; kafka_up; } || return
  if connect_alive && connect_as_wished && connect_dead_letters && await 30 "$CONNECT" "$CONNECT_MARK" connect_answers; then return; fi
  connect_down
  connect_choose_port && connect_billing && connect_config || return
  launch "$CONNECT" "$JAVA" -Xmx256m -XX:+UseSerialGC "-Dlog4j2.configurationFile=$KAFKA/log4j2.properties" \
    -cp "$CACHE/kafka-tools-$KAFKA_TOOLS_VERSION/*" org.apache.kafka.connect.cli.ConnectStandalone \
    "$CONNECT/worker.properties" "$CONNECT/sink.properties"
  await $START "$CONNECT" "$CONNECT_MARK" connect_answers && await $START "$CONNECT" "$CONNECT_MARK" connect_dead_letters ||
    did_not_start connect "$(connect_version)" "$CONNECT" "$CONNECT_MARK"
}

# connect_as_wished: on the wished port, and with the Kafka that is up now.
connect_as_wished() {
  as_wished "${REDRIVE_TB_CONNECT_PORT:-}" "$CONNECT/port" &&
    grep -qxF "bootstrap.servers=$(kafka_address)" "$CONNECT/worker.properties"
}

connect_choose_port() {
  local port
  for port in ${REDRIVE_TB_CONNECT_PORT:-$(cat "$CONNECT/port" 2>/dev/null || true) 18083 18183 18283 18383 18483}; do
    if port_free "$port"; then echo "$port" >"$CONNECT/port"; return; fi
  done
  warn "connect: port ${REDRIVE_TB_CONNECT_PORT:-18083 and the others tried} is taken; set REDRIVE_TB_CONNECT_PORT"
  return 1
}

# connect_answers: the sink runs (the REST port alone opens earlier).
connect_answers() { curl -sf -m 10 "$(connect_address)/connectors/billing-sink/status" 2>/dev/null | grep -c '"connector":{"state":"RUNNING"' >/dev/null; }

# connect_count TOPIC: how many records it holds.
connect_count() { kcat_plain -C -t "$1" -o beginning -e -q -f '%o\n' 2>/dev/null | wc -l; }
connect_dead_letters() { [ "$(connect_count billing.dlq)" -ge 3 ]; }

# connect_billing: the topic and its four records, three of which die, if they are not there. A sink that ran before may
# have left offsets behind, with which it would pass the records by; without them it reads all.
connect_billing() {
  connect_dead_letters && return
  kafka_tool cgroups --delete --group connect-billing-sink >/dev/null 2>&1 || true
  [ "$(connect_count billing)" = 0 ] || return 0
  kafka_tool topics --create --if-not-exists --topic billing --partitions 3 >/dev/null || return
  printf '%s\t%s\n' b1 '{"id":1,"when":"2026-01-02"}' b2 'not json at all' b3 '{"id":3,"when":"yesterday"}' b5 '{"id":5,' |
    kcat_plain -P -t billing -K '\t' -H corr-id=c-42
}

connect_config() {
  cat >"$CONNECT/worker.properties" <<C
bootstrap.servers=$(kafka_address)
key.converter=org.apache.kafka.connect.storage.StringConverter
value.converter=org.apache.kafka.connect.json.JsonConverter
value.converter.schemas.enable=false
offset.storage.file.filename=$CONNECT/offsets
listeners=$(connect_address)
consumer.auto.offset.reset=earliest
C
  cat >"$CONNECT/sink.properties" <<C
name=billing-sink
connector.class=org.apache.kafka.connect.file.FileStreamSinkConnector
tasks.max=2
topics=billing
file=$CONNECT/out.txt
errors.tolerance=all
errors.deadletterqueue.topic.name=billing.dlq
errors.deadletterqueue.topic.replication.factor=1
errors.deadletterqueue.context.headers.enable=true
transforms=ts
transforms.ts.type=org.apache.kafka.connect.transforms.TimestampConverter\$Value
transforms.ts.field=when
transforms.ts.format=yyyy-MM-dd
transforms.ts.target.type=unix
C
}
