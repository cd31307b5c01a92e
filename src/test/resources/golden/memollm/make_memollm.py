"""Step by step states of the original Ebbinghaus cache (memollm at 35ae783), driven by its own generation loop.

    git clone https://github.com/Fzkuji/LLM-Memory && git -C LLM-Memory checkout 35ae783
    python make_memollm.py LLM-Memory

Needs environment/peers/requirements-memollm.txt. The original's loop and memory manager run unmodified; only the model
is replaced, by one that plays back a written attention trace, so the run takes seconds and needs no weights. The keys
it hands out are all 1 and the values carry the token's number, so each step shows which slots the original kept and
whether it scaled them. Two cases want another time step than the original's 0.01: its constant is exchanged in
memory. Writes one .jsonl.gz per case and summary.json; README.md describes them.
"""

import gzip
import json
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import torch
import transformers
from transformers import LlamaConfig, LlamaForCausalLM
from transformers.cache_utils import DynamicCache

HERE = Path(__file__).resolve().parent
COMMIT = "35ae783c52b6b5b1ea11ae6fac5d4fe7d66cf555"
TYPES = {"f32": torch.float32, "f16": torch.float16}
SINK = 0


def number(value):
    """The shortest decimal that reads back as the same 32-bit float."""
    return float(str(np.float32(value)))


def numbers(tensor):
    return [number(x) for x in tensor.float().tolist()]


