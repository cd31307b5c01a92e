"""A GGUF file of the Llama family as a folder in Hugging Face layout, for peers that cannot read GGUF.

    python gguf_to_folder.py --model FILE.gguf --out FOLDER

Runs in the transformers environment. Weights are written in f32. config.json keeps the fields that older versions of
transformers read (rope_theta), tokenizer.json is transformers' own conversion of the file: good enough to print text,
not to encode it (the default model's digits come out wrong), so give token ids to whatever reads the folder.
"""

import argparse
import json
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file
from transformers import AutoTokenizer

from bench_transformers import load

KEPT = ("vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
        "num_key_value_heads", "head_dim", "hidden_act", "max_position_embeddings", "rms_norm_eps",
        "tie_word_embeddings", "attention_bias", "mlp_bias", "bos_token_id", "eos_token_id", "pad_token_id")


def old_config(config):
    """The fields that transformers 4.45 reads; newer ones write rope_parameters, which it would ignore."""
    rope = config.rope_parameters
    if rope["rope_type"] != "default":
        raise SystemExit(f"The file has rope type '{rope['rope_type']}'; only the default one is written here.")
    given = config.to_dict()
    return {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "torch_dtype": "float32",
            "rope_theta": rope["rope_theta"], "rope_scaling": None} | {k: given[k] for k in KEPT if k in given}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True, help="a .gguf file")
    parser.add_argument("--out", required=True, help="a folder that does not exist yet")
    args = parser.parse_args()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    source, out = Path(args.model), Path(args.out)
    part = out.with_name(out.name + ".part")
    with torch.inference_mode():
        model = load(source, "f32", "eager")
        if model.config.model_type != "llama":
            raise SystemExit(f"The file is a {model.config.model_type}; only llama is written here.")
        part.mkdir(exist_ok=True)
        tied = {"lm_head.weight"} if model.config.tie_word_embeddings else set()
        save_file({k: w.contiguous() for k, w in model.state_dict().items() if k not in tied},
                  part / "model.safetensors", metadata={"format": "pt"})
    AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name).save_pretrained(part)
    (part / "config.json").write_text(json.dumps(old_config(model.config), indent=1) + "\n")
    settings = json.loads((part / "tokenizer_config.json").read_text())
    kept = ("bos_token", "eos_token", "unk_token", "pad_token")
    (part / "tokenizer_config.json").write_text(json.dumps(
        {"tokenizer_class": "PreTrainedTokenizerFast"} | {k: settings[k] for k in kept if k in settings}, indent=1)
        + "\n")
    for name in ("generation_config.json", "special_tokens_map.json", "chat_template.jinja"):
        (part / name).unlink(missing_ok=True)
    part.rename(out)


if __name__ == "__main__":
    main()
