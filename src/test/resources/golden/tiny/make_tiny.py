"""Makes the tiny random checkpoints in this folder and their reference numbers.

Run it with the versions of environment/peers/requirements-transformers.txt:

    python make_tiny.py            # remakes every folder
    python make_tiny.py qwen3      # remakes one

Each checkpoint is written in Hugging Face layout, read back from disk by transformers, and its stored values are
widened to f32 before anything is computed. README.md beside this script lists the tensors.

Two references are kept. The f32 one is transformers with eager attention. The f64 one runs the same modules in f64
after their three narrowing places (RMSNorm, rotary angles, softmax) are widened; the distance between the two is the
noise floor of f32. Gradients are f64 throughout.
"""

import json
import math
import shutil
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn
from transformers import AttentionInterface, AutoModelForCausalLM, LlamaConfig, Qwen2Config, Qwen3Config
from transformers import logging as hf_logging

HERE = Path(__file__).resolve().parent
TOKENS = 24
LENGTHS = (17, 9, 5)
LONG, LONG_ROWS = 160, 4
NEW_TOKENS = 16
PAD = 0
LORA_R, LORA_ALPHA = 4, 8
LINEARS = ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
           "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj")
GRADIENTS = ("llama", "qwen2", "qwen3")

COMMON = dict(num_attention_heads=4, num_key_value_heads=2, num_hidden_layers=2, max_position_embeddings=256,
              bos_token_id=1, eos_token_id=2, pad_token_id=PAD, initializer_range=0.02)


def default_rope(theta):
    return {"rope_type": "default", "rope_theta": theta}


