# ActiveMQ Classic 6.3 (OpenWire, AMQP, STOMP, Jolokia), 5.18 as it is shipped (with its console), and Debian's 5.17 (OpenWire and STOMP).

# Maven Central has no distribution of 6.x: the broker is put together from its jars, with Jolokia's agent for its console's.
ACTIVEMQ_6=6.3.1
ACTIVEMQ_518=5.18.3
JOLOKIA=2.6.0

for v in 6 518 517; do
  for verb in alive address version have up down answers env; do eval "activemq${v}_$verb() { activemq_$verb $v; }"; done
done

activemq_first() { case $1 in 6) echo 205 ;; 518) echo 206 ;; 517) echo 207 ;; esac; }
activemq_alive() { alive "$TB/activemq$1" "-Dactivemq.base=$TB/activemq$1"; }
activemq_address() { echo "tcp://$(local_port "activemq$1" 01)"; }
activemq_jolokia() { echo "http://$(local_port "activemq$1" 04)/api/jolokia"; }
activemq_down() { end "$TB/activemq$1" "-Dactivemq.base=$TB/activemq$1"; }
activemq_version() {
  local version
  case $1 in
    6) version=$ACTIVEMQ_6 ;;
    518) version=$ACTIVEMQ_518 ;;
    517) version=$(find /usr/share/activemq/lib /usr/share/java -name 'activemq-broker-*.jar' 2>/dev/null | sed -nE 's/.*-([0-9.]+)\.jar/\1/p' | head -1) ;;
  esac
  echo "ActiveMQ Classic $version"
}

activemq_have() {
  local group=org.apache.activemq v=$ACTIVEMQ_6 part parts=()
  need curl=curl && python_clients_have && jms_have || return
  case $1 in
    6)
      for part in broker kahadb-store amqp stomp spring jaas console; do parts+=("$group:activemq-$part:$v"); done
      for part in context beans core expression aop; do parts+=("org.springframework:spring-$part:7.0.8"); done
      for part in log4j-slf4j2-impl log4j-core log4j-api; do parts+=("org.apache.logging.log4j:$part:2.26.1"); done
      jars "activemq-$v" "${parts[@]}" && file_of_maven "jolokia-agent-$JOLOKIA" "org.jolokia:jolokia-agent-jvm:$JOLOKIA:jar:javaagent"
      ;;
    518) archive "activemq-$ACTIVEMQ_518" "$group:apache-activemq:$ACTIVEMQ_518:tar.gz:bin" ;;
    # The package starts no service of its own: it has no instance enabled.
    517) [ -d /usr/share/activemq/lib ] || install_packages activemq ;;
  esac
}

# activemq_answers: Jolokia (where it is) knows the broker, which it may answer before that is there; the ports are open.
activemq_answers() {
  local ending bean=org.apache.activemq:type=Broker,brokerName
  case $1 in
    6) jolokia_knows "$(activemq_jolokia 6)" admin:adminpw "$bean=activemq6" || return ;;
    518) jolokia_knows "$(activemq_jolokia 518)" admin:admin "$bean=localhost" || return ;;
  esac
  # what it was started with: an older one has less
  for ending in $(cat "$TB/activemq$1/listeners" 2>/dev/null); do ! port_free "$(cat "$TB/activemq$1/prefix")$ending" || return 1; done
}

# jolokia_knows URL USER:PASSWORD BEAN
jolokia_knows() {
  curl -sf -m 10 -u "$2" -H 'Origin: http://127.0.0.1' -H 'Content-Type: application/json' "$1" \
    -d "{\"type\":\"read\",\"mbean\":\"$3\"}" 2>/dev/null | grep -c '"status":200' >/dev/null
}

# activemq_listeners VERSION: 01 OpenWire, 02 AMQP, 03 STOMP, 04 Jolokia; by TLS 05 OpenWire, 06 STOMP, 07 Jolokia with a policy that lets its
# user `reader` look and nothing more.
activemq_listeners() { case $1 in 6) echo 01 02 03 04 05 06 07 ;; 517) echo 01 03 ;; 518) echo 01 02 03 04 ;; esac; }

activemq_up() {
  local name=activemq$1 dir=$TB/activemq$1 mark=-Dactivemq.base=$TB/activemq$1
  mkdir -p "$dir"
  if activemq_alive "$1" && as_wished_prefix "$name" && await 30 "$dir" "$mark" activemq_answers "$1"; then return; fi
  activemq_down "$1"
  choose_prefix "$name" "$(activemq_first "$1")" $(activemq_listeners "$1") && "activemq_config$([ "$1" != 518 ] || echo _518)" "$1" || return
  activemq_listeners "$1" >"$dir/listeners"
  activemq_launch "$1" "$dir"
  await $START "$dir" "$mark" activemq_answers "$1" || did_not_start "$name" "$(activemq_version "$1")" "$dir" "$mark"
}

