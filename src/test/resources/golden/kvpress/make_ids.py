"""Token ids of the beginning of a text of data/prose, made by llama.cpp from the default model's GGUF.

    python make_ids.py SmolLM2-135M-Instruct.Q4_1.gguf

Needs environment/peers/requirements-llamacpp.txt. Writes ids.json, which make_kvpress.py reads.
"""

import json
import sys
from pathlib import Path

from llama_cpp import Llama

HERE = Path(__file__).resolve().parent
TEXT = "data/prose/story-weigh-house.txt"
COUNT = 239  # odd, so that shares of it are rounded

if __name__ == "__main__":
    model = Llama(sys.argv[1], vocab_only=True, verbose=False)
    text = (HERE.parents[4] / TEXT).read_text(encoding="utf-8")
    ids = model.tokenize(text.encode("utf-8"), add_bos=False, special=False)[:COUNT]
    (HERE / "ids.json").write_text(json.dumps({"text": TEXT, "ids": ids}) + "\n", encoding="utf-8")
