# Apache Kafka, one node (KRaft), with four listeners: plain, SASL, SASL over TLS, and TLS with client certificates.

KAFKA_VERSION=4.4.0
# Maven Central has the broker of 4.4.0, but tools and Connect only up to 4.3.1.
KAFKA_TOOLS_VERSION=4.3.1
KAFKA_LOG4J=org.apache.logging.log4j:log4j-slf4j-impl:2.25.4
KAFKA=$TB/kafka
KAFKA_MARK=$KAFKA/server.properties

kafka_version() { echo "Apache Kafka $KAFKA_VERSION"; }
kafka_alive() { alive "$KAFKA" "$KAFKA_MARK"; }
kafka_address() { echo "127.0.0.1:$(cat "$KAFKA/prefix")92"; }
kafka_down() { end "$KAFKA" "$KAFKA_MARK"; }

# kafka_answers: metadata lists a broker; an open port is not enough. The count reads all of the output, because a
# pipe closed early would look like a failure.
kafka_answers() { [ "$(kcat -b "$(kafka_address)" -L -m 10 2>/dev/null | grep -c '^  broker ')" != 0 ]; }

kafka_have() {
  need kcat=kcat openssl=openssl && need_java &&
    jars "kafka-$KAFKA_VERSION" "org.apache.kafka:kafka_2.13:$KAFKA_VERSION" $KAFKA_LOG4J && kafka_have_tools
}

kafka_have_tools() {
  local group=org.apache.kafka v=$KAFKA_TOOLS_VERSION
  need_java && jars "kafka-tools-$v" $group:kafka_2.13:$v $group:kafka-tools:$v $group:connect-runtime:$v \
    $group:connect-json:$v $group:connect-file:$v $KAFKA_LOG4J
}

kafka_up() {
  mkdir -p "$KAFKA"
  if kafka_alive && as_wished "${REDRIVE_TB_KAFKA_PORT_PREFIX:-}" "$KAFKA/prefix"; then
    await 30 "$KAFKA" "$KAFKA_MARK" kafka_answers && { kafka_rights && kafka_share_group; return; }
    warn "kafka: runs, but does not answer; starting it anew"
  fi
  kafka_down
  kafka_choose_ports && make_certs "$KAFKA/certs" && kafka_config && kafka_format || return
  launch "$KAFKA" "$JAVA" -Xms256m -Xmx512m -XX:+UseSerialGC "-Dlog4j2.configurationFile=$KAFKA/log4j2.properties" \
    -cp "$CACHE/kafka-$KAFKA_VERSION/*" kafka.Kafka "$KAFKA/server.properties"
  await $START "$KAFKA" "$KAFKA_MARK" kafka_answers || did_not_start kafka "$(kafka_version)" "$KAFKA" "$KAFKA_MARK" || return
  kafka_rights && kafka_share_group
}

# kafka_choose_ports: the wished prefix; else that of the last time or the first from 190 on with all five ports free,
# so that two checkouts on one machine do not meet.
kafka_choose_ports() {
  local prefix last
  last=$(cat "$KAFKA/prefix" 2>/dev/null || true)
  for prefix in ${REDRIVE_TB_KAFKA_PORT_PREFIX:-$last 190 191 192 193 194 195 196 197 198 199}; do
    if port_free "${prefix}92" && port_free "${prefix}93" && port_free "${prefix}94" && port_free "${prefix}95" && port_free "${prefix}99"; then
      # The quorum remembers its own address: another one means a new, empty broker.
      [ "$prefix" = "$last" ] || rm -rf "$KAFKA/data"
      echo "$prefix" >"$KAFKA/prefix"
      return
    fi
  done
  warn "kafka: a port of ${REDRIVE_TB_KAFKA_PORT_PREFIX:-190 to 199} (..92 to ..95, ..99) is taken; set REDRIVE_TB_KAFKA_PORT_PREFIX"
  return 1
}

# kafka_config: server.properties. Plaintext is User:ANONYMOUS, a super user; rights are tried through the others.
kafka_config() {
  local p listener users scram module=org.apache.kafka.common.security
  p=$(cat "$KAFKA/prefix")
  users='user_admin="admin-pw" user_app="app-pw" user_viewer="viewer-pw" user_nobody="nobody-pw"'
  scram="$module.scram.ScramLoginModule required;"
  {
    sed -e "s|@P@|$p|g" -e "s|@DIR@|$KAFKA|g" "$ROOT/scripts/lib/kafka.properties"
    for listener in sasl_ssl sasl_plaintext; do
      echo "listener.name.$listener.scram-sha-256.sasl.jaas.config=$scram"
      echo "listener.name.$listener.scram-sha-512.sasl.jaas.config=$scram"
      echo "listener.name.$listener.plain.sasl.jaas.config=$module.plain.PlainLoginModule required $users;"
    done
  } >"$KAFKA/server.properties"
  cp "$ROOT/scripts/lib/log4j2.properties" "$KAFKA/log4j2.properties"
}

