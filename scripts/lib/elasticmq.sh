# ElasticMQ: SQS, strict about limits, with move tasks; nothing of it outlives its process.

ELASTICMQ_VERSION=1.7.1
ELASTICMQ=$TB/elasticmq
ELASTICMQ_MARK=$ELASTICMQ/elasticmq.conf

elasticmq_version() { echo "ElasticMQ $ELASTICMQ_VERSION"; }
elasticmq_alive() { alive "$ELASTICMQ" "$ELASTICMQ_MARK"; }
elasticmq_address() { echo "http://$(local_port elasticmq 01)"; }
elasticmq_down() { end "$ELASTICMQ" "$ELASTICMQ_MARK"; }
elasticmq_env() { echo "export REDRIVE_TEST_SQS=$(elasticmq_address)"; }
elasticmq_answers() { curl -sf -m 10 -o /dev/null "$(elasticmq_address)/?Action=ListQueues"; }
elasticmq_have() {
  need curl=curl && python_clients_have && need_java &&
    jars "elasticmq-$ELASTICMQ_VERSION" "org.elasticmq:elasticmq-server_2.13:$ELASTICMQ_VERSION"
}

elasticmq_up() {
  mkdir -p "$ELASTICMQ"
  if elasticmq_alive && as_wished_prefix elasticmq && await 30 "$ELASTICMQ" "$ELASTICMQ_MARK" elasticmq_answers; then return; fi
  elasticmq_down
  choose_prefix elasticmq 208 01 02 || return
  elasticmq_config "$(cat "$ELASTICMQ/prefix")"
  launch "$ELASTICMQ" "$JAVA" -Xmx256m -XX:+UseSerialGC "-Dconfig.file=$ELASTICMQ_MARK" -cp "$CACHE/elasticmq-$ELASTICMQ_VERSION/*" org.elasticmq.server.Main
  await $START "$ELASTICMQ" "$ELASTICMQ_MARK" elasticmq_answers || did_not_start elasticmq "$(elasticmq_version)" "$ELASTICMQ" "$ELASTICMQ_MARK"
}

elasticmq_config() {
  cat >"$ELASTICMQ_MARK" <<C
include classpath("application.conf")
node-address { protocol = http, host = "127.0.0.1", port = ${1}01, context-path = "" }
generate-node-address = false
rest-sqs { enabled = true, bind-port = ${1}01, bind-hostname = "127.0.0.1", sqs-limits = strict }
rest-stats { enabled = true, bind-port = ${1}02, bind-hostname = "127.0.0.1" }
queues { }
C
}
