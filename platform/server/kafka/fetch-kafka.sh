#!/usr/bin/env bash
# Brings the jars of a real Apache Kafka broker from Maven Central into ~/.cache/zhike, where the tests look for them.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
version="$(sed -n 's:.*<version>\([0-9.]\{3,\}\)</version>.*:\1:p' "$here/pom.xml" | tail -1)"
target="${XDG_CACHE_HOME:-$HOME/.cache}/zhike/kafka-$version"
[ -f "$target/complete" ] && exit 0
rm -rf "$target" && mkdir -p "$target"
mvn -q -B -f "$here/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies \
  -DincludeScope=runtime -DoutputDirectory="$target"
touch "$target/complete"
