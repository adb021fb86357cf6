# Kafka Connect, one worker with a file sink whose failures make real dead letters in billing.dlq (needs kafka).
# shellcheck shell=bash
CONNECT=http://127.0.0.1:${REDRIVE_TB_CONNECT_PORT:-18083}
CSTATE=$STATE/connect

connect_up() {
  if serves connect; then return 0; fi
  kafka_up || return
  halt connect
  free_port connect "${CONNECT##*:}" || return 1
  mkdir -p "$CSTATE"
  cat >"$CSTATE/worker.properties" <<P
bootstrap.servers=$KAFKA
key.converter=org.apache.kafka.connect.storage.StringConverter
value.converter=org.apache.kafka.connect.json.JsonConverter
value.converter.schemas.enable=false
offset.storage.file.filename=$CSTATE/offsets
listeners=$CONNECT
consumer.auto.offset.reset=earliest
P
  cat >"$CSTATE/sink.properties" <<P
name=billing-sink
connector.class=org.apache.kafka.connect.file.FileStreamSinkConnector
tasks.max=2
topics=billing
file=$CSTATE/out.txt
errors.tolerance=all
errors.deadletterqueue.topic.name=billing.dlq
errors.deadletterqueue.topic.replication.factor=1
errors.deadletterqueue.context.headers.enable=true
transforms=ts
transforms.ts.type=org.apache.kafka.connect.transforms.TimestampConverter\$Value
transforms.ts.field=when
transforms.ts.format=yyyy-MM-dd
transforms.ts.target.type=unix
P
  if ! connect_topic; then
    kafka_tool ktopics --create --topic billing --partitions 3 >"$CSTATE/topics.log" 2>&1 || { tail -n 5 "$CSTATE/topics.log" >&2; return 1; }
    printf 'b1\t{"id":1,"when":"2026-01-02"}\nb2\tnot json at all\nb3\t{"id":3,"when":"yesterday"}\nb5\t{"id":5,\n' |
      kcat -b "$KAFKA" -P -t billing -K '\t' -H corr-id=c-42
  fi
  launch connect java -Xmx256m -XX:+UseSerialGC "-Dlog4j2.configurationFile=$KSTATE/log4j2.properties" -cp "$CACHE/kafka-tools-$KAFKA_TOOLS_VERSION/*" \
    org.apache.kafka.connect.cli.ConnectStandalone "$CSTATE/worker.properties" "$CSTATE/sink.properties"
  until_ready connect 120 connect_answers
}
connect_topic() { kcat -b "$KAFKA" -L -m 2 2>/dev/null | grep -q 'topic "billing" '; }
# ready: the worker serves, and the three dead letters are there
connect_answers() {
  curl -sf "$CONNECT/connectors/billing-sink/status" >/dev/null && [ "$(kcat -b "$KAFKA" -C -t billing.dlq -e -q -f 'x\n' 2>/dev/null | wc -l)" -ge 3 ]
}
connect_down() { halt connect; }
connect_address() { echo "$CONNECT"; }
connect_version() { echo "Kafka Connect $KAFKA_TOOLS_VERSION"; }
connect_env() { echo "export REDRIVE_TEST_CONNECT=$CONNECT REDRIVE_TEST_CONNECT_DLQ=billing.dlq"; }
