# Kafka's own admin tools and kcat against the testbed.

# kafka_tool_names: what `scripts/brokers tool` takes.
kafka_tool_names() {
  cat <<'T'
topics configs acls features      what the broker has and allows
groups cgroups sgroups stgroups   groups: all, consumer (also: reset offsets), share, streams
produce consume sconsume          records by console, also as a share group
offsets delrec dump               ends of a log, delete records before an offset, read segment files
tx quorum elect                   transactions, the KRaft quorum, leaders
pperf cperf                       producing and reading fast
kcat                              kcat on the plain listener
kcat-as USER                      kcat as admin, app, viewer or nobody (SASL PLAIN over TLS)
kcat-mtls                         kcat with the client certificate
T
}

kafka_tool() {
  local name=$1 class pkg=org.apache.kafka.tools address heap=256m
  shift
  address=$(kafka_address)
  case $name in
    k?*) [ "$name" = kcat ] || [ "${name%%-*}" = kcat ] || name=${name#k} ;; # ktopics is topics
  esac
  case $name in
    kcat) kcat_plain "$@"; return ;;
    kcat-as) kcat_as "$@"; return ;;
    kcat-mtls) kcat_mtls "$@"; return ;;
    topics) class=$pkg.TopicCommand ;;
    configs) class=kafka.admin.ConfigCommand ;;
    acls) class=$pkg.AclCommand ;;
    groups) class=$pkg.GroupsCommand ;;
    cgroups) class=$pkg.consumer.group.ConsumerGroupCommand ;;
    sgroups) class=$pkg.consumer.group.ShareGroupCommand ;;
    stgroups) class=$pkg.streams.StreamsGroupCommand ;;
    produce) class=$pkg.ConsoleProducer ;;
    consume) class=$pkg.consumer.ConsoleConsumer ;;
    sconsume) class=$pkg.consumer.ConsoleShareConsumer ;;
    pperf) class=$pkg.ProducerPerformance heap=1g ;;
    cperf) class=$pkg.ConsumerPerformance heap=1g ;;
    delrec) class=$pkg.DeleteRecordsCommand ;;
    offsets) class=$pkg.GetOffsetShell ;;
    features) class=$pkg.FeatureCommand ;;
    tx) class=$pkg.TransactionsCommand ;;
    quorum) class=$pkg.MetadataQuorumCommand ;;
    elect) class=$pkg.LeaderElectionCommand ;;
    dump) kafka_java $heap $pkg.DumpLogSegments "$@"; return ;;
    *) warn "no tool $name; there are:"; kafka_tool_names >&2; return 2 ;;
  esac
  case " $* " in
    *' --bootstrap-server '*) kafka_java $heap "$class" "$@" ;;
    *) kafka_java $heap "$class" --bootstrap-server "$address" "$@" ;;
  esac
}

# kafka_java HEAP CLASS ARGS...: a short-lived JVM; only the first compiler, which halves its start.
kafka_java() {
  local heap=$1
  shift
  [ -n "${JAVA:-}" ] || JAVA=$(java_17)
  "$JAVA" "-Xmx$heap" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC "-Dlog4j2.configurationFile=$KAFKA/log4j2.properties" \
    -cp "$CACHE/kafka-tools-$KAFKA_TOOLS_VERSION/*" "$@"
}

kcat_plain() { kcat -b "$(kafka_address)" "$@"; }

# kcat_as USER ARGS...: by PLAIN, because Debian's librdkafka 2.0 cannot do SCRAM against Kafka 4.
kcat_as() {
  local user=$1
  shift
  kcat -b "127.0.0.1:$(cat "$KAFKA/prefix")94" -X security.protocol=SASL_SSL -X sasl.mechanism=PLAIN \
    -X "sasl.username=$user" -X "sasl.password=$user-pw" -X "ssl.ca.location=$KAFKA/certs/ca.pem" "$@"
}

kcat_mtls() {
  kcat -b "127.0.0.1:$(cat "$KAFKA/prefix")95" -X security.protocol=SSL -X "ssl.ca.location=$KAFKA/certs/ca.pem" \
    -X "ssl.certificate.location=$KAFKA/certs/client.crt" -X "ssl.key.location=$KAFKA/certs/client.key" "$@"
}
