"""Makes the reference numbers of training in this folder: AdamW, clipping, schedules, two runs of the tiny llama.

Run it with the versions of environment/peers/requirements-transformers.txt and peft 0.21.2:

    python make_train.py

optimiser.safetensors, schedules.safetensors and full.safetensors come from torch and transformers; lora.safetensors and the folder adapter from PEFT,
whose 20 steps start from PEFT's own first values. README.md of the folder above lists the tensors.
"""

import json
import shutil
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import (AutoModelForCausalLM, get_constant_schedule_with_warmup, get_cosine_schedule_with_warmup,
                          get_cosine_with_min_lr_schedule_with_warmup, get_linear_schedule_with_warmup,
                          get_wsd_schedule)

HERE = Path(__file__).resolve().parent
LLAMA = HERE.parent / "tiny" / "llama"
STEPS = 20
BATCH, TOKENS, VOCAB = 4, 17, 97
LINEARS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def write(name, tensors):
    save_file({k: v.detach().contiguous().clone() for k, v in tensors.items()}, HERE / name)
    (HERE / name).chmod(0o644)


def optimiser():
    """20 steps on given gradients; those of `small` are about as large as epsilon. The norm is clipped at 1."""
    generator = torch.Generator().manual_seed(5)
    p = {"matrix": torch.randn(5, 7, generator=generator), "gain": torch.randn(11, generator=generator),
         "small": torch.randn(3, 4, generator=generator)}
    out = {f"start.{n}": v.clone() for n, v in p.items()}
    p = {n: torch.nn.Parameter(v.clone()) for n, v in p.items()}
    adamw = torch.optim.AdamW([{"params": [p["matrix"], p["small"]], "weight_decay": 0.1},
                               {"params": [p["gain"]], "weight_decay": 0.0}],
                              lr=0.01, betas=(0.9, 0.95), eps=1e-8, foreach=False)
    norms = []
    for step in range(STEPS):
        for n, v in p.items():
            size = 1e-8 if n == "small" else (3.0 if step % 3 == 0 else 0.05)
            v.grad = size * torch.randn(v.shape, generator=generator)
            out[f"grad.{step}.{n}"] = v.grad.clone()
        norms.append(torch.nn.utils.clip_grad_norm_(p.values(), 1.0))
        adamw.step()
        if step in (0, 4, STEPS - 1):
            out |= {f"after.{step}.{n}": v.detach().clone() for n, v in p.items()}
    for n, v in p.items():
        out[f"exp_avg.{n}"] = adamw.state[v]["exp_avg"]
        out[f"exp_avg_sq.{n}"] = adamw.state[v]["exp_avg_sq"]
    out["norms"] = torch.stack(norms)
    write("optimiser.safetensors", out)


def rates(make):
    parameter = torch.nn.Parameter(torch.zeros(1))
    sgd = torch.optim.SGD([parameter], lr=1.0)
    schedule = make(sgd)
    factors = []
    for _ in range(50):
        factors.append(schedule.get_last_lr()[0])
        sgd.step()
        schedule.step()
    return torch.tensor(factors, dtype=torch.float64).float()


def schedules():
    write("schedules.safetensors", {
        "constant": rates(lambda o: get_constant_schedule_with_warmup(o, 7)),
        "linear": rates(lambda o: get_linear_schedule_with_warmup(o, 7, 50)),
        "linear.no_warmup": rates(lambda o: get_linear_schedule_with_warmup(o, 0, 50)),
        "cosine": rates(lambda o: get_cosine_schedule_with_warmup(o, 7, 50)),
        "cosine.min": rates(lambda o: get_cosine_with_min_lr_schedule_with_warmup(o, 7, 50, min_lr_rate=0.1)),
        "wsd": rates(lambda o: get_wsd_schedule(o, 7, 15, num_training_steps=50)),
        "wsd.min": rates(lambda o: get_wsd_schedule(o, 7, 15, num_training_steps=50, min_lr_ratio=0.1)),
    })


def texts():
    generator = torch.Generator().manual_seed(11)
    return torch.randint(3, VOCAB, (STEPS, BATCH, TOKENS), generator=generator)


def read(dtype):
    model = AutoModelForCausalLM.from_pretrained(LLAMA, dtype=torch.float32, attn_implementation="eager")
    return model.to(dtype)


def run(model, parameters, rate, decay):
    """20 steps on 2 texts taken turn about, warm-up 3, cosine, clip 1; the loss is the mean over the next tokens."""
    adamw = torch.optim.AdamW([{"params": [p for p in parameters if p.dim() > 1], "weight_decay": decay},
                               {"params": [p for p in parameters if p.dim() == 1], "weight_decay": 0.0}],
                              lr=rate, foreach=False)
    schedule = get_cosine_schedule_with_warmup(adamw, 3, STEPS)
    losses, norms = [], []
    for step in range(STEPS):
        ids = texts()[step % 2]
        logits = model(ids[:, :-1], use_cache=False).logits
        loss = torch.nn.functional.cross_entropy(logits.reshape(-1, VOCAB), ids[:, 1:].reshape(-1))
        adamw.zero_grad()
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(parameters, 1.0))
        adamw.step()
        schedule.step()
        losses.append(loss)
    with torch.no_grad():
        logits = model(texts()[2], use_cache=False).logits
    return {"losses": torch.stack(losses).float(), "norms": torch.stack(norms).float(), "logits": logits.float()}


def full():
    model = read(torch.float32)
    out = run(model, list(model.parameters()), 1e-3, 0.1) | {"ids": texts()}
    out |= {f"after.{n}": p for n, p in model.named_parameters()}
    write("full.safetensors", out)
    print("full:", [round(x, 4) for x in out["losses"].tolist()])


def lora():
    torch.manual_seed(3)
    model = get_peft_model(read(torch.float32), LoraConfig(r=4, lora_alpha=8, lora_dropout=0.0, target_modules=LINEARS,
                                                           task_type="CAUSAL_LM"))
    first = {n.replace(".default", ""): p.detach().clone() for n, p in model.named_parameters() if p.requires_grad}
    parameters = [p for p in model.parameters() if p.requires_grad]
    out = run(model, parameters, 1e-2, 0.0) | {"ids": texts()}
    out |= {f"start.{n}": v for n, v in first.items()}
    shutil.rmtree(HERE / "adapter", ignore_errors=True)
    model.save_pretrained(HERE / "adapter")
    (HERE / "adapter" / "adapter_model.safetensors").chmod(0o644)
    (HERE / "adapter" / "README.md").unlink(missing_ok=True)
    path = HERE / "adapter" / "adapter_config.json"
    config = json.loads(path.read_text())
    config["base_model_name_or_path"] = "golden/tiny/llama"
    config["target_modules"].sort()
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    merged = model.merge_and_unload()
    out |= {f"merged.{n}": p for n, p in merged.named_parameters() if any(m in n for m in LINEARS)}
    with torch.no_grad():
        out["merged.logits"] = merged(texts()[2], use_cache=False).logits
    write("lora.safetensors", out)
    print("lora:", [round(x, 4) for x in out["losses"].tolist()])


if __name__ == "__main__":
    torch.set_num_threads(1)
    optimiser()
    schedules()
    full()
    lora()
