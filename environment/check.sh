# ./engram check: says what this machine has, what it lacks and how to get it (sourced by ./engram). The engine's part, how it
# starts and what threads gain, is CheckCommand's in the jar, which runs last.
# Exit code 0 when nothing is lacking, else 1.

LACKING=0

row() { printf '  %-10s %-9s %s\n' "$1" "$2" "$3"; }

lacks() { # lacks NAME TEXT "how to get it"
    row "$1" MISSING "$2"
    printf '  %-20s -> %s\n' '' "$3"
    LACKING=$((LACKING + 1))
}

# Runs one of the launcher's requirements and shows its sentence, which also tells the remedy.
tool() { # tool NAME "what is there" requirement
    local sentence
    if sentence=$("$3" 2>&1); then
        row "$1" ok "$2"
    else
        sentence="${sentence#engram: }"
        case "$sentence" in
            *\;*) lacks "$1" "${sentence%%;*}" "${sentence#*; }" ;;
            *) row "$1" MISSING "$sentence"; LACKING=$((LACKING + 1)) ;;
        esac
    fi
}

part() { # part NAME "text" "when it comes" test: something that the launcher sets up by itself
    if "$4"; then row "$1" ok "$2"; else row "$1" later "$3"; fi
}

cores() { getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1; }

load_average() { # of the last minute
    if [ -r /proc/loadavg ]; then cut -d' ' -f1 /proc/loadavg; else uptime | sed 's/.*averages*: *//; s/[, ].*//'; fi
}

memory_megabytes() { # total and available; nothing where /proc is not there
    awk '/^MemTotal:/ { total = $2 } /^MemAvailable:/ { free = $2 } END { if (total) print int(total / 1024), int(free / 1024) }' \
        /proc/meminfo 2>/dev/null
}

check_machine() {
    local count load memory total free disk
    count=$(cores)
    load=$(load_average)
    if awk "BEGIN { exit !($load > 0.5 * $count) }"; then
        row load busy "$count processors, load average $load: others are computing, so speeds measured now mean little"
    else
        row load ok "$count processors, load average $load"
    fi
    memory=$(memory_megabytes)
    if [ -n "$memory" ]; then
        total="${memory% *}"
        free="${memory#* }"
        if [ "$free" -lt 4000 ]; then
            lacks memory "$free of $total MB free, 4000 are needed" "end other programs, or lower the heap with ENGRAM_HEAP=1g"
        else
            row memory ok "$free of $total MB free"
        fi
    fi
    disk=$(df -Pk "$ROOT" | awk 'NR == 2 { print int($4 / 1024) }')
    if [ "$disk" -lt 2500 ]; then
        lacks disk "$disk MB free, the set-up takes up to 2500" "free some space on the disk of $ROOT"
    else
        row disk ok "$disk MB free"
    fi
    if [ -w "$ROOT" ]; then row checkout ok "$ROOT"; else
        lacks checkout "$ROOT cannot be written" "make it writable, or copy it to a folder that is"
    fi
}

check_model() {
    if ! model_is_there; then
        row model later "fetched on first use (93 MB)"
    elif [ "$ENGRAM_MODEL_PATH" != "$DEFAULT_MODEL" ]; then
        if [ -e "$ENGRAM_MODEL_PATH" ]; then row model ok "$ENGRAM_MODEL_PATH (named by ENGRAM_MODEL_PATH)"; else
            lacks model "$ENGRAM_MODEL_PATH is not there" "correct ENGRAM_MODEL_PATH or unset it"
        fi
    elif [ "$(file_sha256 "$DEFAULT_MODEL")" = "$MODEL_SHA256" ]; then
        row model ok "SmolLM2-135M-Instruct, checksum right"
    else
        lacks model "$DEFAULT_MODEL has a wrong checksum" "remove it and run ./engram setup"
    fi
}

file_sha256() {
    if command -v sha256sum >/dev/null 2>&1; then sha256sum <"$1"; else shasum -a 256 <"$1"; fi | cut -d' ' -f1
}

check_browser() {
    local name
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        if command -v "$name" >/dev/null 2>&1; then
            row browser ok "$name, for the browser test"
            return
        fi
    done
    row browser optional "no Chromium, so ./engram test skips the browser test (Debian: apt-get install chromium)"
}

command_check() {
    if wants_help "$@"; then
        echo "Usage: ./engram check"
        echo "Says what this machine has, what it lacks for Engram and how to get it. Changes nothing."
        return 0
    fi
    takes_nothing check "$@"
    echo "Tools"
    tool java "JDK $(java_major "$(java_home)" 2>/dev/null) in $(java_home)" require_jdk
    tool maven "$(command -v mvn)" require_maven
    tool python "$("$PYTHON" -V 2>&1), with venv" require_python
    check_browser
    echo "Machine"
    check_machine
    echo "Set up so far"
    part library "target/engram.jar is up to date" "built on first use" jar_is_fresh
    check_model
    part jupyter "JupyterLab and the Java kernel" "installed by ./engram setup, lab, reproduce or test" venv_is_fresh
    local status=0
    if [ $LACKING = 0 ] && jar_is_fresh; then
        echo "Engine"
        java "-Xmx$ENGRAM_HEAP" -Djava.awt.headless=true ${ENGRAM_JAVA_OPTS:-} \
            -cp "$ROOT/target/engram.jar:$ROOT/target/lib/*" dev.engram.cli.Engram check || status=$?
    fi
    if [ $LACKING != 0 ]; then
        echo "Lacking: $LACKING. The lines with -> say how to get it."
        return 1
    fi
    return $status
}
