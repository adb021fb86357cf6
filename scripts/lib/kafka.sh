# Apache Kafka, one node (KRaft): plaintext, SASL, SASL over TLS and mutual TLS, with four users of different rights.
# shellcheck shell=bash
KAFKA_VERSION=4.4.0
KAFKA_TOOLS_VERSION=4.3.1 # the newest whose command line tools are published
KP=${REDRIVE_TB_KAFKA_PORTS:-190}
KAFKA=127.0.0.1:${KP}92
KSTATE=$STATE/kafka

# maven_libs FOLDER GROUP:NAME:VERSION...: the jars and all that they need, once
maven_libs() {
  local to=$CACHE/$1 work g n v; shift
  [ -e "$to/.complete" ] && return 0
  work=$(mktemp -d)
  { echo '<project><modelVersion>4.0.0</modelVersion><groupId>redrive</groupId><artifactId>testbed</artifactId><version>1</version><packaging>pom</packaging><dependencies>'
    for a in "$@"; do IFS=: read -r g n v <<<"$a"; echo "<dependency><groupId>$g</groupId><artifactId>$n</artifactId><version>$v</version></dependency>"; done
    echo '</dependencies></project>'; } >"$work/pom.xml"
  mkdir -p "$to"
  if mvn -q -B -f "$work/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$to" >"$STATE/maven.log" 2>&1; then
    touch "$to/.complete"; rm -rf "$work"
  else
    rm -rf "$work"; say "could not download $*: $(grep -m1 ERROR "$STATE/maven.log" || tail -n 1 "$STATE/maven.log")"; return "$CANNOT"
  fi
}

kafka_get() {
  local log=org.apache.logging.log4j:log4j-slf4j-impl:2.25.4 k=org.apache.kafka
  need java=openjdk-17-jre-headless mvn=maven kcat=kcat openssl=openssl curl=curl || return
  mkdir -p "$KSTATE"
  maven_libs kafka-$KAFKA_VERSION $k:kafka_2.13:$KAFKA_VERSION $log || return
  maven_libs kafka-tools-$KAFKA_TOOLS_VERSION $k:kafka_2.13:$KAFKA_TOOLS_VERSION $k:kafka-tools:$KAFKA_TOOLS_VERSION \
    $k:connect-runtime:$KAFKA_TOOLS_VERSION $k:connect-json:$KAFKA_TOOLS_VERSION $k:connect-file:$KAFKA_TOOLS_VERSION $log
}

