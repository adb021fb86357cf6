# Java programs: a Java that is new enough, and their jars from Maven Central into the shared cache.

# java_17: path of a Java of version 17 or newer.
java_17() {
  local java
  for java in "$(command -v java || true)" "${JAVA_HOME:-/nowhere}/bin/java" /usr/lib/jvm/*/bin/java; do
    [ -x "$java" ] || continue
    if "$java" -version 2>&1 | awk -F'[".]' '/version/ { found = ($2 >= 17) } END { exit !found }'; then
      echo "$java"
      return
    fi
  done
  return 1
}

# need_java: sets JAVA; installs one if there is none. Which versions a distribution has differs.
need_java() {
  JAVA=$(java_17) && return
  local package
  for package in openjdk-17-jre-headless openjdk-21-jre-headless openjdk-25-jre-headless; do
    if install_packages "$package" && JAVA=$(java_17); then return; fi
  done
  WHY="no Java 17 or newer: $WHY"
  return 1
}

# pom GROUP:NAME:VERSION...: a Maven project that depends on just these.
pom() {
  local group name version
  echo '<project><modelVersion>4.0.0</modelVersion><groupId>testbed</groupId><artifactId>testbed</artifactId><version>1</version><packaging>pom</packaging><dependencies>'
  while IFS=: read -r group name version; do
    echo "<dependency><groupId>$group</groupId><artifactId>$name</artifactId><version>$version</version></dependency>"
  done < <(printf '%s\n' "$@")
  echo '</dependencies></project>'
}

# jars FOLDER GROUP:NAME:VERSION...: these and all they need, in FOLDER of the cache. A folder is there as a whole or
# not at all, so that a broken download is never taken for a good one.
jars() {
  local what=$1 folder=$CACHE/$1 work log=$TB/maven.log
  [ -d "$folder" ] && return
  shift
  need mvn=maven || return
  mkdir -p "$CACHE"
  work=$(mktemp -d "$CACHE/download.XXXXXX")
  pom "$@" >"$work/pom.xml"
  say "downloading $what (Maven Central)"
  # Tried twice: one lost connection must not fail a run.
  if maven "$work" >"$log" 2>&1 || maven "$work" >"$log" 2>&1; then
    mv -T "$work/libs" "$folder" 2>/dev/null || [ -d "$folder" ] # another checkout may have been first
    rm -rf "$work"
  else
    rm -rf "$work"
    WHY="Maven could not get $what: $(grep -m1 -E 'ERROR|rror:' "$log" | cut -c1-300 || true) (all of it: $log)"
    return 1
  fi
}

maven() { JAVA_HOME=$(dirname "$(dirname "$(readlink -f "$JAVA")")") mvn -q -B -f "$1/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$1/libs"; }
