"""The line protocol that every speed peer speaks; README.md beside this file describes it."""

import json
import os
import sys
import time


def take_stdout():
    """The real standard output; whatever a library prints from now on goes to standard error."""
    real = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return real


def pseudo_ids(count, vocab):
    """The fixed text: id i is low + (7919 i + 13) mod (vocab - low), low = min(100, vocab / 2). Speed ignores content."""
    low = min(100, vocab // 2)
    return [low + (7919 * i + 13) % (vocab - low) for i in range(count)]


def memory():
    """Resident size in MB: all of it, its peak, and the part that is not a mapped file."""
    with open("/proc/self/status", encoding="ascii") as status:
        fields = dict(line.split(":", 1) for line in status if ":" in line)
    mb = lambda key: round(int(fields[key].split()[0]) / 1024, 1)
    return {"rss_mb": mb("VmRSS"), "peak_rss_mb": mb("VmHWM"), "rss_anon_mb": mb("RssAnon")}


def timed(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def speed(seconds, tokens):
    return {"tokens_per_second": tokens / seconds, "seconds": seconds, "tokens": tokens}


def check(request, field, low, high):
    value = request.get(field)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise ValueError(f"'{field}' is {value!r}; give a whole number from {low} to {high}.")
    return value


def serve(out, peer, settings, operations):
    """Answers one JSON line per JSON line of standard input, until quit or end of input."""
    def answer(value):
        out.write(json.dumps(value) + "\n")
        out.flush()

    set_outside = {k: v for k, v in os.environ.items() if k.startswith(("OMP_", "GOMP_", "KMP_", "MKL_"))}
    answer({"ready": True, "peer": peer, "settings": settings | {"environment": set_outside}})
    operations = operations | {"memory": lambda request: memory()}
    for line in sys.stdin:
        if not line.strip():
            continue
        try:
            request = json.loads(line)
            if request.get("op") == "quit":
                return
            if request.get("op") not in operations:
                raise ValueError(f"'op' is {request.get('op')!r}; give one of {sorted(operations) + ['quit']}.")
            answer(operations[request["op"]](request))
        except Exception as problem:
            answer({"error": f"{type(problem).__name__}: {problem}"})