# name: (configuration, stored type, size of a shard, layout of the rope fields in config.json)
# "published" is the layout of the checkpoints people have (rope_theta and rope_scaling at the top level),
# "type" the older spelling of rope_scaling, "new" what transformers 5 writes (rope_parameters).
CHECKPOINTS = {
    "llama": (LlamaConfig(vocab_size=97, hidden_size=32, intermediate_size=80, tie_word_embeddings=True,
                          rms_norm_eps=1e-5, rope_parameters=default_rope(10000.0), **COMMON),
              torch.float32, None, "published"),
    "llama3-scaling": (LlamaConfig(vocab_size=101, hidden_size=64, intermediate_size=64, tie_word_embeddings=False,
                                   rms_norm_eps=1e-5, head_dim=16,
                                   rope_parameters={"rope_type": "llama3", "rope_theta": 500000.0, "factor": 8.0,
                                                    "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                                                    "original_max_position_embeddings": 64}, **COMMON),
                       torch.bfloat16, None, "published"),
    "llama-linear": (LlamaConfig(vocab_size=101, hidden_size=48, intermediate_size=72, tie_word_embeddings=True,
                                 rms_norm_eps=1e-6,
                                 rope_parameters={"rope_type": "linear", "rope_theta": 10000.0, "factor": 4.0},
                                 **(COMMON | {"num_hidden_layers": 3})),
                     torch.float16, None, "type"),
    "qwen2": (Qwen2Config(vocab_size=103, hidden_size=32, intermediate_size=80, tie_word_embeddings=True,
                          rms_norm_eps=1e-6, rope_parameters=default_rope(1000000.0), **COMMON),
              torch.float32, "40KB", "published"),
    "qwen2-untied": (Qwen2Config(vocab_size=103, hidden_size=48, intermediate_size=80, tie_word_embeddings=False,
                                 rms_norm_eps=1e-6, rope_parameters=default_rope(1000000.0), **COMMON),
                     torch.bfloat16, None, "new"),
    "qwen3": (Qwen3Config(vocab_size=107, hidden_size=32, intermediate_size=80, tie_word_embeddings=True,
                          head_dim=16, rms_norm_eps=1e-6, rope_parameters=default_rope(1000000.0), **COMMON),
              torch.float32, None, "new"),
}


# ---------------------------------------------------------------- checkpoints

def randomise(model, generator):
    """Weights of a size at which attention is uneven and logits spread; norms around 1; biases not zero."""
    with torch.no_grad():
        for name, p in model.named_parameters():
            noise = torch.randn(p.shape, generator=generator)
            if "norm" in name:
                p.copy_(1 + 0.3 * noise)
            elif name.endswith(".bias"):
                p.copy_(0.5 * noise)
            elif "embed_tokens" in name:
                p.copy_(0.5 * noise)
            else:
                gain = 1.6 if ("q_proj" in name or "k_proj" in name) else 1.2
                p.copy_(gain / math.sqrt(p.shape[-1]) * noise)


def rewrite_config(folder, layout):
    path = folder / "config.json"
    config = json.loads(path.read_text())
    config.pop("transformers_version", None)
    if layout != "new":
        rope = config.pop("rope_parameters")
        config["rope_theta"] = rope.pop("rope_theta")
        if layout == "type":
            rope["type"] = rope.pop("rope_type")
        config["rope_scaling"] = None if rope.get("rope_type") == "default" else rope
        config["torch_dtype"] = config.pop("dtype")
        if config["model_type"] == "llama" and config["head_dim"] * 4 == config["hidden_size"] and layout == "published":
            config.pop("head_dim")
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def write_checkpoint(name):
    config, dtype, shard, layout = CHECKPOINTS[name]
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    model = AutoModelForCausalLM.from_config(config)
    randomise(model, torch.Generator().manual_seed(seed_of(name)))
    frequencies = model.model.rotary_emb.inv_freq.clone()  # before the cast, which would narrow this buffer too
    model = model.to(dtype)
    model.save_pretrained(folder, **({"max_shard_size": shard} if shard else {}))
    (folder / "generation_config.json").unlink(missing_ok=True)
    rewrite_config(folder, layout)
    again = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    assert torch.equal(again.model.rotary_emb.inv_freq, frequencies), "the rope fields were lost"
    assert all(torch.equal(p, q.float()) for p, q in zip(again.parameters(), model.parameters())), "weights changed"


def seed_of(name):
    return 1000 + list(CHECKPOINTS).index(name)


# ---------------------------------------------------------------- the f64 twin

def attention64(module, query, key, value, attention_mask, scaling, dropout=0.0, **kwargs):
    repeat = module.num_key_value_groups
    key, value = key.repeat_interleave(repeat, 1), value.repeat_interleave(repeat, 1)
    scores = query @ key.transpose(2, 3) * scaling
    if attention_mask is not None:
        scores = scores + attention_mask
    weights = scores.softmax(-1)
    return (weights @ value).transpose(1, 2).contiguous(), weights


AttentionInterface.register("eager64", attention64)


def read(name, wide=False):
    """The checkpoint as transformers reads it: f32 eager, or the f64 twin."""
    model = AutoModelForCausalLM.from_pretrained(HERE / name, dtype=torch.float32, attn_implementation="eager").eval()
    if not wide:
        return model
    model = model.double()
    for module in model.modules():
        if type(module).__name__.endswith("RMSNorm"):
            module.forward = lambda x, m=module: m.weight * (
                x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + m.variance_epsilon))
        if type(module).__name__.endswith("Attention"):
            module.config._attn_implementation = "eager64"
    rotary = model.model.rotary_emb
    # The inverse frequencies stay the f32 values of transformers; only the angles are f64. model.double() only widens.
    frequencies = read(name).model.rotary_emb.inv_freq.double()

    def angles(x, position_ids):
        a = position_ids[..., None].double() * frequencies
        a = torch.cat((a, a), -1)
        return a.cos() * rotary.attention_scaling, a.sin() * rotary.attention_scaling

    rotary.forward = angles
    return model


def mask_of(length, dtype):
    return torch.full((length, length), torch.finfo(dtype).min, dtype=dtype).triu(1)[None, None]


# ---------------------------------------------------------------- forward reference

def ids_of(name, count, salt):
    generator = torch.Generator().manual_seed(seed_of(name) * 10 + salt)
    return torch.randint(3, CHECKPOINTS[name][0].vocab_size, (count,), generator=generator)


def forward(model, ids):
    """Logits of one sequence, with an explicit causal mask so that both precisions take the same way."""
    return model(ids[None], attention_mask=mask_of(len(ids), model.dtype), use_cache=False).logits[0]


def observed(model, ids):
    """Logits, hidden states, attention, and q, k, v before rotation."""
    seen, handles = {}, []
    hook = lambda m, key, f: handles.append(m.register_forward_hook(lambda _m, _i, out: seen.__setitem__(key, f(out))))
    heads = lambda x: x.view(len(ids), -1, model.model.layers[0].self_attn.head_dim).transpose(0, 1)
    hook(model.model.embed_tokens, "hidden.0", lambda o: o[0])
    hook(model.model.norm, "hidden.norm", lambda o: o[0])
    for i, layer in enumerate(model.model.layers):
        attention = layer.self_attn
        hook(layer, f"hidden.{i + 1}", lambda o: (o[0] if isinstance(o, tuple) else o)[0])
        hook(attention, f"attention.{i}", lambda o: o[1][0])
        for letter in "qkv":
            # Qwen3 normalises q and k per head; what rotation receives is the norm's output.
            source = getattr(attention, letter + "_norm", getattr(attention, letter + "_proj"))
            hook(source, f"{letter}.{i}", lambda o: heads(o[0]))
    seen["logits"] = forward(model, ids)
    for handle in handles:
        handle.remove()
    for i in range(len(model.model.layers)):
        seen[f"attention_received.{i}"] = seen[f"attention.{i}"].mean(0).sum(0)
    return seen


def greedy(model, ids):
    chosen, margins = [], []
    for _ in range(NEW_TOKENS):
        top = forward(model, torch.cat((ids, torch.tensor(chosen, dtype=torch.long))))[-1].topk(2)
        chosen.append(int(top.indices[0]))
        margins.append(float(top.values[0] - top.values[1]))
    return torch.tensor(chosen), torch.tensor(margins)


def padded(model, ids, mask, positions):
    return model(ids, attention_mask=mask, position_ids=positions, use_cache=False).logits


def relative_rms(got, want):
    got, want = got.double(), want.double()
    return float(((got - want).pow(2).mean() / want.pow(2).mean()).sqrt())


def golden(name):
    model, wide = read(name), read(name, wide=True)
    ids = ids_of(name, TOKENS, 1)
    out = {"input_ids": ids[None]} | observed(model, ids)
    out["logits64"] = observed(wide, ids)["logits"].float()
    out["greedy.ids"], out["greedy.margin"] = greedy(model, ids)

    width = max(LENGTHS)
    batch = torch.full((len(LENGTHS), width), PAD)
    logits = torch.zeros(len(LENGTHS), width, model.config.vocab_size)
    for row, length in enumerate(LENGTHS):
        batch[row, :length] = ids_of(name, length, 2 + row)
    mask = (torch.arange(width)[None] < torch.tensor(LENGTHS)[:, None]).long()
    together = padded(model, batch, mask, torch.arange(width)[None].expand(len(LENGTHS), -1))
    logits[mask.bool()] = together[mask.bool()]
    for row, length in enumerate(LENGTHS):
        alone = forward(model, batch[row, :length])
        assert relative_rms(logits[row, :length], alone) < 2e-6, "a padded row differs from the same row alone"
    continuations = [greedy(model, batch[row, :length]) for row, length in enumerate(LENGTHS)]
    out |= {"batch.input_ids": batch, "batch.attention_mask": mask, "batch.logits": logits,
            "batch.greedy.ids": torch.stack([c[0] for c in continuations]),
            "batch.greedy.margin": torch.stack([c[1] for c in continuations])}

    long = ids_of(name, LONG, 9)
    out |= {"long.input_ids": long[None], "long.logits": forward(model, long)[-LONG_ROWS:],
            "long.logits64": forward(wide, long)[-LONG_ROWS:].float()}
    write(HERE / name / "golden.safetensors", out)

    entropy = [float(-(a * a.clamp_min(1e-30).log()).sum(-1)[:, -1].mean()) for k, a in out.items()
               if k.startswith("attention.")]
    print(f"{name}: logits std {out['logits'].std():.2f}, f32 noise {relative_rms(out['logits'], out['logits64']):.1e}"
          f" (long {relative_rms(out['long.logits'], out['long.logits64']):.1e}), entropy of the last row"
          f" {[round(e, 2) for e in entropy]} of {math.log(TOKENS):.2f}, smallest greedy margin"
          f" {min(out['greedy.margin'].min(), out['batch.greedy.margin'].min()):.4f}")


def write(path, tensors):
    save_file({k: v.detach().contiguous().clone() for k, v in tensors.items()}, path)


# ---------------------------------------------------------------- gradients

class Lora(nn.Module):
    """y = W x + b + (alpha / r) B (A x)."""

    def __init__(self, linear, a, b):
        super().__init__()
        self.linear, self.a, self.b = linear, a, b

    def forward(self, x):
        return self.linear(x) + (LORA_ALPHA / LORA_R) * ((x @ self.a.T) @ self.b.T)


def loss_of(model, embeddings, labels):
    logits = model(inputs_embeds=embeddings[None], attention_mask=mask_of(len(labels), model.dtype),
                   use_cache=False).logits[0]
    return nn.functional.cross_entropy(logits[:-1], labels[1:], ignore_index=-100)


def gradient_run(name, wide):
    """All gradients of the run in one precision: full parameters, one vector as input, LoRA."""
    ids = ids_of(name, TOKENS, 1)
    labels = ids.clone()
    labels[7] = -100
    out = {"input_ids": ids[None], "labels": labels[None]}

    model = read(name, wide)
    dtype = model.dtype
    loss = loss_of(model, model.model.embed_tokens(ids), labels)
    loss.backward()
    out["loss"] = loss
    out |= {"grad." + n: p.grad for n, p in model.named_parameters()}

    generator = torch.Generator().manual_seed(seed_of(name) * 10 + 5)
    model = read(name, wide).requires_grad_(False)
    position, hidden = 5, model.config.hidden_size
    vector = (0.5 * torch.randn(hidden, generator=generator)).to(dtype).requires_grad_()
    embeddings = model.model.embed_tokens(ids)
    embeddings = torch.cat((embeddings[:position], vector[None], embeddings[position + 1:]))
    loss = loss_of(model, embeddings, labels)
    loss.backward()
    out |= {"vector.position": torch.tensor([position]), "vector.value": vector, "vector.loss": loss,
            "vector.grad": vector.grad}

    for i, layer in enumerate(model.model.layers):
        for path in LINEARS:
            parent, leaf = path.split(".")
            linear = getattr(getattr(layer, parent), leaf)
            wide_in, wide_out = linear.in_features, linear.out_features
            a = (torch.randn(LORA_R, wide_in, generator=generator) / math.sqrt(wide_in)).to(dtype).requires_grad_()
            b = (0.2 * torch.randn(wide_out, LORA_R, generator=generator)).to(dtype).requires_grad_()
            setattr(getattr(layer, parent), leaf, Lora(linear, a, b))
            key = f"model.layers.{i}.{path}"
            out |= {f"lora.{key}.A": a, f"lora.{key}.B": b}
    embeddings = model.model.embed_tokens(ids)
    out["lora.logits"] = model(ids[None], attention_mask=mask_of(TOKENS, dtype), use_cache=False).logits[0]
    loss = loss_of(model, embeddings, labels)
    loss.backward()
    out["lora.loss"] = loss
    out |= {f"lora_grad.{k[5:]}": v.grad for k, v in list(out.items()) if k.startswith("lora.model.")}
    return out


def gradients(name):
    narrow, wide = gradient_run(name, False), gradient_run(name, True)
    noise = {k: relative_rms(narrow[k].detach(), wide[k].detach()) for k in wide if wide[k].is_floating_point()}
    worst = max(noise, key=noise.get)
    out = {k: v.float() if v.is_floating_point() else v for k, v in wide.items()}
    for k in ("loss", "vector.loss", "lora.loss"):
        out[k] = out[k].reshape(1)
    out["f32_noise"] = torch.tensor([noise[worst]])
    write(HERE / name / "gradients.safetensors", out)
    print(f"{name}: losses {[round(out[k].item(), 5) for k in ('loss', 'vector.loss', 'lora.loss')]},"
          f" largest f32 noise {noise[worst]:.1e} in {worst}")


if __name__ == "__main__":
    hf_logging.set_verbosity_error()
    hf_logging.disable_progress_bar()
    torch.set_num_threads(1)
    for chosen_name in sys.argv[1:] or CHECKPOINTS:
        write_checkpoint(chosen_name)
        with torch.no_grad():
            golden(chosen_name)
        if chosen_name in GRADIENTS:
            gradients(chosen_name)
