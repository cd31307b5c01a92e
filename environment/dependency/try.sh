#!/usr/bin/env bash
# Engram as a Maven dependency of another project: installs it into the local Maven repository, builds the project beside
# this file against it, and runs that. Takes a model as its argument; without one the default model that ./engram set up.
set -eu
here=$(CDPATH='' cd -P -- "$(dirname -- "$0")" && pwd -P)
root=$(CDPATH='' cd -P -- "$here/../.." && pwd -P)
model=${1:-${ENGRAM_MODEL_PATH:-$root/.engram/models/smollm2-135m-instruct.gguf}}
work=$root/target/dependency
mkdir -p "$work"
cp -R "$here/pom.xml" "$here/src" "$work/"
(cd "$root" && mvn -B -q -DskipTests install)
cd "$work"
mvn -B -q compile dependency:build-classpath -Dmdep.outputFile=classpath.txt
export DJL_CACHE_DIR="${DJL_CACHE_DIR:-$root/.engram/djl}" OPT_OUT_TRACKING=true
java -cp "target/classes:$(cat classpath.txt)" FiveLines "$model"
