"""transformers as a speed peer, at its fastest: a bare forward loop without the overhead of generate().

    python bench_transformers.py --model FILE.gguf --dtype f32 --attn sdpa --threads 2 [--static-cache [--compile]]

Settings kept for every run: inference mode, logits of the last position only, no attention or hidden-state output,
no attention mask (nothing is padded), weights in the named type. Which cache and which attention is faster depends
on machine and context: the caller runs several and takes the best.
"""

import argparse
import platform
import time
from pathlib import Path

import worker

OUT = worker.take_stdout()

import torch
import transformers
from transformers import AutoModelForCausalLM, DynamicCache, StaticCache

DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16}
LIMIT = 1 << 20
WARM_UP = 3
CHUNK = 512


def load(path, dtype, attention):
    """A GGUF file or a folder in Hugging Face layout."""
    path = Path(path)
    where = (path.parent, {"gguf_file": path.name}) if path.suffix == ".gguf" else (path, {})
    return AutoModelForCausalLM.from_pretrained(where[0], dtype=DTYPES[dtype], attn_implementation=attention,
                                                **where[1]).eval()


class Stamps:
    """A streamer that notes when each token arrived; the first call carries the prompt."""

    def __init__(self):
        self.times = []

    def put(self, value):
        self.times.append(time.perf_counter())

    def end(self):
        pass


class Peer:
    def __init__(self, args):
        self.model = load(args.model, args.dtype, args.attn)
        self.static = args.static_cache
        # Only the one-token step is compiled, as generate() does with a static cache.
        self.step = torch.compile(self.model.forward, dynamic=False) if args.compile else self.model.forward
        self.prepared = {}
        self.warm = set()

    def ids(self, count):
        return torch.tensor([worker.pseudo_ids(count, self.model.config.vocab_size)])

    def new_cache(self, length):
        config = self.model.config
        return StaticCache(config=config, max_cache_len=length) if self.static else DynamicCache(config=config)

    def run(self, forward, ids, cache):
        """One forward; the greedy next id as [1, 1]."""
        logits = forward(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1).logits
        return logits[:, -1].argmax(-1, keepdim=True)

    def decode_tokens(self, cache, first, count):
        token = first
        for _ in range(count):
            token = self.run(self.step, token, cache)

    def back_to(self, cache, context, tokens):
        """Forgets the last decoded tokens; the prefilled ones stay."""
        if self.static:
            for layer in cache.layers:
                layer.cumulative_length.fill_(context)
        else:
            cache.crop(-tokens)

    def decode(self, request):
        """Prefills once per context (not timed), warms up, then times greedy steps and steps back."""
        context = worker.check(request, "context", 1, LIMIT)
        tokens = worker.check(request, "tokens", 1, LIMIT)
        # A static cache is attended over its whole length, so it is made no longer than needed.
        key = (context, max(tokens, WARM_UP)) if self.static else context
        if key not in self.prepared:
            cache = self.new_cache(context + max(tokens, WARM_UP))
            for part in self.ids(context).split(CHUNK, dim=1):  # not timed; whole, eager attention takes minutes at 4,096
                first = self.run(self.model.forward, part, cache)
            self.decode_tokens(cache, first, WARM_UP)
            self.back_to(cache, context, WARM_UP)
            self.prepared[key] = cache, first
        cache, first = self.prepared[key]
        seconds = worker.timed(lambda: self.decode_tokens(cache, first, tokens))
        self.back_to(cache, context, tokens)
        return worker.speed(seconds, tokens)

    def prefill(self, request):
        tokens = worker.check(request, "tokens", 1, LIMIT)
        ids = self.ids(tokens)
        work = lambda: self.run(self.model.forward, ids, self.new_cache(tokens))
        if tokens not in self.warm:
            work()
            self.warm.add(tokens)
        return worker.speed(worker.timed(work), tokens)

    def generate(self, request):
        """The same decode through generate(), for comparison: time from the first new token to the last."""
        context = worker.check(request, "context", 1, LIMIT)
        tokens = worker.check(request, "tokens", 1, LIMIT)
        ids, stamps = self.ids(context), Stamps()
        self.model.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, streamer=stamps,
                            max_new_tokens=tokens + 1, min_new_tokens=tokens + 1,
                            cache_implementation="static" if self.static else None)
        return worker.speed(stamps.times[-1] - stamps.times[1], tokens)

    def free(self, request):
        """Drops the prefilled caches, so that memory shows the model alone."""
        self.prepared.clear()
        return {"freed": True}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True, help="a .gguf file or a folder in Hugging Face layout")
    parser.add_argument("--dtype", choices=DTYPES, default="f32")
    parser.add_argument("--attn", choices=("sdpa", "eager"), default="sdpa")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--static-cache", action="store_true")
    parser.add_argument("--compile", action="store_true", help="torch.compile of the one-token step")
    args = parser.parse_args()
    if args.compile and not args.static_cache:
        parser.error("--compile needs --static-cache; a growing cache would compile anew at every token.")
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(args.threads)
    with torch.inference_mode():
        peer = Peer(args)
        settings = {"dtype": args.dtype, "attn": args.attn, "threads": args.threads,
                    "cache": "static" if args.static_cache else "dynamic", "compile": args.compile,
                    "inference_mode": True, "logits": "last position", "transformers": transformers.__version__,
                    "torch": torch.__version__, "python": platform.python_version()}
        worker.serve(OUT, "transformers", settings, {"decode": peer.decode, "prefill": peer.prefill,
                                                     "generate": peer.generate, "free": peer.free})


if __name__ == "__main__":
    main()
