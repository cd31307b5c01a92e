"""Full logits from transformers for given token ids, for a live check of another decoder.

    python compare_logits.py --model FILE.gguf --ids IN.safetensors --out OUT.safetensors [--adapter FOLDER]

IN holds input_ids (I64 [rows, tokens]) and, where rows are padded, attention_mask (I64, the same shape, 1 = real;
padding on either side). OUT holds logits (F32 [rows, tokens, vocab]), 0 at padding.
"""

import argparse
import os
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file, save_file

from bench_transformers import DTYPES, load


def logits_of(model, ids, mask):
    positions = (mask.cumsum(-1) - 1).clamp_min(0)
    # Without padding no mask is given, so that attention takes its ordinary causal way.
    padded = {} if mask.all() else {"attention_mask": mask}
    logits = model(ids, position_ids=positions, use_cache=False, **padded).logits.float()
    return logits * mask[..., None]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True, help="a .gguf file or a folder in Hugging Face layout")
    parser.add_argument("--ids", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--dtype", choices=DTYPES, default="f32")
    parser.add_argument("--attn", choices=("sdpa", "eager"), default="sdpa")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--adapter", help="a folder in PEFT's layout, needs peft")
    args = parser.parse_args()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(args.threads)
    given = load_file(args.ids)
    ids = given["input_ids"]
    model = load(args.model, args.dtype, args.attn)
    if args.adapter:
        from peft import PeftModel
        model = PeftModel.from_pretrained(model, args.adapter).eval()
    with torch.inference_mode():
        logits = logits_of(model, ids, given.get("attention_mask", torch.ones_like(ids)))
    part = Path(args.out + ".part")
    save_file({"logits": logits.contiguous()}, part)
    os.replace(part, args.out)


if __name__ == "__main__":
    main()