def mix(*key):
    """A repeatable number in [0, 1) for a tuple of whole numbers."""
    h = 17
    for k in key:
        h = (h * 1000003 + k * 7919 + 12345) % 2147483647
    return (h // 64) % 1000 / 1000


# ---- the written attention of one layer at one step, before the sink takes what is left of 1 ----

def faults(layer, step, token, prompt):
    """Ten prompt tokens with one role each; layer 0 forgets fast, layer 1 has unattended slots, layer 2 forgets late."""
    if token >= prompt:
        if step == token - prompt + 1:
            return 0.05
        if layer == 2 and (step < 40 or token % 2):
            return 0.012
        return 0.03 if mix(layer, step, token) < (0.02, 0.06, 0.0)[layer] else 0.0005 + 0.003 * mix(token, layer)
    gate = np.float32(0.01)
    return [None,
            0.005,                                                        # 1 attended, never rehearsed
            0.05 if step % 5 == 0 else 0.002,                             # 2 rehearsed every fifth step
            0.0 if layer == 1 else 0.004,                                 # 3 never attended in layer 1
            0.25 if step == (16, 16, 15)[layer] else 0.005,               # 4 rehearsed when its deletion is due
            float(gate if layer == 0 else np.nextafter(gate, np.float32(0))),  # 5 on the gate and just below it
            float(np.float32(1e-6)) if layer == 1 else 1.2e-6,            # 6 on the smallest attention and above it
            0.2 * 0.7 ** step,                                            # 7 rehearsed at first, then fading
            0.02 if mix(layer, step, 8) < 0.15 else 0.003,                # 8 rehearsed at random
            0.0 if layer == 2 and step < 20 else 0.006][token]            # 9 first attended at step 20 in layer 2


def cleanup(layer, step, token, prompt):
    """Six prompt tokens that fade to nothing; the hundredth step finds them."""
    if token >= prompt:
        return 0.02 if step == token - prompt + 1 else 0.002
    return [None, 0.005, 0.05 if step % 30 == 0 else 0.002, 0.0 if layer == 1 else 0.004, 0.005,
            0.03 if step == 100 else 0.004][token]


class Trace:
    """Stands where the original expects a model: one call is one forward."""

    def __init__(self, written, prompt, layers, dtype):
        self.written, self.prompt, self.layers, self.dtype = written, prompt, layers, dtype
        self.step = -1

    def attention(self, layer, tokens):
        row = [0.0 if t == SINK else self.written(layer, self.step, t, self.prompt) for t in tokens]
        if SINK in tokens:
            row[tokens.index(SINK)] = 1.0 - sum(row)
            assert row[tokens.index(SINK)] > 0.02, "the written attention leaves nothing for the sink"
        return torch.tensor(row, dtype=torch.float32).to(self.dtype)

    def __call__(self, input_ids, past_key_values, **ignored):
        self.step += 1
        cache = DynamicCache() if past_key_values is None else past_key_values
        self.position = cache.get_seq_length()  # what the library takes for the new token's position
        new = list(range(self.prompt)) if self.step == 0 else [self.prompt + self.step - 1]
        self.tokens, self.scale, attentions = [], [], []
        for layer in range(self.layers):
            keys = torch.ones(1, 1, len(new), 1, dtype=self.dtype)
            values = torch.tensor(new, dtype=self.dtype).add(1).view(1, 1, -1, 1)
            k, v = cache.update(keys, values, layer)
            self.tokens.append([round(x) - 1 for x in (v.float() / k.float()).flatten().tolist()])
            self.scale.append(k.flatten()[:-len(new)])
            attentions.append(self.attention(layer, self.tokens[-1]).view(1, 1, 1, -1).expand(1, 2, 1, -1))
        return types.SimpleNamespace(logits=torch.zeros(1, 1, 2), attentions=attentions, past_key_values=cache)


def recorder(Manager, dt):
    """The original's manager that also writes down what it was asked and what it held; dt replaces the constant 0.01."""
    code = Manager.step_all_memories.__code__
    assert code.co_consts.count(0.01) == 1, "step_all_memories has changed"
    step_all = types.FunctionType(code.replace(co_consts=tuple(dt if c == 0.01 else c for c in code.co_consts)),
                                  Manager.step_all_memories.__globals__)

    class Recorder(Manager):
        trace, lines = None, None

        def get_all_layer_weights(self, seq_len, device, dtype):
            self.retention = super().get_all_layer_weights(seq_len, device, dtype)
            return self.retention

        def update_all_layer_memories(self, attentions):
            self.attention, self.deleted = attentions, [[] for _ in attentions]
            super().update_all_layer_memories(attentions)
            self.rehearsed = self.state()

        def adjust_positions_after_deletion(self, layer, positions):
            self.deleted[layer] = list(positions)
            super().adjust_positions_after_deletion(layer, positions)

        def step_all_memories(self):
            kept = self.state()
            step_all(self)
            if self.lines is not None:
                self.lines.append(self.line(kept, self.state()))

        def state(self):
            if self.lines is None:
                return None
            held = [len(t) - len(d) for t, d in zip(self.trace.tokens, self.deleted)]
            for layer, n in enumerate(held):
                assert not self.active_mask[layer, n:].any(), "state behind the end of a layer"
            return [{"strength": numbers(self.strength[i, :n]), "time": numbers(self.time_steps[i, :n]),
                     "active": self.active_mask[i, :n].int().tolist()} for i, n in enumerate(held)]

        def line(self, kept, end):
            trace, layers = self.trace, []
            for i in range(trace.layers):
                asked = getattr(self, "retention", None)
                layers.append({"tokens": trace.tokens[i],
                               "retention": [] if asked is None else numbers(asked[i]),
                               "scale": numbers(trace.scale[i]),
                               "attention": numbers(self.attention[i].flatten()),
                               "rehearsed": self.rehearsed[i], "deleted": self.deleted[i],
                               "kept": kept[i], "end": end[i]})
            return {"step": trace.step, "position": trace.position, "layers": layers}

    return Recorder


def run(llm, written, prompt, layers, steps, dt, threshold, dtype, record=True):
    """The original's own hard-delete loop over a written trace."""
    original = llm.EbbinghausLLM.__new__(llm.EbbinghausLLM)
    original.model = Trace(written, prompt, layers, TYPES[dtype])
    original.tokenizer = types.SimpleNamespace(eos_token_id=-1)
    original.device, original.num_layers = torch.device("cpu"), layers
    original.memory_manager = recorder(llm.EfficientEbbinghausMemoryManager, dt)(layers)
    original.memory_manager.trace = original.model
    original.memory_manager.lines = [] if record else None
    result = original._hard_delete_generation_loop(torch.zeros(1, prompt, dtype=torch.long), steps, 1.0, False, 0, 1.0,
                                                   True, False, False, threshold)
    return result, original.memory_manager.lines


def write(name, lines):
    text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    part = HERE / (name + ".part")
    part.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    part.replace(HERE / name)


def case(llm, name, written, **settings):
    result, lines = run(llm, written, **settings)
    write(name + ".jsonl.gz", lines)
    wanted = ("cache_deletion_percentage", "total_cache_entries", "total_cache_deletions", "layer_cache_lengths")
    return settings | {key: result[key] for key in wanted}


def first_deletion(llm, dt, threshold, dtype):
    """The step (0 = prefill) that deletes a prompt token attended at 0.001 and never rehearsed."""
    written = lambda layer, step, token, prompt: 0.001 if token < prompt else 0.0
    reach = int(5 * np.log(1 / threshold) / dt) + 5
    result, _ = run(llm, written, prompt=2, layers=1, steps=reach, dt=dt, threshold=threshold, dtype=dtype, record=False)
    return result["deletion_events"][0]["step"]


def unequal(first, second):
    """A real eager Llama of two layers whose caches hold different numbers of slots: what happens to the new token."""
    torch.manual_seed(0)
    model = LlamaForCausalLM._from_config(
        LlamaConfig(vocab_size=32, hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
                    num_key_value_heads=1), attn_implementation="eager").eval()
    positions = []
    model.model.rotary_emb.register_forward_pre_hook(lambda module, given: positions.append(given[1].item()))
    cache = DynamicCache()
    for layer, n in enumerate((first, second)):
        cache.update(torch.randn(1, 1, n, 8), torch.randn(1, 1, n, 8), layer)
    found = {"slots": [first, second]}
    try:
        out = model(torch.tensor([[3]]), past_key_values=cache, use_cache=True, output_attentions=True)
        return found | {"position": positions[0],
                        "attention of the new token to itself": [number(a[0, :, 0, -1].mean()) for a in out.attentions]}
    except RuntimeError as problem:
        return found | {"error": str(problem)}


def main(source):
    head = subprocess.run(["git", "-C", source, "rev-parse", "HEAD"], capture_output=True, text=True).stdout.strip()
    if head != COMMIT:
        sys.exit(f"{source} is at commit '{head}'; check out {COMMIT[:7]}.")
    sys.path.insert(0, source)
    from memollm import llm

    torch.set_num_threads(1)
    with torch.inference_mode():
        fading = dict(prompt=10, layers=3, steps=64, dt=0.01, threshold=0.97)
        cases = {"faults-f32": case(llm, "faults-f32", faults, dtype="f32", **fading),
                 "faults-f16": case(llm, "faults-f16", faults, dtype="f16", **fading),
                 "cleanup-f32": case(llm, "cleanup-f32", cleanup, dtype="f32", prompt=6, layers=2, steps=104, dt=0.3,
                                     threshold=0.001)}
        first = [{"dt": dt, "threshold": threshold} | {t: first_deletion(llm, dt, threshold, t) for t in TYPES}
                 for dt, threshold in ((0.05, 0.01), (0.01, 0.05), (0.01, 0.01), (0.04, 0.05), (0.04, 0.2))]
        lengths = [unequal(10, 10), unequal(12, 10), unequal(10, 11), unequal(10, 12)]
    (HERE / "summary.json").write_text(json.dumps(
        {"commit": COMMIT, "torch": torch.__version__, "transformers": transformers.__version__, "cases": cases,
         "first_deletion": first, "unequal_layers": lengths}, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1]) if len(sys.argv) == 2 else sys.exit(__doc__)
