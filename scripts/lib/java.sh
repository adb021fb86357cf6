# Java programs: a Java that is new enough, and their jars from Maven Central into the shared cache.

# java_17: path of a Java of version 17 or newer.
java_17() {
  local java
  for java in "$(command -v java || true)" "${JAVA_HOME:-/nowhere}/bin/java" /usr/lib/jvm/*/bin/java; do
    [ -x "$java" ] || continue
    if [ "$(java_major "$java")" -ge 17 ]; then
      echo "$java"
      return
    fi
  done
  return 1
}

# java_major JAVA: its version's first number, 0 if it does not run.
java_major() { "$1" -version 2>&1 | awk -F'[".]' '/version/ { found = $2 } END { print found + 0 }'; }

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

# jars FOLDER GROUP:NAME:VERSION...: these and all they need, in FOLDER of the cache.
jars() {
  local what=$1
  shift
  cached "$what" jars_into "$@"
}

jars_into() {
  local work=$1
  shift
  pom "$@" >"$work/pom.xml"
  maven -f "$work/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$work/got"
}

# archive FOLDER GROUP:NAME:VERSION:TYPE:CLASSIFIER: a program's distribution, unpacked into FOLDER of the cache.
archive() { cached "$1" archive_into "$2"; }

archive_into() {
  maven dependency:copy "-Dartifact=$2" -DoutputDirectory="$1" && mkdir -p "$1/got" && tar xzf "$1"/*.tar.gz -C "$1/got" --strip-components=1
}

# file_of_maven FOLDER GROUP:NAME:VERSION:TYPE:CLASSIFIER: one file, in FOLDER of the cache.
file_of_maven() { cached "$1" file_into "$2"; }

file_into() { maven dependency:copy "-Dartifact=$2" -DoutputDirectory="$1/got"; }

# cached FOLDER COMMAND...: COMMAND is given a folder to work in and leaves there, in `got`, what becomes FOLDER of the
# cache. A folder is there as a whole or not at all, so that a broken download is never taken for a good one.
cached() {
  local what=$1 folder=$CACHE/$1 work log=$TB/maven.log how=$2
  [ -d "$folder" ] && return
  shift 2
  need mvn=maven || return
  mkdir -p "$CACHE"
  work=$(mktemp -d "$CACHE/download.XXXXXX")
  say "downloading $what (Maven Central)"
  if retry 4 "$how" "$work" "$@" >"$log" 2>&1; then
    mv -T "$work/got" "$folder" 2>/dev/null || [ -d "$folder" ] # another checkout may have been first
    rm -rf "$work"
  else
    rm -rf "$work"
    WHY="Maven could not get $what: $(grep -m1 -E 'ERROR|rror:' "$log" | cut -c1-300 || true) (all of it: $log)"
    return 1
  fi
}

maven() { JAVA_HOME=$(dirname "$(dirname "$(readlink -f "$JAVA")")") mvn -q -B "$@"; }
