# ActiveMQ Artemis: all protocols on one port, AMQP and STOMP on ports of their own, Jolokia by its console.

ARTEMIS_VERSION=2.56.0
ARTEMIS=$TB/artemis
ARTEMIS_MARK=$ARTEMIS/instance

artemis_version() { echo "ActiveMQ Artemis $ARTEMIS_VERSION"; }
artemis_alive() { alive "$ARTEMIS" "$ARTEMIS_MARK"; }
artemis_address() { echo "tcp://$(local_port artemis 01)"; }
artemis_jolokia() { echo "http://$(local_port artemis 04)/console/jolokia"; }
artemis_down() { end "$ARTEMIS" "$ARTEMIS_MARK"; }
artemis_have() {
  need curl=curl openssl=openssl && python_clients_have && jms_have &&
    archive "artemis-$ARTEMIS_VERSION" "org.apache.artemis:apache-artemis:$ARTEMIS_VERSION:tar.gz:bin"
}

# artemis_answers: Jolokia knows the broker, and the ports are open.
artemis_answers() {
  local ending
  jolokia_knows "$(artemis_jolokia)" admin:adminpw 'org.apache.activemq.artemis:broker=\"artemis\"' || return
  # what it was made with: an older one has less
  for ending in $(cat "$ARTEMIS/instance/listeners" 2>/dev/null); do ! port_free "$(cat "$ARTEMIS/prefix")$ending" || return 1; done
}

artemis_up() {
  mkdir -p "$ARTEMIS"
  if artemis_alive && as_wished_prefix artemis && await 30 "$ARTEMIS" "$ARTEMIS_MARK" artemis_answers; then return; fi
  artemis_down
  choose_prefix artemis 204 01 02 03 04 05 && artemis_create || return
  # The script becomes java: the pid is the broker's.
  launch "$ARTEMIS" env "JAVA_HOME=$(dirname "$(dirname "$(readlink -f "$JAVA")")")" "$ARTEMIS/instance/bin/artemis" run
  await $START "$ARTEMIS" "$ARTEMIS_MARK" artemis_answers || did_not_start artemis "$(artemis_version)" "$ARTEMIS" "$ARTEMIS_MARK"
}

# artemis_create: an empty broker for these ports, if there is none yet: 01 all protocols, 02 AMQP, 03 STOMP, 04 the console, 05 all by TLS.
artemis_create() {
  local p
  p=$(cat "$ARTEMIS/prefix")
  [ -e "$ARTEMIS/instance/made-$ARTEMIS_VERSION-$p-tls" ] && return
  make_certs "$ARTEMIS/certs" && jvm_keystore "$ARTEMIS/certs" || return
  rm -rf "$ARTEMIS/instance"
  JAVA_HOME=$(dirname "$(dirname "$(readlink -f "$JAVA")")") "$CACHE/artemis-$ARTEMIS_VERSION/bin/artemis" create "$ARTEMIS/instance" --silent \
    --name artemis --user admin --password adminpw --role amq --require-login --host 127.0.0.1 --http-host 127.0.0.1 --http-port "${p}04" \
    --default-port "${p}01" --no-mqtt-acceptor --no-hornetq-acceptor --no-amqp-acceptor --no-stomp-acceptor --no-autotune --nio \
    --java-memory 512M --queues orders:anycast >"$ARTEMIS/log" 2>&1 && artemis_config "$p" >>"$ARTEMIS/log" 2>&1 ||
    { warn "artemis: $(artemis_version) was had, but an instance cannot be made:"; last_lines "$ARTEMIS/log" >&2; return 1; }
  echo 01 02 03 05 >"$ARTEMIS/instance/listeners"
  touch "$ARTEMIS/instance/made-$ARTEMIS_VERSION-$p-tls"
}

# artemis_config PREFIX: a full disk stops no producer (it would at 90 % of any machine's disk), AMQP and STOMP alone, where dead letters go, and the users: admin and app may do all, reader may
# browse, and look in the console.
artemis_config() {
  local etc=$ARTEMIS/instance/etc acceptors settings
  acceptors="<acceptor name=\"amqp\">tcp://127.0.0.1:${1}02?protocols=AMQP;amqpCredits=1000;amqpLowCredits=300;amqpMinLargeMessageSize=102400</acceptor>"
  acceptors+="<acceptor name=\"stomp\">tcp://127.0.0.1:${1}03?protocols=STOMP</acceptor>"
  acceptors+="<acceptor name=\"tls\">tcp://127.0.0.1:${1}05?sslEnabled=true;keyStoreType=PKCS12;keyStorePath=$ARTEMIS/certs/server.p12;keyStorePassword=testbed</acceptor>"
  settings='<address-setting match="orders"><dead-letter-address>DLQ</dead-letter-address><expiry-address>ExpiryQueue</expiry-address><max-delivery-attempts>3</max-delivery-attempts></address-setting>'
  settings+='<address-setting match="auto.#"><dead-letter-address>DLA</dead-letter-address><expiry-address>EXP</expiry-address><max-delivery-attempts>2</max-delivery-attempts>'
  settings+='<auto-create-dead-letter-resources>true</auto-create-dead-letter-resources><auto-create-expiry-resources>true</auto-create-expiry-resources></address-setting>'
  sed -i -e "s|</acceptors>|$acceptors</acceptors>|; s|</address-settings>|$settings</address-settings>|" \
    -e 's|<max-disk-usage>.*</max-disk-usage>|<max-disk-usage>-1</max-disk-usage>|' -e 's|<permission type="browse" roles="amq"/>|<permission type="browse" roles="amq,app,reader"/>|; s|roles="amq"/>|roles="amq,app"/>|' "$etc/broker.xml" &&
    printf '%s\n' 'admin = adminpw' 'app = apppw' 'reader = readerpw' >"$etc/artemis-users.properties" &&
    printf '%s\n' 'amq = admin' 'app = app' 'reader = reader' >"$etc/artemis-roles.properties" &&
    sed -i "s|^\(HAWTIO_ROLES=\).*|\1'amq,reader'|" "$etc/artemis.profile" &&
    sed -i -E '/method="(list|get|is|browse|count)\*"/ s|roles="[^"]*"|roles="amq,reader"|' "$etc/management.xml"
}

artemis_env() {
  echo "export REDRIVE_TEST_ARTEMIS=$(artemis_address)"
  echo "export REDRIVE_TEST_ARTEMIS_AMQP=amqp://$(local_port artemis 02)"
  echo "export REDRIVE_TEST_ARTEMIS_STOMP=stomp://$(local_port artemis 03)"
  echo "export REDRIVE_TEST_ARTEMIS_JOLOKIA=$(artemis_jolokia)"
  if [ -e "$ARTEMIS/instance/listeners" ]; then
    echo "export REDRIVE_TEST_ARTEMIS_TLS=ssl://$(local_port artemis 05)"
    printf 'export REDRIVE_TEST_ARTEMIS_CA=%q\n' "$ARTEMIS/certs/ca.pem"
  fi
}