# kafka_format: an empty broker with its users, if there is none yet. A user NAME has the password NAME-pw.
kafka_format() {
  [ -f "$KAFKA/data/formatted" ] && [ "$(cat "$KAFKA/data/formatted")" = "$KAFKA_VERSION" ] && return
  local user mechanism scram=()
  for user in admin app viewer nobody; do
    for mechanism in 256 512; do scram+=(--add-scram "SCRAM-SHA-$mechanism=[name=$user,password=$user-pw]"); done
  done
  rm -rf "$KAFKA/data" "$KAFKA/rights" && mkdir -p "$KAFKA/data"
  "$JAVA" -Xmx256m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC "-Dlog4j2.configurationFile=$KAFKA/log4j2.properties" \
    -cp "$CACHE/kafka-$KAFKA_VERSION/*" kafka.tools.StorageTool format --config "$KAFKA/server.properties" --standalone \
    --cluster-id "$(head -c 16 /dev/urandom | base64 | tr '+/' 'ab' | cut -c1-22)" --feature share.version=2 \
    "${scram[@]}" >"$KAFKA/log" 2>&1 ||
    { warn "kafka: $(kafka_version) was had, but its storage cannot be formatted:"; last_lines "$KAFKA/log" >&2; return 1; }
  echo "$KAFKA_VERSION" >"$KAFKA/data/formatted"
}

# kafka_rights: app and mtls-client may do all; viewer may read; nobody, with no rule of its own, may do nothing (a rule
# for '*' ends allow.everyone.if.no.acl.found). Once per format; side by side, because each call is a JVM.
kafka_rights() {
  [ -f "$KAFKA/rights" ] && return
  local work=$KAFKA/rights.log job jobs=() ok=yes
  : >"$work"
  kafka_tool acls --add --allow-principal User:app --allow-principal User:mtls-client --operation All --topic '*' --group '*' --transactional-id '*' >>"$work" 2>&1 &
  jobs+=($!)
  kafka_tool acls --add --allow-principal User:app --operation All --cluster >>"$work" 2>&1 &
  jobs+=($!)
  kafka_tool acls --add --allow-principal User:viewer --operation Describe --operation DescribeConfigs --operation Read --topic '*' --group '*' >>"$work" 2>&1 &
  jobs+=($!)
  kafka_tool acls --add --allow-principal User:viewer --operation Describe --operation DescribeConfigs --cluster >>"$work" 2>&1 &
  jobs+=($!)
  for job in "${jobs[@]}"; do wait "$job" || ok=no; done
  if [ $ok = no ]; then
    warn "kafka: its ACLs could not be set:"
    last_lines "$work" >&2
    return 1
  fi
  touch "$KAFKA/rights"
}

# kafka_share_group: a share group with a topic of its own, once; only Kafka's own client can make one.
kafka_share_group() {
  [ -f "$KAFKA/data/share-group" ] && return
  {
    kafka_tool topics --create --if-not-exists --topic testbed.shared --partitions 2 &&
      kafka_tool configs --alter --entity-type groups --entity-name testbed-share --add-config share.auto.offset.reset=earliest &&
      printf 'one\ntwo\n' | kcat_plain -P -t testbed.shared &&
      kafka_tool sconsume --topic testbed.shared --group testbed-share --max-messages 1 --timeout-ms ${START}000
  } >"$KAFKA/share-group.log" 2>&1 ||
    { warn "kafka: a share group could not be made:"; last_lines "$KAFKA/share-group.log" >&2; return 1; }
  touch "$KAFKA/data/share-group"
}

kafka_env() {
  local p
  p=127.0.0.1:$(cat "$KAFKA/prefix")
  echo "export REDRIVE_TEST_KAFKA=${p}92"
  echo "export REDRIVE_TEST_KAFKA_SASL=${p}93"
  echo "export REDRIVE_TEST_KAFKA_SASL_SSL=${p}94"
  echo "export REDRIVE_TEST_KAFKA_MTLS=${p}95"
  echo "export REDRIVE_TEST_SHARE_GROUP=testbed-share"
  printf 'export REDRIVE_TEST_CERTS=%q\n' "$KAFKA/certs"
}
