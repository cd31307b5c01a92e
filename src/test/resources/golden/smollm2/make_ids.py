"""Token ids of text.txt and prompts.json, made by llama.cpp from the default model's GGUF.

    python make_ids.py SmolLM2-135M-Instruct.Q4_1.gguf

Needs environment/peers/requirements-llamacpp.txt. Writes ids.json, which make_smollm2.py reads: transformers' own
conversion of a GGUF tokenizer is not right for this model, so ids come from here and transformers never sees text.
"""

import json
import sys
from pathlib import Path

from llama_cpp import Llama

HERE = Path(__file__).resolve().parent


def chatml(prompt, default_system):
    """The model's chat template, written out."""
    turns = prompt.get("turns") or [{"role": "user", "content": prompt["user"]}]
    turns = [{"role": "system", "content": prompt.get("system", default_system)}] + turns
    body = "".join(f"<|im_start|>{t['role']}\n{t['content']}<|im_end|>\n" for t in turns)
    return body + "<|im_start|>assistant\n"


if __name__ == "__main__":
    model = Llama(sys.argv[1], vocab_only=True, verbose=False)
    ids = lambda text, special: model.tokenize(text.encode("utf-8"), add_bos=False, special=special)
    prompts = json.loads((HERE / "prompts.json").read_text(encoding="utf-8"))
    text = (HERE / "text.txt").read_text(encoding="utf-8").rstrip("\n")
    rows = [{"name": p["name"], "text": chatml(p, prompts["system"])} for p in prompts["chat"]]
    rows = [r | {"ids": ids(r["text"], True)} for r in rows]
    rows += [p | {"ids": ids(p["text"], False)} for p in prompts["raw"]]
    lines = ",\n".join("    " + json.dumps(r, ensure_ascii=False) for r in rows)
    (HERE / "ids.json").write_text(
        f'{{\n  "text": {json.dumps(ids(text, False))},\n  "prompts": [\n{lines}\n  ]\n}}\n', encoding="utf-8")
    print(len(ids(text, False)), "tokens of text,", [len(r["ids"]) for r in rows], "in the prompts")
