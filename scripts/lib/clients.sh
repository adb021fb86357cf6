# Independent clients that judge what redrive did: Python with pika, proton and boto3 (and moto), and Java's JMS client.

# Another set of packages needs another number: the folder is shared by all checkouts.
PYTHON_CLIENTS=$CACHE/python-1
PYTHON_PACKAGES=(pika==1.4.4 python-qpid-proton==0.40.0 boto3==1.44.5 'moto[server]==5.2.5')
JMS_VERSION=6.3.1
JMS_CLIENT=$CACHE/activemq-client-$JMS_VERSION

# python_clients_have: a virtual environment, there as a whole or not at all.
python_clients_have() {
  [ -d "$PYTHON_CLIENTS" ] && return
  local work log=$TB/pip.log python
  python=$(python_with_venv) || { install_packages python3-venv && python=$(python_with_venv); } || { WHY="no Python with venv: $WHY"; return 1; }
  mkdir -p "$CACHE"
  work=$(mktemp -d "$CACHE/download.XXXXXX")
  say "downloading Python clients (PyPI)"
  if "$python" -m venv "$work" >"$log" 2>&1 && retry 4 "$work/bin/python" -m pip install -q "${PYTHON_PACKAGES[@]}" >>"$log" 2>&1; then
    # Found from its own place, so that it may be moved; only the scripts in bin/ may not be used.
    mv -T "$work" "$PYTHON_CLIENTS" 2>/dev/null || [ -d "$PYTHON_CLIENTS" ] # another checkout may have been first
    rm -rf "$work"
  else
    rm -rf "$work"
    WHY="pip could not get ${PYTHON_PACKAGES[*]}: $(grep -i error "$log" | tail -1 | cut -c1-300 || true) (all of it: $log)"
    return 1
  fi
}

# python_with_venv: one that can make a virtual environment with pip in it.
python_with_venv() {
  local python
  for python in python3 /usr/bin/python3; do
    if "$python" -c 'import venv, ensurepip, sys; sys.exit(sys.version_info < (3, 9))' 2>/dev/null; then echo "$python"; return; fi
  done
  return 1
}

# jms_have: the client's jars, and a Java that can run a source file: a runtime without the compiler cannot.
jms_have() {
  need_java && jars "activemq-client-$JMS_VERSION" "org.apache.activemq:activemq-client:$JMS_VERSION" org.slf4j:slf4j-nop:2.0.17 || return
  local compiler
  compiler=$("$JAVA" --list-modules 2>/dev/null | grep -c '^jdk.compiler' || true)
  [ "$compiler" != 0 ] || install_packages "openjdk-$(java_major "$JAVA")-jdk-headless"
}

clients_env() {
  if [ -d "$PYTHON_CLIENTS" ]; then printf 'export REDRIVE_TEST_PYTHON=%q\n' "$PYTHON_CLIENTS/bin/python"; fi
  if [ -d "$JMS_CLIENT" ]; then
    printf 'export REDRIVE_TEST_JMS=%q\n' "$JMS_CLIENT/*"
    printf 'export REDRIVE_TEST_JAVA=%q\n' "$(java_17)"
  fi
}