# the log4j settings that all of Kafka's programs take
kafka_logging() {
  printf '%s\n' rootLogger.level=warn rootLogger.appenderRef.s.ref=S appender.s.type=Console appender.s.name=S appender.s.target=SYSTEM_ERR \
    appender.s.layout.type=PatternLayout 'appender.s.layout.pattern=[%d] %p %m (%c)%n' >"$KSTATE/log4j2.properties"
}
kafka_java() { java -Dlog4j2.configurationFile="$KSTATE/log4j2.properties" "$@"; }
kafka_run() { kafka_java -Xmx256m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$CACHE/kafka-$KAFKA_VERSION/*" "$@"; }

kafka_certificates() {
  [ -e "$KSTATE/certs/.complete" ] && return 0
  mkdir -p "$KSTATE/certs"
  (
    cd "$KSTATE/certs"
    openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=redrive-testbed-ca" -keyout ca.key -out ca.pem
    for who in server client; do
      case $who in server) cn=localhost san=DNS:localhost,IP:127.0.0.1 ;; client) cn=mtls-client san=DNS:mtls-client ;; esac
      openssl req -newkey rsa:2048 -nodes -subj "/CN=$cn" -keyout $who.key -out $who.csr
      openssl x509 -req -in $who.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 3650 -out $who.crt \
        -extfile <(echo "subjectAltName=$san"; echo "extendedKeyUsage=serverAuth,clientAuth")
      openssl pkcs8 -topk8 -nocrypt -in $who.key -out $who.pk8
      cat $who.pk8 $who.crt ca.pem >$who.keystore.pem
    done
    touch .complete
  ) >"$KSTATE/certs.log" 2>&1
}

kafka_properties() {
  local plain='org.apache.kafka.common.security.plain.PlainLoginModule required user_admin="admin-pw" user_app="app-pw" user_viewer="viewer-pw" user_nobody="nobody-pw";'
  local scram='org.apache.kafka.common.security.scram.ScramLoginModule required;' l
  cat <<P
node.id=1
process.roles=broker,controller
controller.quorum.bootstrap.servers=127.0.0.1:${KP}99
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listeners=PLAINTEXT://127.0.0.1:${KP}92,SASL_PLAINTEXT://127.0.0.1:${KP}93,SASL_SSL://127.0.0.1:${KP}94,SSL://127.0.0.1:${KP}95,CONTROLLER://127.0.0.1:${KP}99
advertised.listeners=PLAINTEXT://127.0.0.1:${KP}92,SASL_PLAINTEXT://127.0.0.1:${KP}93,SASL_SSL://127.0.0.1:${KP}94,SSL://127.0.0.1:${KP}95
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL,SSL:SSL,CONTROLLER:PLAINTEXT
log.dirs=$KSTATE/data
ssl.keystore.type=PEM
ssl.keystore.location=$KSTATE/certs/server.keystore.pem
ssl.truststore.type=PEM
ssl.truststore.location=$KSTATE/certs/ca.pem
listener.name.ssl.ssl.client.auth=required
ssl.principal.mapping.rules=RULE:^CN=(.*?)(,.*)?\$/\$1/,DEFAULT
sasl.enabled.mechanisms=SCRAM-SHA-256,SCRAM-SHA-512,PLAIN
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS;User:admin
allow.everyone.if.no.acl.found=true
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=4
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
log.retention.check.interval.ms=1000
log.segment.delete.delay.ms=1000
log.initial.task.delay.ms=1000
log.cleaner.backoff.ms=500
log.cleaner.dedupe.buffer.size=16777216
P
  for l in sasl_ssl sasl_plaintext; do
    echo "listener.name.$l.scram-sha-256.sasl.jaas.config=$scram"
    echo "listener.name.$l.scram-sha-512.sasl.jaas.config=$scram"
    echo "listener.name.$l.plain.sasl.jaas.config=$plain"
  done
}

# users and an empty log, once; a data folder without its marker was cut off and is made anew
kafka_format() {
  [ -e "$KSTATE/data/.formatted" ] && return 0
  rm -rf "$KSTATE/data"
  local scram=() u m
  for u in admin app viewer nobody; do for m in 256 512; do scram+=(--add-scram "SCRAM-SHA-$m=[name=$u,password=$u-pw]"); done; done
  kafka_run kafka.tools.StorageTool format --config "$KSTATE/server.properties" --standalone \
    --cluster-id "$(kafka_run kafka.tools.StorageTool random-uuid)" --feature share.version=2 "${scram[@]}" >"$KSTATE/format.log" 2>&1 ||
    { say "kafka could not be formatted:"; tail -n 30 "$KSTATE/format.log" >&2; return 1; }
  touch "$KSTATE/data/.formatted"
}

# app may do all, viewer may look, nobody may do nothing; plaintext is a super user and sets things up
kafka_rights() {
  [ -e "$KSTATE/data/.rights" ] && return 0
  {
    kafka_tool kacls --add --allow-principal User:app --allow-principal User:mtls-client --operation All --topic '*' --group '*' --transactional-id '*'
    kafka_tool kacls --add --allow-principal User:app --operation All --cluster
    kafka_tool kacls --add --allow-principal User:viewer --operation Describe --operation DescribeConfigs --operation Read --topic '*' --group '*'
    kafka_tool kacls --add --allow-principal User:viewer --operation Describe --operation DescribeConfigs --cluster
  } >"$KSTATE/rights.log" 2>&1 || { say "kafka's rights could not be set:"; tail -n 30 "$KSTATE/rights.log" >&2; return 1; }
  touch "$KSTATE/data/.rights"
}

kafka_answers() { kcat -b "$KAFKA" -L -m 1 | grep -q '^  broker '; }

kafka_up() {
  if serves kafka; then return 0; fi
  kafka_get || return
  halt kafka
  local p
  for p in 92 93 94 95 99; do free_port kafka "$KP$p" || return 1; done
  kafka_logging
  kafka_certificates || { say "kafka: certificates could not be made:"; tail -n 5 "$KSTATE/certs.log" >&2; return 1; }
  kafka_properties >"$KSTATE/server.properties"
  kafka_format || return 1
  launch kafka java -Xms256m -Xmx512m -XX:+UseSerialGC "-Dlog4j2.configurationFile=$KSTATE/log4j2.properties" \
    -cp "$CACHE/kafka-$KAFKA_VERSION/*" kafka.Kafka "$KSTATE/server.properties"
  until_ready kafka 90 kafka_answers || return 1
  kafka_rights
}
kafka_down() { halt kafka; }
kafka_address() { echo "$KAFKA"; }
kafka_version() { echo "Apache Kafka $KAFKA_VERSION"; }
kafka_env() {
  echo "export REDRIVE_TEST_KAFKA=$KAFKA REDRIVE_TEST_KAFKA_SASL=127.0.0.1:${KP}93 REDRIVE_TEST_KAFKA_SASL_SSL=127.0.0.1:${KP}94 REDRIVE_TEST_KAFKA_MTLS=127.0.0.1:${KP}95"
  echo "export REDRIVE_TEST_CERTS=$KSTATE/certs"
}

# kafka_tool NAME ARGUMENTS...: Kafka's own command line tools against this broker
kafka_tool() {
  local name=$1 class t=org.apache.kafka.tools; shift
  case $name in
    ktopics) class=$t.TopicCommand ;; kconfigs) class=kafka.admin.ConfigCommand ;; kacls) class=$t.AclCommand ;; kgroups) class=$t.GroupsCommand ;;
    kcgroups) class=$t.consumer.group.ConsumerGroupCommand ;; ksgroups) class=$t.consumer.group.ShareGroupCommand ;;
    kproduce) class=$t.ConsoleProducer ;; kconsume) class=$t.consumer.ConsoleConsumer ;; ksconsume) class=$t.consumer.ConsoleShareConsumer ;;
    kdelrec) class=$t.DeleteRecordsCommand ;; koffsets) class=$t.GetOffsetShell ;; ktx) class=$t.TransactionsCommand ;;
    *) fail "no tool '$name': ktopics kconfigs kacls kgroups kcgroups ksgroups kproduce kconsume ksconsume kdelrec koffsets ktx" ;;
  esac
  kafka_java -Xmx256m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$CACHE/kafka-tools-$KAFKA_TOOLS_VERSION/*" "$class" --bootstrap-server "$KAFKA" "$@"
}
