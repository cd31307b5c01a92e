"""Writes losses.safetensors: cross-entropy, KL and DPO losses with their gradients, on ../tiny/llama with its adapters.

Usage: python make_losses.py   (needs torch 2.15.0 and transformers 5.23.0)

The DPO loss is written out as trl 1.16 has it for loss_type "sigmoid": -logsigmoid(beta (log-ratio of chosen - of rejected)).

Computed in f64 and rounded to f32. Rows are padded on the right with id 0, so that the tokens need no mask. Adapters (rank 4,
alpha 8) are those of ../tiny/llama/gradients.safetensors; the reference of DPO and the base of KL are the weights without them.

  input_ids, labels   I64 [6, 17]: rows 0-2 chosen, 3-5 rejected answers to three prompts; labels -100 on prompt and padding
  lengths             I64 [6]
  sft.loss            [1]: transformers' own loss of rows 0-2
  kl.loss             [1]: KL(base || model), mean over the labelled places of rows 0-2, in nats
  dpo.loss            [1]: beta 0.3
  dpo.rewards         [3, 2]: beta (log p - log p_ref) of chosen and rejected
  NAME.grad.MODULE.A  gradients of each loss, NAME sft, kl or dpo
"""

import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch.nn import functional as F

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tiny"))
import make_tiny  # noqa: E402

BETA = 0.3
LENGTHS = (17, 12, 9, 15, 9, 13)
PROMPTS = (6, 5, 4)


def data():
    generator = torch.Generator().manual_seed(77)
    ids = torch.zeros(6, max(LENGTHS), dtype=torch.long)
    labels = torch.full_like(ids, -100)
    for row, length in enumerate(LENGTHS):
        ids[row, :length] = torch.randint(3, 97, (length,), generator=generator)
    for pair, prompt in enumerate(PROMPTS):
        ids[pair + 3, :prompt] = ids[pair, :prompt]
        for row in (pair, pair + 3):
            labels[row, prompt:LENGTHS[row]] = ids[row, prompt:LENGTHS[row]]
    return ids, labels


def adapted():
    """The tiny llama in f64 with its adapters as leaves."""
    golden = load_file(HERE.parent / "tiny" / "llama" / "gradients.safetensors")
    model = make_tiny.read("llama", wide=True).requires_grad_(False)
    leaves = {}
    for i, layer in enumerate(model.model.layers):
        for path in make_tiny.LINEARS:
            parent, leaf = path.split(".")
            key = f"model.layers.{i}.{path}"
            a, b = (golden[f"lora.{key}.{letter}"].double().requires_grad_() for letter in "AB")
            setattr(getattr(layer, parent), leaf, make_tiny.Lora(getattr(getattr(layer, parent), leaf), a, b))
            leaves |= {key + ".A": a, key + ".B": b}
    return model, leaves


def logits(model, ids):
    mask = make_tiny.mask_of(ids.shape[1], model.dtype)
    return model(ids, attention_mask=mask.expand(len(ids), -1, -1, -1), use_cache=False).logits


def answer_logprobs(scores, labels):
    targets = labels[:, 1:]
    all_ = scores[:, :-1].log_softmax(-1).gather(2, targets.clamp_min(0)[..., None])[..., 0]
    return (all_ * (targets != -100)).sum(1)


def main():
    ids, labels = data()
    out = {"input_ids": ids, "labels": labels, "lengths": torch.tensor(LENGTHS)}
    with torch.no_grad():
        base = logits(make_tiny.read("llama", wide=True), ids)
    losses = {}

    model, leaves = adapted()
    mask = make_tiny.mask_of(ids.shape[1], model.dtype).expand(3, -1, -1, -1)
    whole = model(ids[:3], attention_mask=mask, labels=labels[:3], use_cache=False)
    by_hand = F.cross_entropy(whole.logits[:, :-1].flatten(0, 1), labels[:3, 1:].flatten())
    # transformers makes its loss in f32
    assert torch.allclose(whole.loss.double(), by_hand, atol=1e-5), (whole.loss, by_hand)
    losses["sft"] = by_hand, leaves

    model, leaves = adapted()
    learned = labels[:3, 1:] != -100
    p = base[:3, :-1][learned].log_softmax(-1)
    q = logits(model, ids[:3])[:, :-1][learned].log_softmax(-1)
    losses["kl"] = F.kl_div(q, p, log_target=True, reduction="batchmean"), leaves

    model, leaves = adapted()
    policy, reference = answer_logprobs(logits(model, ids), labels), answer_logprobs(base, labels)
    rewards = BETA * (policy - reference)
    losses["dpo"] = -F.logsigmoid(rewards[:3] - rewards[3:]).mean(), leaves
    out["dpo.rewards"] = torch.stack((rewards[:3], rewards[3:]), 1)

    for name, (loss, leaves) in losses.items():
        loss.backward()
        out[name + ".loss"] = loss.reshape(1)
        out |= {f"{name}.grad.{k}": v.grad for k, v in leaves.items()}
    save_file({k: (v.detach().float() if v.is_floating_point() else v).contiguous().clone() for k, v in out.items()},
              HERE / "losses.safetensors")
    print({n: round(l.item(), 6) for n, (l, _) in losses.items()}, "rewards", out["dpo.rewards"].tolist())


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
