"""LMCODE's layer in NumPy: two segments through the short-term and the long-term memory of one layer, and a consolidation.

    python make_dual.py        # NumPy alone; writes dual.safetensors beside this file

Everything is computed in f64 and rounded to f32. B sequences, T tokens, h wide, m short-term slots, k retrieved slots.
"""

import json
import struct
from pathlib import Path

import numpy as np

B, T, H, M, K = 2, 5, 8, 3, 2
ETA, LAMBDA, EPS = 0.3, 1.0, 1e-5
rng = np.random.default_rng(20)
out = {}


def f32(a):  # the numbers both sides start from
    return np.asarray(a, dtype=np.float32).astype(np.float64)


def softmax(s):
    e = np.exp(s - s.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def normed(a):
    return a / np.sqrt((a * a).mean(-1, keepdims=True) + EPS)


shapes = {f"short_term_memory.{n}.weight": (H, H) for n in ("read_q", "read_k", "read_v", "write_q", "write_k", "write_v")}
shapes |= {
    "short_term_memory.start": (M, H),
    "short_term_memory.update_gate.weight": (H, 2 * H),
    "short_term_memory.update_gate.bias": (H,),
    "long_term_memory.gate.weight": (1, H),
    "long_term_memory.gate.bias": (1,),
}
shapes |= {f"long_term_memory.{n}.weight": (H, H) for n in "qkvo"}
w = {name: f32(0.5 * rng.standard_normal(shape)) for name, shape in shapes.items()}
out |= {"weight." + name: value for name, value in w.items()}


def short(name):
    return w[f"short_term_memory.{name}"]


def long(name):
    return w[f"long_term_memory.{name}"]


def short_read(x, s):  # one sequence: x [T, h], s [m, h]
    p = softmax(normed(x) @ short("read_q.weight").T @ (s @ short("read_k.weight").T).T / np.sqrt(H))
    return x + p @ (s @ short("read_v.weight").T)


def short_write(x, s):
    y = normed(x)
    p = softmax(s @ short("write_q.weight").T @ (y @ short("write_k.weight").T).T / np.sqrt(H))
    c = p @ (y @ short("write_v.weight").T)
    z = sigmoid(np.concatenate([s, c], -1) @ short("update_gate.weight").T + short("update_gate.bias"))
    return (1 - ETA * z) * s + ETA * z * c


def long_read(x, store):
    """store: list of (key, value, importance); returns the output, the slots and the gate."""
    if not store:
        return x, None, None
    y = normed(x)
    q = y @ long("q.weight").T
    keys = np.stack([k for k, _, _ in store])
    values = np.stack([v for _, v, _ in store])
    score = q @ keys.T / np.sqrt(H) + LAMBDA * np.log([i for _, _, i in store])
    slots = np.argsort(-score, -1, kind="stable")[:, :K]
    p = softmax(np.take_along_axis(score, slots, -1))
    m = np.einsum("tk,tkh->th", p, values[slots])
    g = sigmoid(y @ long("gate.weight").T + long("gate.bias"))
    return x + g * (m @ long("o.weight").T), slots, g


def long_write(x, store):  # a token's key, the next token's value
    y = normed(x)
    k = y[:-1] @ long("k.weight").T
    v = y[1:] @ long("v.weight").T
    store += [(a, b, 1.0) for a, b in zip(k, v)]


states = [short("start")] * B
stores = [[] for _ in range(B)]
for segment in (1, 2):
    x = f32(rng.standard_normal((B, T, H)))
    out[f"x{segment}"] = x
    y, read, gates, slots = [], [], [], []
    for b in range(B):
        h = short_read(x[b], states[b])
        states[b] = short_write(x[b], states[b])
        hidden, found, gate = long_read(h, stores[b])
        long_write(h, stores[b])
        read.append(h)
        y.append(hidden)
        if found is not None:
            slots.append(found)
            gates.append(gate)
    out[f"short_read{segment}"] = np.stack(read)
    out[f"state{segment}"] = np.stack(states)
    out[f"y{segment}"] = np.stack(y)
    out[f"keys{segment}"] = np.stack([[k for k, _, _ in s] for s in stores])
    out[f"values{segment}"] = np.stack([[v for _, v, _ in s] for s in stores])
    if segment == 1:  # what the second segment meets: the third slot is four times as important
        stores = [[(k, v, 4.0 if i == 2 else 1.0) for i, (k, v, _) in enumerate(s)] for s in stores]
    else:
        out["slots"] = np.stack(slots).astype(np.float64)
        out["gate_mean"] = np.array([np.mean(gates)])

# consolidation: entries in order, each joins the most similar one kept so far whose cosine distance is below 0.1
base = rng.standard_normal((3, H))
keys = f32(np.stack([base[0], base[1], base[0] + 0.05 * rng.standard_normal(H), base[2], base[0] * 2]))
values = f32(rng.standard_normal((5, H)))
weight = [1.0, 2.0, 3.0, 4.0, 5.0]
kept = []
for i in range(5):
    best, least = None, 0.1
    for entry in kept:
        d = 1 - keys[i] @ entry["k"] / np.linalg.norm(keys[i]) / np.linalg.norm(entry["k"])
        if d < least:
            best, least = entry, d
    if best is None:
        kept.append({"k": keys[i], "v": values[i], "n": 1, "w": weight[i]})
    else:
        n = best["n"]
        best["k"] = (n * best["k"] + keys[i]) / (n + 1)
        best["v"] = (n * best["v"] + values[i]) / (n + 1)
        best["n"] = n + 1
        best["w"] += weight[i]
out["merge.keys"], out["merge.values"], out["merge.weight"] = keys, values, np.array(weight)
out["merged.keys"] = np.stack([e["k"] for e in kept])
out["merged.values"] = np.stack([e["v"] for e in kept])
out["merged.weight"] = np.array([e["w"] for e in kept])

header, data = {}, b""
for name, a in out.items():
    raw = np.ascontiguousarray(a, dtype="<f4").tobytes()
    header[name] = {"dtype": "F32", "shape": list(a.shape), "data_offsets": [len(data), len(data) + len(raw)]}
    data += raw
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
Path(__file__).with_name("dual.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)
