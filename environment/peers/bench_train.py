"""transformers as a training peer: LoRA with peft or written out, AdamW, one step after the other.

    python bench_train.py --model FILE.gguf --lora FOLDER --code peft --dtype f32 --attn sdpa --threads 2

FOLDER is an adapter in PEFT's layout; both codes start from its values, in f32 whatever the base's type. Settings kept for every
run: training mode, no dropout, no gradient checkpointing, loss of all tokens by the model's own labels argument, gradients
clipped to norm 1, torch's AdamW with betas 0.9 and 0.999 and no decay, constant rate.
"""

import argparse
import json
import platform
import time
from pathlib import Path

import worker

OUT = worker.take_stdout()

import torch
import transformers
from safetensors.torch import load_file
from torch import nn

from bench_transformers import load

try:
    import peft
except ImportError:
    peft = None

MOST = 1000


class Lora(nn.Module):
    """y = W x + alpha / r B (A x); the adapter computes in f32."""

    def __init__(self, linear, a, b, scale):
        super().__init__()
        self.linear, self.scale = linear, scale
        self.a, self.b = nn.Parameter(a.float()), nn.Parameter(b.float())

    def forward(self, x):
        low = nn.functional.linear(nn.functional.linear(x.to(self.a.dtype), self.a), self.b)
        return self.linear(x) + (self.scale * low).to(x.dtype)


def plain(model, folder):
    """Replaces the linears that the adapter names; its keys are base_model.model.NAME.lora_A.weight."""
    config = json.loads((folder / "adapter_config.json").read_text())
    tensors = load_file(folder / "adapter_model.safetensors")
    model.requires_grad_(False)
    for key in [k for k in tensors if k.endswith(".lora_A.weight")]:
        name = key.removeprefix("base_model.model.").removesuffix(".lora_A.weight")
        parent, leaf = name.rsplit(".", 1)
        parent = model.get_submodule(parent)
        b = tensors[key.replace(".lora_A.", ".lora_B.")]
        setattr(parent, leaf, Lora(getattr(parent, leaf), tensors[key], b, config["lora_alpha"] / config["r"]))
    return model


class Peer:
    def __init__(self, args):
        self.folder = Path(args.lora)
        base = load(args.model, args.dtype, args.attn)
        if args.code == "peft":
            self.model = peft.PeftModel.from_pretrained(base, self.folder, is_trainable=True)
        else:
            self.model = plain(base, self.folder)
        self.model.train()
        self.learning = [p for p in self.model.parameters() if p.requires_grad]
        self.start = [p.detach().clone() for p in self.learning]

    def train(self, request):
        """Starts anew from the adapter's file and takes one step per batch."""
        batches, rate = request.get("batches"), request.get("rate")
        if not isinstance(batches, list) or not 1 <= len(batches) <= MOST:
            raise ValueError(f"'batches' must be a list of 1 to {MOST} batches [rows][tokens].")
        if not isinstance(rate, float) or not 0 < rate < 1:
            raise ValueError(f"'rate' is {rate!r}; give a number between 0 and 1.")
        with torch.no_grad():
            for p, value in zip(self.learning, self.start):
                p.copy_(value)
        optimiser = torch.optim.AdamW(self.learning, lr=rate, weight_decay=0.0)
        losses, seconds = [], []
        for batch in batches:
            ids = torch.tensor(batch)
            start = time.perf_counter()
            loss = self.model(input_ids=ids, labels=ids, use_cache=False).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.learning, 1.0)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
            losses.append(loss.item())
            seconds.append(time.perf_counter() - start)
        return {"losses": losses, "seconds": seconds}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True, help="a .gguf file or a folder in Hugging Face layout")
    parser.add_argument("--lora", required=True, help="a folder in PEFT's layout")
    parser.add_argument("--code", choices=("peft", "plain"), default="plain")
    parser.add_argument("--dtype", choices=("f32", "bf16"), default="f32")
    parser.add_argument("--attn", choices=("sdpa", "eager"), default="sdpa")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    if args.code == "peft" and peft is None:
        parser.error("--code peft needs the package peft; see requirements-peft.txt.")
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(args.threads)
    peer = Peer(args)
    settings = {"dtype": args.dtype, "attn": args.attn, "threads": args.threads, "code": args.code,
                "learning": sum(p.numel() for p in peer.learning), "transformers": transformers.__version__,
                "torch": torch.__version__, "peft": peft.__version__ if args.code == "peft" else None,
                "python": platform.python_version()}
    worker.serve(OUT, "transformers", settings, {"train": peer.train})


if __name__ == "__main__":
    main()
