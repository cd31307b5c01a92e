"""kvpress as a peer: what its presses keep, and the speed of decoding after a compressed prefill.

    python bench_kvpress.py --model FILE.gguf|FOLDER --dtype f32|bf16 --attn sdpa|eager --threads 2

As in kvpress's own pipeline a press acts once, in the prefill, which is one pass; new tokens keep their true positions
and are not compressed. Everything else is as in bench_transformers.py.
"""

import argparse
import platform
from importlib.metadata import version

import worker
from bench_transformers import DTYPES, LIMIT, OUT, WARM_UP, load

import torch
import transformers
from kvpress import KeyDiffPress, KnormPress, SnapKVPress, StreamingLLMPress, TOVAPress
from transformers import DynamicCache

PRESSES = {"knorm": KnormPress, "keydiff": KeyDiffPress, "snapkv": SnapKVPress, "streaming": StreamingLLMPress,
           "tova": TOVAPress}


def press_of(request, required=False):
    """The press that a request names, with the library's default settings but for those given; None for none."""
    name, ratio, settings = request.get("press"), request.get("ratio", 0.5), request.get("settings", {})
    if name is None and not required:
        return None
    if name not in PRESSES:
        raise ValueError(f"'press' is {name!r}; give one of {sorted(PRESSES)}.")
    if not isinstance(ratio, (int, float)) or not 0 < ratio < 1:
        raise ValueError(f"'ratio' is {ratio!r}; give the share to remove, above 0 and below 1.")
    return PRESSES[name](compression_ratio=ratio, **settings)


class Peer:
    def __init__(self, args):
        self.model = load(args.model, args.dtype, args.attn)
        self.vocab = self.model.config.vocab_size
        self.prepared = {}
        self.warm = set()

    def prefill_pass(self, ids, press):
        """The cache after one pass over ids [1, n], and the greedy next id as [1, 1]."""
        cache = DynamicCache(config=self.model.config)
        work = lambda: self.model(ids, past_key_values=cache, use_cache=True, logits_to_keep=1).logits
        if press is None:
            logits = work()
        else:
            with press(self.model):
                logits = work()
        return cache, logits[:, -1].argmax(-1, keepdim=True)

    def kept(self, request):
        """Kept slots, ascending, [layers][heads][kept]: each compressed key is looked up among all keys."""
        ids = request.get("ids")
        if not isinstance(ids, list) or not ids or not all(type(i) is int and 0 <= i < self.vocab for i in ids):
            raise ValueError(f"'ids' must be a list of token ids from 0 to {self.vocab - 1}.")
        tokens = torch.tensor([ids])
        press = press_of(request, required=True)
        full, _ = self.prefill_pass(tokens, None)
        compressed, _ = self.prefill_pass(tokens, press)
        slots = []
        for few, all_keys in zip(compressed.layers, full.layers):
            equal = (few.keys[0, :, :, None] == all_keys.keys[0, :, None]).all(-1)  # [heads, kept, slots]
            if not (equal.sum(-1) == 1).all():
                raise RuntimeError("a compressed key is not exactly one of the full cache's keys.")
            slots.append(equal.int().argmax(-1).sort(-1).values.tolist())
        return {"press": request["press"], "settings": vars(press), "kept": slots}

    def decode_tokens(self, cache, first, position, count):
        token = first
        for i in range(count):
            logits = self.model(token, past_key_values=cache, position_ids=torch.tensor([[position + i]]), use_cache=True,
                                logits_to_keep=1).logits
            token = logits[:, -1].argmax(-1, keepdim=True)

    def decode(self, request):
        """Prefills and compresses once per context and press (not timed), then times greedy steps and steps back."""
        context = worker.check(request, "context", 1, LIMIT)
        tokens = worker.check(request, "tokens", 1, LIMIT)
        press = press_of(request)
        key = (context, repr(press))
        if key not in self.prepared:
            cache, first = self.prefill_pass(torch.tensor([worker.pseudo_ids(context, self.vocab)]), press)
            self.decode_tokens(cache, first, context, WARM_UP)
            cache.crop(-WARM_UP)
            self.prepared[key] = cache, first
        cache, first = self.prepared[key]
        slots = cache.get_seq_length()
        seconds = worker.timed(lambda: self.decode_tokens(cache, first, context, tokens))
        cache.crop(-tokens)
        return worker.speed(seconds, tokens) | {"slots": slots}

    def prefill(self, request):
        tokens = worker.check(request, "tokens", 1, LIMIT)
        press = press_of(request)
        ids = torch.tensor([worker.pseudo_ids(tokens, self.vocab)])
        work = lambda: self.prefill_pass(ids, press)
        if (tokens, repr(press)) not in self.warm:
            work()
            self.warm.add((tokens, repr(press)))
        return worker.speed(worker.timed(work), tokens)

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
    args = parser.parse_args()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(args.threads)
    with torch.inference_mode():
        peer = Peer(args)
        settings = {"dtype": args.dtype, "attn": args.attn, "threads": args.threads, "inference_mode": True,
                    "logits": "last position", "kvpress": version("kvpress"), "transformers": transformers.__version__,
                    "torch": torch.__version__, "python": platform.python_version()}
        worker.serve(OUT, "kvpress", settings, {"kept": peer.kept, "decode": peer.decode, "prefill": peer.prefill,
                                                "free": peer.free})


if __name__ == "__main__":
    main()
