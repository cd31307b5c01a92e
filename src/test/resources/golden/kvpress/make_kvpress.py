"""Which slots kvpress keeps after one prefill of the default model, per layer and key/value head.

    python make_kvpress.py SmolLM2-135M-Instruct.Q4_1.gguf

Needs environment/peers/requirements-kvpress.txt (kvpress 0.5.5, transformers 5.2.0) and the ids.json of make_ids.py.
Writes kept.json.gz; README.md one folder up describes it. Model and cache are f32, attention is sdpa. The kept slots
are read off the compressed cache: each of its keys is found again among the keys of an uncompressed prefill. A run in
f64 gives the noise of the scores. A few minutes on two cores.
"""

import gzip
import json
import sys
from importlib.metadata import version
from pathlib import Path

import torch
import transformers
from kvpress import KeyDiffPress, KnormPress, SnapKVPress, StreamingLLMPress, TOVAPress
from safetensors.torch import load_file
from transformers import DynamicCache

HERE = Path(__file__).resolve().parent
SMOLLM2 = HERE.parent / "smollm2"
sys.path.insert(0, str(SMOLLM2))
from make_smollm2 import check_weights, read

PRESSES = ((KnormPress, {}), (KeyDiffPress, {}), (SnapKVPress, {"window_size": 32, "kernel_size": 5}),
           (StreamingLLMPress, {"n_sink": 4}), (TOVAPress, {}))
RATIOS = (0.5, 0.75)


def prefill(model, ids, press=None):
    """The keys of every layer, [layers, heads, slots, width], and the scores that the press gave, [layers, heads, n]."""
    cache, scores = DynamicCache(config=model.config), []
    if press is None:
        model(ids, past_key_values=cache, use_cache=True, logits_to_keep=1)
    else:
        score = press.score

        def noted(*given, **named):
            scores.append(score(*given, **named)[0].double())
            return score(*given, **named)

        press.score = noted
        with press(model):
            model(ids, past_key_values=cache, use_cache=True, logits_to_keep=1)
    return torch.stack([layer.keys[0] for layer in cache.layers]), torch.stack(scores) if scores else None


def found(compressed, full):
    """The slot of each compressed key, ascending, [layers, heads, kept]."""
    equal = (compressed[:, :, :, None] == full[:, :, None]).all(-1)
    assert (equal.sum(-1) == 1).all(), "a compressed key is not exactly one of the full cache's keys"
    return equal.int().argmax(-1).sort(-1).values


def gap(scores, slots):
    """Lowest score kept minus highest score dropped, [layers, heads]."""
    kept = torch.zeros_like(scores, dtype=torch.bool).scatter(-1, slots, True)
    inf = torch.tensor(torch.inf, dtype=scores.dtype)
    return scores.where(kept, inf).amin(-1) - scores.where(~kept, -inf).amax(-1)


def rounded(tensor):
    return [[float(f"{x:.4g}") for x in row] for row in tensor.tolist()]


def case(model, exact, ids, full, kind, settings, ratio):
    compressed, scores = prefill(model, ids, kind(compression_ratio=ratio, **settings))
    slots = found(compressed, full)
    _, scores64 = prefill(exact, ids, kind(compression_ratio=ratio, **settings))
    forced = (scores - scores.amax((1, 2), keepdim=True)).abs() < 1e-6 if kind in (SnapKVPress, TOVAPress) else None
    noise = (scores - scores64).abs()
    noise = noise if forced is None else noise.masked_fill(forced, 0)
    slots64 = scores64.topk(slots.shape[-1], -1).indices.sort(-1).values
    return {"press": kind.__name__, "compression_ratio": ratio, "settings": settings, "kept_count": slots.shape[-1],
            "heads_that_f64_changes": int((slots != slots64).any(-1).sum()), "kept": slots.tolist(),
            "gap": rounded(gap(scores, slots)), "noise": rounded(noise.amax(-1))}


def check_model(model):
    """The same model as the other references: the loss of the first tokens of smollm2/text.txt."""
    golden = load_file(SMOLLM2 / "golden.safetensors")
    ids = golden["text.input_ids"][:, :128]
    loss = torch.nn.functional.cross_entropy(model(ids).logits[0, :-1], ids[0, 1:], reduction="none")
    difference = (loss - golden["text.nll"][:127]).abs().max().item()
    assert difference < 1e-3, f"the loss differs from smollm2/golden.safetensors by {difference}"


def main(path):
    given = json.loads((HERE / "ids.json").read_text(encoding="utf-8"))
    ids = torch.tensor([given["ids"]])
    model = read(path)
    check_weights(model, path)
    check_model(model)
    exact = read(path).double()
    full, _ = prefill(model, ids)
    cases = [case(model, exact, ids, full, kind, settings, ratio) for kind, settings in PRESSES for ratio in RATIOS]
    cases.append(case(model, exact, ids, full, SnapKVPress, {"window_size": 64, "kernel_size": 5}, 0.5))
    for c in cases:
        smallest = min(x for row in c["gap"] for x in row)
        print(c["press"], c["compression_ratio"], c["settings"], "keeps", c["kept_count"], "smallest gap", smallest,
              "largest noise", max(x for row in c["noise"] for x in row), "f64 changes", c["heads_that_f64_changes"])
    versions = {name: version(name) for name in ("kvpress", "transformers", "torch")}
    lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases)
    text = (json.dumps({"versions": versions, "dtype": "float32", "attn": "sdpa"} | given)[:-1]
            + ', "cases": [\n' + lines + "\n]}\n")
    part = HERE / "kept.json.gz.part"
    part.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    part.replace(HERE / "kept.json.gz")


if __name__ == "__main__":
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    with torch.inference_mode():
        main(Path(sys.argv[1]).resolve())
