"""Reference numbers of the default model: transformers reading the same GGUF.

    python make_smollm2.py SmolLM2-135M-Instruct.Q4_1.gguf

Needs environment/peers/requirements-transformers.txt and the ids.json of make_ids.py. Writes golden.safetensors and
info.json; README.md one folder up lists the tensors. Takes two to six minutes on two cores, most of it the eager runs and bf16.
"""

import hashlib
import json
import math
import sys
from pathlib import Path

import torch
import transformers
from gguf import GGUFReader, dequantize
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM
from transformers import logging as hf_logging

HERE = Path(__file__).resolve().parent
POSITIONS, COLUMNS, NEW_TOKENS, NEAR_TIE = 512, 128, 64, 0.05


def read(path, dtype=torch.float32, attention="sdpa"):
    return AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=dtype,
                                                attn_implementation=attention).eval()


def check_weights(model, path):
    """The weights transformers holds are the GGUF's own blocks, with q and k rows in rotate-half order."""
    stored = {t.name: t for t in GGUFReader(path).tensors}
    names = {"attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
             "attn_output": "self_attn.o_proj", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
             "ffn_down": "mlp.down_proj"}
    heads = {"attn_q": model.config.num_attention_heads, "attn_k": model.config.num_key_value_heads}
    for i, layer in enumerate(model.model.layers):
        for short, long in names.items():
            t = stored[f"blk.{i}.{short}.weight"]
            want = torch.from_numpy(dequantize(t.data, t.tensor_type).copy())
            if short in heads:
                want = want.view(heads[short], -1, 2, want.shape[1]).transpose(1, 2).reshape(want.shape)
            assert torch.equal(layer.get_submodule(long).weight, want), f"layer {i} {short} differs from the GGUF"


def swap_rows(model):
    """Puts q and k rows back in the GGUF's order, which is wrong for rotate-half; only to show what that costs."""
    for layer in model.model.layers:
        for linear in (layer.self_attn.q_proj, layer.self_attn.k_proj):
            w = linear.weight
            w.copy_(w.view(-1, 2, 32, w.shape[1]).transpose(1, 2).reshape(w.shape).clone())


def logits_of(model, ids):
    return model(torch.tensor([ids]), use_cache=False).logits[0].float()


def nll(logits, ids):
    """Negative log-likelihood of tokens 2..n, in nats."""
    return torch.nn.functional.cross_entropy(logits[:-1], torch.tensor(ids[1:]), reduction="none")


def perplexity(logits, ids):
    return math.exp(nll(logits, ids).double().mean())


def greedy(model, ids):
    """NEW_TOKENS ids and the lead of the first over the second logit; an end token is taken like any other."""
    cache, step, chosen, margins = None, torch.tensor([ids]), [], []
    for _ in range(NEW_TOKENS):
        out = model(step, past_key_values=cache, use_cache=True, logits_to_keep=1)
        cache, top = out.past_key_values, out.logits[0, -1].topk(2)
        chosen.append(top.indices[0].item())
        margins.append((top.values[0] - top.values[1]).item())
        step = top.indices[:1][None]
    return chosen, margins


def main(path):
    given = json.loads((HERE / "ids.json").read_text(encoding="utf-8"))
    text, prompts = given["text"], given["prompts"]
    model = read(path)
    check_weights(model, path)
    logits = logits_of(model, text)
    first = logits[:POSITIONS]
    columns = torch.randperm(model.config.vocab_size, generator=torch.Generator().manual_seed(20))[:COLUMNS].sort()[0]
    top = first.topk(2).values
    runs = [greedy(model, p["ids"]) for p in prompts]
    out = {"text.input_ids": torch.tensor([text]), "text.nll": nll(logits, text),
           "positions.argmax": first.argmax(-1), "positions.margin": top[:, 0] - top[:, 1],
           "positions.logsumexp": first.logsumexp(-1), "positions.rms": first.pow(2).mean(-1).sqrt(),
           "columns": columns, "positions.logits": first[:, columns]}
    for prompt, (ids, margins) in zip(prompts, runs):
        out |= {f"greedy.{prompt['name']}.prompt_ids": torch.tensor([prompt["ids"]]),
                f"greedy.{prompt['name']}.ids": torch.tensor(ids),
                f"greedy.{prompt['name']}.margin": torch.tensor(margins)}
    save_file({k: v.contiguous() for k, v in out.items()}, HERE / "golden.safetensors")

    eager = read(path, attention="eager")
    eager_logits = logits_of(eager, text)
    same = [greedy(eager, p["ids"])[0] == ids for p, (ids, _) in zip(prompts, runs)]
    noise = ((eager_logits - logits).double().pow(2).mean() / logits.double().pow(2).mean()).sqrt().item()
    ppl = {"f32": perplexity(logits, text)}
    ppl["bf16"] = perplexity(logits_of(read(path, torch.bfloat16), text), text)
    swap_rows(eager)
    ppl["f32, q and k rows left in the GGUF's order"] = perplexity(logits_of(eager, text), text)
    ends = {p["name"]: ids.index(2) if 2 in ids else None for p, (ids, _) in zip(prompts, runs)}
    ties = {p["name"]: {i: round(m, 4) for i, m in enumerate(margins) if m < NEAR_TIE}
            for p, (_, margins) in zip(prompts, runs)}
    info = {"model": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "transformers": transformers.__version__, "torch": torch.__version__, "tokens": len(text),
            "perplexity": ppl, "relative_rms_eager_against_sdpa": noise,
            "same_argmax_eager_against_sdpa":
                (eager_logits.argmax(-1) == logits.argmax(-1))[:POSITIONS].double().mean().item(),
            "greedy_same_with_eager": {p["name"]: s for p, s in zip(prompts, same)},
            "first_end_token_step": ends, f"steps_with_margin_below_{NEAR_TIE}": {k: v for k, v in ties.items() if v}}
    (HERE / "info.json").write_text(json.dumps(info, indent=2) + "\n")
    print(json.dumps(info, indent=2))


if __name__ == "__main__":
    hf_logging.set_verbosity_error()
    hf_logging.disable_progress_bar()
    torch.set_num_threads(2)
    with torch.inference_mode():
        main(Path(sys.argv[1]).resolve())
