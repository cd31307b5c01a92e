"""The original of the forgetting cache (memollm, Fzkuji/LLM-Memory at 35ae783) as a speed peer.

    git clone https://github.com/Fzkuji/LLM-Memory && git -C LLM-Memory checkout 35ae783
    python bench_memollm.py --source LLM-Memory --model FOLDER [--dtype f16|f32] --threads 2

The original's own generation runs, unmodified; nothing of it is copied here. Three things are set from outside: token
ids go in where it would encode text, the moment of each sampled token is noted, and --dtype f32 asks the library for
float32 where the original's source says float16. It always attends eagerly and prefills anew for every request.
"""

import argparse
import platform
import subprocess
import sys
import time

import worker

OUT = worker.take_stdout()

import torch
import transformers

COMMIT = "35ae783c52b6b5b1ea11ae6fac5d4fe7d66cf555"
DTYPES = {"f16": torch.float16, "f32": torch.float32}
MODES = ("baseline", "memory_enhanced")


def import_original(source):
    """The module memollm.llm of a clone at the right commit."""
    head = subprocess.run(["git", "-C", source, "rev-parse", "HEAD"], capture_output=True, text=True).stdout.strip()
    if head != COMMIT:
        sys.exit(f"{source} is at commit '{head}'; clone Fzkuji/LLM-Memory and check out {COMMIT[:7]}.")
    sys.path.insert(0, source)
    from memollm import llm
    return llm


def open_model(original, folder, dtype):
    """The original's constructor; for f32 its call of from_pretrained gets another torch_dtype on the way."""
    library = original.AutoModelForCausalLM

    class InDtype:
        @staticmethod
        def from_pretrained(name, **settings):
            return library.from_pretrained(name, **settings | {"torch_dtype": DTYPES[dtype]})

    if dtype != "f16":
        original.AutoModelForCausalLM = InDtype
    return original.EbbinghausLLM(folder, device="cpu")


class Peer:
    def __init__(self, ebbinghaus):
        self.llm = ebbinghaus
        self.vocab = ebbinghaus.model.config.vocab_size
        self.limit = ebbinghaus.memory_manager.max_seq_len
        self.llm.prepare_input = lambda ids: {"input_ids": torch.tensor([ids])}
        sample, self.stamps = self.llm._sample_next_token, []

        def stamped(*given):
            token = sample(*given)
            self.stamps.append(time.perf_counter())
            return token

        self.llm._sample_next_token = stamped

    def decode(self, request):
        """Greedy steps after the prefill, from the first sampled token to the last, as the original generates them."""
        context = worker.check(request, "context", 1, self.limit)
        tokens = worker.check(request, "tokens", 1, self.limit - context)
        mode, threshold = request.get("mode", MODES[1]), request.get("threshold", 0.01)
        if mode not in MODES:
            raise ValueError(f"'mode' is {mode!r}; give one of {list(MODES)}.")
        if not isinstance(threshold, (int, float)) or not 0 <= threshold < 1:
            raise ValueError(f"'threshold' is {threshold!r}; give a number from 0 to below 1.")
        self.stamps.clear()
        done = self.llm.generate(worker.pseudo_ids(context, self.vocab), generation_mode=mode, verbose=False,
                                 max_new_tokens=tokens + 1, do_sample=False, force_exact_length=True,
                                 hard_delete_threshold=threshold)
        lengths = done.get("layer_cache_lengths", [context + tokens])
        if not lengths:
            raise RuntimeError(f"transformers {transformers.__version__} hands the original a tuple for a cache, and then "
                               "it forgets nothing; install requirements-memollm.txt.")
        return worker.speed(self.stamps[-1] - self.stamps[0], tokens) | {
            "mode": mode, "with_prefill_tokens_per_second": done["num_tokens"] / done["generation_time"],
            "deletion_percentage": done.get("cache_deletion_percentage", 0.0),
            "layer_lengths": {"min": min(lengths), "mean": sum(lengths) / len(lengths), "max": max(lengths)}}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", required=True, help="a clone of Fzkuji/LLM-Memory at 35ae783")
    parser.add_argument("--model", required=True, help="a folder in Hugging Face layout; gguf_to_folder.py makes one")
    parser.add_argument("--dtype", choices=DTYPES, default="f16", help="f16 is what the original always uses")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(args.threads)
    peer = Peer(open_model(import_original(args.source), args.model, args.dtype))
    settings = {"dtype": str(peer.llm.model.dtype).removeprefix("torch."), "attn": "eager", "threads": args.threads,
                "commit": COMMIT[:7], "transformers": transformers.__version__, "torch": torch.__version__,
                "python": platform.python_version()}
    worker.serve(OUT, "memollm", settings, {"decode": peer.decode})


if __name__ == "__main__":
    main()
