"""Writes small GGUF files and the floats that their tensors stand for.

    pip install -r requirements.txt
    python make_golden.py

types.gguf      one tensor [3, 512] per format; plain and 32-value formats are quantised from normal numbers, the 256-value
                formats are random blocks with small f16 scales
types.f32       the same tensors as little-endian floats, in the order of the names in types.txt
llama.gguf      a two-layer llama with grouped heads; q and k are stored in the order of llama.cpp
llama.f32       its q, k weights of layer 0 and all of layer 1's as floats in Hugging Face order, in the order of llama.txt
qwen2.gguf, qwen3.gguf, llama3.gguf   one layer each: biases; q/k norms; llama3 rotary divisors
"""

import pathlib

import gguf
import numpy as np
from gguf import GGMLQuantizationType as T

HERE = pathlib.Path(__file__).parent
QUANTISED = [T.Q8_0, T.Q4_0, T.Q4_1, T.Q5_0, T.Q5_1]
K_SCALES = {T.Q4_K: [0, 2], T.Q5_K: [0, 2], T.Q6_K: [208]}


def write(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def random_k_blocks(rng, kind, rows, cols):
    size, width = gguf.GGML_QUANT_SIZES[kind]
    blocks = rng.integers(0, 256, (rows * cols // size, width), dtype=np.uint8)
    for at in K_SCALES[kind]:
        scale = rng.uniform(-0.01, 0.02, len(blocks)).astype(np.float16)
        blocks[:, at : at + 2] = scale.view(np.uint8).reshape(-1, 2)
    return blocks.reshape(rows, -1)


def types():
    rng = np.random.default_rng(11)
    w = gguf.GGUFWriter(HERE / "types.gguf", "llama")
    w.add_string("engram.text", "größe")
    w.add_array("engram.numbers", [1, -2, 3])
    names, floats = [], []
    for kind in [T.F32, T.F16, T.BF16, *QUANTISED, *K_SCALES]:
        x = rng.standard_normal((3, 512), dtype=np.float32)
        if kind == T.F16:
            x[0, :5] = [6e-8, -3e-6, 65504, np.inf, -0.0]
        raw = random_k_blocks(rng, kind, 3, 512) if kind in K_SCALES else gguf.quants.quantize(x, kind)
        dtype = None if kind in (T.F32, T.F16) else kind
        w.add_tensor(kind.name, raw, raw_dtype=dtype)
        names.append(kind.name)
        floats.append(gguf.quants.dequantize(raw, kind).astype("<f4"))
    write(w)
    (HERE / "types.txt").write_text("\n".join(names) + "\n")
    (HERE / "types.f32").write_bytes(b"".join(f.tobytes() for f in floats))


def interleave(rows, heads):
    """Hugging Face row order to llama.cpp's: the two halves of a head take turns."""
    width = rows.shape[0] // heads
    return np.stack([rows.reshape(heads, 2, width // 2, -1)[:, j] for j in (0, 1)], axis=2).reshape(rows.shape)


def decoder(name, arch, layers, separate_head, bias=False, norms=False, divisors=None, kind=T.F32):
    rng = np.random.default_rng(len(name) + layers)
    hidden, ffn, heads, kv, width, vocab = 64, 96, 4, 2, 16, 40
    w = gguf.GGUFWriter(HERE / f"{name}.gguf", arch)
    w.add_block_count(layers)
    w.add_context_length(128)
    w.add_embedding_length(hidden)
    w.add_feed_forward_length(ffn)
    w.add_head_count(heads)
    w.add_head_count_kv(kv)
    w.add_layer_norm_rms_eps(1e-5)
    w.add_rope_freq_base(10000.0)
    if norms:
        w.add_key_length(width)
        w.add_value_length(width)
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("smollm")
    w.add_token_list([f"t{i}" for i in range(vocab)])
    w.add_token_merges(["t 0"])
    w.add_bos_token_id(1)
    w.add_eos_token_id(2)
    w.add_chat_template("{{ messages[0]['content'] }}")
    golden = []

    def put(gguf_name, hf_name, shape, permute=0, keep=False):
        x = rng.standard_normal(shape, dtype=np.float32)
        k = kind if len(shape) == 2 else T.F32
        raw = gguf.quants.quantize(x, k)
        if keep:
            golden.append((hf_name, gguf.quants.dequantize(raw, k).astype("<f4")))
        if permute and arch == "llama":
            raw = interleave(raw, permute)
        w.add_tensor(gguf_name, raw, raw_dtype=None if k == T.F32 else k)

    put("token_embd.weight", "", (vocab, hidden))
    for i in range(layers):
        b, h = f"blk.{i}.", f"model.layers.{i}."
        put(b + "attn_norm.weight", h + "input_layernorm.weight", (hidden,), keep=i == 1)
        for letter, n in (("q", heads), ("k", kv), ("v", kv)):
            p = n if letter != "v" else 0
            put(b + f"attn_{letter}.weight", h + f"self_attn.{letter}_proj.weight", (n * width, hidden), p, keep=True)
            if bias:
                put(b + f"attn_{letter}.bias", h + f"self_attn.{letter}_proj.bias", (n * width,), p, keep=True)
            if norms and letter != "v":
                put(b + f"attn_{letter}_norm.weight", h + f"self_attn.{letter}_norm.weight", (width,), keep=True)
        put(b + "attn_output.weight", h + "self_attn.o_proj.weight", (hidden, heads * width), keep=i == 1)
        put(b + "ffn_norm.weight", h + "post_attention_layernorm.weight", (hidden,), keep=i == 1)
        put(b + "ffn_gate.weight", h + "mlp.gate_proj.weight", (ffn, hidden), keep=i == 1)
        put(b + "ffn_up.weight", h + "mlp.up_proj.weight", (ffn, hidden), keep=i == 1)
        put(b + "ffn_down.weight", h + "mlp.down_proj.weight", (hidden, ffn), keep=i == 1)
    put("output_norm.weight", "", (hidden,))
    if separate_head:
        put("output.weight", "", (vocab, hidden))
    if divisors is not None:
        w.add_tensor("rope_freqs.weight", divisors.astype(np.float32))
    write(w)
    (HERE / f"{name}.txt").write_text("\n".join(n for n, _ in golden) + "\n")
    (HERE / f"{name}.f32").write_bytes(b"".join(f.tobytes() for _, f in golden))


def llama3_divisors(theta, width, factor, low, high, original):
    """The table that llama.cpp's converter writes for a config.json with rope_type llama3."""
    wavelength = 2 * np.pi * theta ** (np.arange(0, width, 2) / width)
    smooth = (original / wavelength - low) / (high - low)
    table = 1 / ((1 - smooth) / factor + smooth)
    table[wavelength < original / high] = 1
    table[wavelength > original / low] = factor
    return table


types()
decoder("llama", "llama", 2, separate_head=True, kind=T.Q4_1)
decoder("qwen2", "qwen2", 1, separate_head=False, bias=True)
decoder("qwen3", "qwen3", 1, separate_head=False, norms=True)
decoder("llama3", "llama", 1, separate_head=False, divisors=llama3_divisors(10000.0, 16, 8.0, 1.0, 4.0, 8192))
