"""Writes store.json: retrieval and consolidation of the long-term memory, computed with NumPy in f64.

Usage: python make_store.py   (needs numpy 2)

  keys, values [12, 8], importance [12], queries [3, 8]: random, three keys close to others, lambda 0.7
  scores [3, 12]: q.k / sqrt(8) + lambda log(importance)
  slots [3, 5]: the best five; weights [3, 5]: softmax of their scores; read [3, 8]: weighted values
  merges: for both readings and some thresholds, slots in order, each joining the most similar kept one that may take it
"""

import json
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
N, H, K, LAMBDA = 12, 8, 5, 0.7


def data():
    rng = np.random.default_rng(4)
    keys = rng.normal(size=(N, H))
    keys[5] = keys[1] * 1.5 + rng.normal(size=H) * 0.1
    keys[9] = keys[1] + rng.normal(size=H) * 0.3
    keys[11] = keys[4] + rng.normal(size=H) * 0.4
    f = lambda x: x.astype(np.float32).astype(np.float64)
    return f(keys), f(rng.normal(size=(N, H))), rng.uniform(0.2, 3, size=N).round(3), f(rng.normal(size=(3, H)))


def merge(keys, values, importance, may):
    kept = {}
    target = []
    for s in range(N):
        def cosine(t):
            k = kept[t][0]
            return float(k @ keys[s] / np.linalg.norm(k) / np.linalg.norm(keys[s]))

        near = max(kept, key=cosine, default=None)
        if near is not None and may(cosine(near)):
            k, v, w, n = kept[near]
            kept[near] = (k * n + keys[s]) / (n + 1), (v * n + values[s]) / (n + 1), w + importance[s], n + 1
            target.append(near)
        else:
            kept[s] = keys[s], values[s], importance[s], 1
            target.append(s)
    return {"target": target, "keys": [kept[s][0].tolist() for s in kept], "values": [kept[s][1].tolist() for s in kept],
            "importance": [float(kept[s][2]) for s in kept], "merged": [kept[s][3] for s in kept]}


def main():
    keys, values, importance, queries = data()
    scores = queries @ keys.T / np.sqrt(H) + LAMBDA * np.log(importance)
    slots = np.argsort(-scores, axis=1)[:, :K]
    best = np.take_along_axis(scores, slots, axis=1)
    weights = np.exp(best - best[:, :1])
    weights /= weights.sum(1, keepdims=True)
    merges = []
    for t in (0.01, 0.1, 0.4):
        merges.append({"reading": "DISTANCE_BELOW", "threshold": t} | merge(keys, values, importance, lambda c: 1 - c < t))
    for t in (0.1, 0.9):
        merges.append({"reading": "SIMILARITY_ABOVE", "threshold": t} | merge(keys, values, importance, lambda c: c > t))
    out = {"keys": keys.tolist(), "values": values.tolist(), "importance": importance.tolist(),
           "queries": queries.tolist(), "lambda": LAMBDA, "scores": scores.tolist(), "slots": slots.tolist(),
           "weights": weights.tolist(), "read": (weights[:, :, None] * values[slots]).sum(1).tolist(), "merges": merges}
    (HERE / "store.json").write_text(json.dumps(out, indent=1) + "\n")
    print([(m["reading"], m["threshold"], len(m["merged"])) for m in merges])


if __name__ == "__main__":
    main()