# activemq_launch: java directly; the start scripts of 5.x read the settings of Debian's package and then run as another user.
activemq_launch() {
  local dir=$2 p options main=(org.apache.activemq.console.Main start "xbean:file:$2/conf/activemq.xml")
  p=$(cat "$dir/prefix")
  options=(-Xms64m -XX:+UseSerialGC --add-opens java.base/java.lang=ALL-UNNAMED "-Dactivemq.base=$dir" "-Dactivemq.conf=$dir/conf" "-Dactivemq.data=$dir/data")
  case $1 in
    6)
      options+=(-Xmx384m "-Dactivemq.home=$dir" -cp "$dir/conf:$CACHE/activemq-$ACTIVEMQ_6/*")
      options+=("-javaagent:$CACHE/jolokia-agent-$JOLOKIA/jolokia-agent-jvm-$JOLOKIA-javaagent.jar=host=127.0.0.1,port=${p}04,agentContext=/api/jolokia,user=admin,password=adminpw,policyLocation=file:$dir/conf/jolokia-access.xml,discoveryEnabled=false,allowErrorDetails=false")
      options+=("-javaagent:$CACHE/jolokia-agent-$JOLOKIA/jolokia-agent-jvm-$JOLOKIA-javaagent.jar=host=127.0.0.1,port=${p}07,protocol=https,executor=cached,keystore=$dir/certs/server.p12,keyStoreType=PKCS12,keystorePassword=testbed,agentContext=/api/jolokia,user=reader,password=readerpw,policyLocation=file:$dir/conf/jolokia-reader.xml,discoveryEnabled=false,allowErrorDetails=false")
      ;;
    517)
      options+=(-Xmx256m -Dactivemq.home=/usr/share/activemq)
      options+=(-cp "$dir/conf:$(find -L /usr/share/activemq/lib -name '*.jar' | tr '\n' ':')")
      ;;
    518)
      local home=$CACHE/activemq-$ACTIVEMQ_518
      options+=(-Xmx384m "-Dactivemq.home=$home" "-Djava.security.auth.login.config=$dir/conf/login.config" "-Dactivemq.classpath=$dir/conf:$home/lib/")
      options+=("-Djolokia.conf=file:$dir/conf/jolokia-access.xml")
      main=(-jar "$home/bin/activemq.jar" start)
      ;;
  esac
  launch "$dir" "$JAVA" "${options[@]}" "${main[@]}"
}

activemq_config() {
  local conf=$TB/activemq$1/conf certs=$TB/activemq$1/certs p amqp='' tls='' jmx=false
  p=$(cat "$TB/activemq$1/prefix")
  if [ "$1" = 6 ]; then
    make_certs "$certs" && jvm_keystore "$certs" || return
    tls="<sslContext><sslContext keyStore=\"file:$certs/server.p12\" keyStoreType=\"PKCS12\" keyStorePassword=\"testbed\"/></sslContext>"
    jmx=true amqp="<transportConnector name=\"amqp\" uri=\"amqp://127.0.0.1:${p}02?wireFormat.maxFrameSize=33554432\"/>"
  fi
  mkdir -p "$conf"
  if [ "$1" = 6 ]; then
    amqp+="<transportConnector name=\"ssl\" uri=\"ssl://127.0.0.1:${p}05\"/><transportConnector name=\"stomp+ssl\" uri=\"stomp+ssl://127.0.0.1:${p}06\"/>"
  fi
  sed -e "s|@NAME@|activemq$1|; s|@P@|$p|; s|@JMX@|$jmx|; s|@TLS@|$tls|; s|@AMQP@|$amqp|" "$ROOT/scripts/lib/activemq.xml" >"$conf/activemq.xml"
  sed -e 's|<operation>\*</operation>|<operation>browse*</operation>|' "$ROOT/scripts/lib/jolokia-access.xml" >"$conf/jolokia-reader.xml"
  cp "$ROOT/scripts/lib/jolokia-access.xml" "$conf/jolokia-access.xml"
  cp "$ROOT/scripts/lib/activemq_log4j2.properties" "$conf/log4j2.properties"
}

# activemq_config_518: as it is shipped, on loopback and ports of its own, without MQTT and WebSocket.
activemq_config_518() {
  local dir=$TB/activemq518 p
  p=$(cat "$dir/prefix")
  rm -rf "$dir/conf" && cp -r "$CACHE/activemq-$ACTIVEMQ_518/conf" "$dir/conf"
  sed -i -e "s|tcp://0.0.0.0:61616|tcp://127.0.0.1:${p}01|; s|amqp://0.0.0.0:5672|amqp://127.0.0.1:${p}02|; s|stomp://0.0.0.0:61613|stomp://127.0.0.1:${p}03|" \
    -e '/name="mqtt"/d; /name="ws"/d' "$dir/conf/activemq.xml"
  sed -i "s|value=\"8161\"|value=\"${p}04\"|" "$dir/conf/jetty.xml"
}

activemq_env() {
  local at=REDRIVE_TEST_ACTIVEMQ_$1
  echo "export $at=$(activemq_address "$1")"
  echo "export ${at}_STOMP=stomp://$(local_port "activemq$1" 03)"
  [ "$1" = 517 ] || echo "export ${at}_AMQP=amqp://$(local_port "activemq$1" 02)"
  [ "$1" = 517 ] || echo "export ${at}_JOLOKIA=$(activemq_jolokia "$1")"
  if grep -q 06 "$TB/activemq$1/listeners" 2>/dev/null; then
    echo "export ${at}_TLS=ssl://$(local_port "activemq$1" 05)"
    echo "export ${at}_STOMP_TLS=stomp+ssl://$(local_port "activemq$1" 06)"
    echo "export ${at}_JOLOKIA_READER=https://$(local_port "activemq$1" 07)/api/jolokia"
    printf 'export %s_CA=%q\n' "$at" "$TB/activemq$1/certs/ca.pem"
  fi
}
