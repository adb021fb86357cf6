# Certificates of the testbed: a CA, a server for localhost and 127.0.0.1, and a client named mtls-client.

# make_certs DIR: once; as PEM, and as PEM key stores for the JVM.
make_certs() {
  local dir=$1 work
  [ -d "$dir" ] && return
  work=$(mktemp -d "$dir.XXXXXX")
  (
    cd "$work"
    openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=redrive-testbed-ca" -keyout ca.key -out ca.pem
    certificate server localhost DNS:localhost,IP:127.0.0.1
    certificate client mtls-client DNS:mtls-client
  ) >"$TB/openssl.log" 2>&1 || { last_lines "$TB/openssl.log" >&2; return 1; }
  mv -T "$work" "$dir"
}

# certificate NAME COMMON-NAME ALTERNATIVE-NAMES, in the current folder.
certificate() {
  openssl req -newkey rsa:2048 -nodes -subj "/CN=$2" -keyout "$1.key" -out "$1.csr"
  printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth,clientAuth\n' "$3" >"$1.ext"
  openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 3650 -out "$1.crt" -extfile "$1.ext"
  openssl pkcs8 -topk8 -nocrypt -in "$1.key" -out "$1.pk8"
  cat "$1.pk8" "$1.crt" ca.pem >"$1.keystore.pem"
}

# jvm_keystore DIR: the server's certificate and key of `make_certs DIR` as a store that every JVM reads; its password is testbed.
jvm_keystore() {
  [ -e "$1/server.p12" ] || openssl pkcs12 -export -in "$1/server.crt" -inkey "$1/server.key" -certfile "$1/ca.pem" -name server \
    -passout pass:testbed -out "$1/server.p12" >"$TB/openssl.log" 2>&1
}
