"""llama.cpp as a speed peer, at its fastest: llama_decode itself, without the Python sampling around it.

    python bench_llamacpp.py --model FILE.gguf --threads 2 [--flash-attn auto|on|off] [--context 4224]

The weights stay in the file's own blocks, the cache is f16 (its default). Logits of the last position only.
"""

import argparse
import ctypes
import platform

import worker

OUT = worker.take_stdout()

import llama_cpp
import numpy as np

FLASH = {"auto": -1, "off": 0, "on": 1}
BATCH = 512
WARM_UP = 3


class Peer:
    def __init__(self, args):
        llama_cpp.llama_backend_init()
        params = llama_cpp.llama_model_default_params()
        params.n_gpu_layers = 0
        self.model = llama_cpp.llama_model_load_from_file(args.model.encode(), params)
        if not self.model:
            raise SystemExit(f"llama.cpp cannot open {args.model}; give an intact GGUF file.")
        params = llama_cpp.llama_context_default_params()
        params.n_ctx, params.n_batch, params.n_ubatch = args.context, BATCH, BATCH
        params.n_threads = params.n_threads_batch = args.threads
        params.flash_attn_type = FLASH[args.flash_attn]
        params.no_perf = True
        self.context = llama_cpp.llama_init_from_model(self.model, params)
        if not self.context:
            raise SystemExit(f"llama.cpp cannot hold a context of {args.context} tokens; give a smaller --context.")
        self.memory = llama_cpp.llama_get_memory(self.context)
        self.limit = args.context
        self.vocab = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(self.model))
        self.prefix = 0
        self.warm = set()

    def feed(self, ids):
        """Runs ids after what is cached, in batches; the greedy next id."""
        for start in range(0, len(ids), BATCH):
            part = ids[start:start + BATCH]
            array = (llama_cpp.llama_token * len(part))(*part)
            code = llama_cpp.llama_decode(self.context, llama_cpp.llama_batch_get_one(array, len(part)))
            if code:
                raise RuntimeError(f"llama_decode answered {code}")
        logits = llama_cpp.llama_get_logits_ith(self.context, -1)
        return int(np.ctypeslib.as_array(logits, (self.vocab,)).argmax())

    def cut(self, length):
        llama_cpp.llama_memory_seq_rm(self.memory, 0, length, -1)

    def decode_tokens(self, token, count):
        for _ in range(count):
            token = self.feed([token])

    def decode(self, request):
        """Cuts or extends the cached text to the context (not timed), warms up, then times greedy steps."""
        context = worker.check(request, "context", 1, self.limit - WARM_UP)
        tokens = worker.check(request, "tokens", 1, self.limit - context)
        ids = worker.pseudo_ids(context, self.vocab)
        # Contexts are prefixes of one text: cut back, or add what is missing. The last id is always run again,
        # because its logits give the first token.
        keep = min(self.prefix, context - 1)
        self.cut(keep)
        first = self.feed(ids[keep:])
        self.prefix = context
        self.decode_tokens(first, WARM_UP)
        self.cut(context)
        seconds = worker.timed(lambda: self.decode_tokens(first, tokens))
        self.cut(context)
        return worker.speed(seconds, tokens)

    def prefill(self, request):
        tokens = worker.check(request, "tokens", 1, self.limit)
        ids = worker.pseudo_ids(tokens, self.vocab)

        def work():
            self.cut(0)
            self.feed(ids)

        if tokens not in self.warm:
            work()
            self.warm.add(tokens)
        seconds = worker.timed(work)
        self.prefix = tokens
        return worker.speed(seconds, tokens)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True, help="a .gguf file")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--flash-attn", choices=FLASH, default="auto")
    parser.add_argument("--context", type=int, default=4224, help="largest context plus decoded tokens")
    args = parser.parse_args()
    quiet = llama_cpp.llama_log_callback(lambda level, text, data: None)
    llama_cpp.llama_log_set(quiet, ctypes.c_void_p(0))
    peer = Peer(args)
    settings = {"dtype": "as in the file", "threads": args.threads, "flash_attn": args.flash_attn, "n_batch": BATCH,
                "n_ubatch": BATCH, "cache": "f16", "context": args.context, "logits": "last position",
                "llama_cpp_python": llama_cpp.__version__, "python": platform.python_version(),
                "system": llama_cpp.llama_print_system_info().decode().strip()}
    worker.serve(OUT, "llama.cpp", settings, {"decode": peer.decode, "prefill": peer.prefill})


if __name__ == "__main__":
    main()
