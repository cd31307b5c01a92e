"""Writes smollm.jsonl.gz and the files of the other pre-tokenizers: varied lines with llama.cpp's token ids.

Usage: python make_lines.py MODEL.gguf   (needs llama-cpp-python 0.3.36 and gguf 0.19.0)

All pre-tokenizers are tried on the vocabulary of the same file: the metadata is copied into a small temporary file with
another `tokenizer.ggml.pre`. Each output line is a JSON pair: the text and its ids (no special tokens added, special
tokens in the text recognised).
"""

import gzip
import json
import random
import sys
import tempfile
import unicodedata
from pathlib import Path

import llama_cpp
from gguf import GGUFReader, GGUFWriter

SEED = 20240917
HERE = Path(__file__).parent

WORDS = """the a of and to in is memory model token river lantern harbour winter photosynthesis antidisestablishmentarianism
Java Python HTTP iPhone McDonald naïve café façade Zürich Ångström coöperate resumé Straße œuvre TOTAL kWh pH x86_64 UTF-8
don't can't we'll they've I'm you're he'd it's DON'T WE'LL rock'n'roll o'clock 'tis ’twas don’t""".split()

FIXED = [
    "", " ", "  ", "\n", "\n\n", "\t", "\r\n", "\r", "\n\n12", "Total:   42", "Hello, world!", "\n \n  \n   x", "a\u200bb\u200cc\u200dd\ufeffe",
    "\u00a0\u2003\u3000nbsp", "\u2028line\u2029para", "\x85next", "\x0b\x0c", "\x00nul\x00", "a\x04b", "!\x04!", "\x04\x06\x13\x14\x16\x1d", "the\x1dre",
    "\x7f\x80\x9f", "\U00040000x", "a\U000bfffd", "\U000e0041\U000e007f tag", "\U0010fffd", "\ufffd", "\ufffe\uffff", "\ud7ff\ue000",
    "<|im_start|>user\nHi<|im_end|>\n", "<|endoftext|>", "<|im_end|><|im_end|>", " <|im_start|> ", "<|im_start", "<|IM_END|>", "<file_sep>x<gh_stars>", "<repo_name>",
    "<reponame><repo_name>", "{{ 7*7 }}", "{% raise %}", "👨\u200d👩\u200d👧\u200d👦", "🏳\ufe0f\u200d🌈", "👍🏽👍🏿", "🇩🇪🇯🇵", "e\u0301 é \u1e9b\u0323", "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳",
    "½ ¼ ² ³ ① Ⅷ ٣ ४ ৫ ௧ ๓ ໔ ༣ 五 〇 ㊿ 𝟘𝟙 𐒠", "ſ ’s 's 'S 'ſ", "don't DON'T Don'T 'LL 'Ve'", "ﬀﬁﬂ", "Ａ１！", "\u0e33\u0eb3", "\u0345\u0300",
]

SCRIPTS = {
    "latin": [(0x41, 0x5A), (0x61, 0x7A), (0xC0, 0x24F), (0x1E00, 0x1EFF)],
    "greek": [(0x370, 0x3FF), (0x1F00, 0x1FFF)],
    "cyrillic": [(0x400, 0x52F)],
    "hebrew": [(0x591, 0x5F4)],
    "arabic": [(0x600, 0x6FF), (0x750, 0x77F)],
    "devanagari": [(0x900, 0x97F)],
    "bengali": [(0x980, 0x9FE)],
    "tamil": [(0xB82, 0xBFA)],
    "thai": [(0xE01, 0xE5B)],
    "tibetan": [(0xF00, 0xFD4)],
    "georgian": [(0x10A0, 0x10FF)],
    "ethiopic": [(0x1200, 0x137C)],
    "khmer": [(0x1780, 0x17F9)],
    "chinese": [(0x4E00, 0x9FFF), (0x3001, 0x303F)],
    "japanese": [(0x3041, 0x3096), (0x30A0, 0x30FF), (0x4E00, 0x4FFF)],
    "korean": [(0xAC00, 0xD7A3), (0x1100, 0x11FF)],
    "punctuation": [(0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E), (0xA1, 0xBF), (0x2010, 0x205E)],
    "symbols": [(0x20A0, 0x20BF), (0x2190, 0x23FF), (0x2500, 0x27BF), (0x2A00, 0x2AFF)],
    "emoji": [(0x1F300, 0x1F64F), (0x1F680, 0x1F6C5), (0x1F900, 0x1F9FF)],
    "numbers": [(0x30, 0x39), (0xB2, 0xB3), (0xBC, 0xBE), (0x2150, 0x2188), (0x2460, 0x249B), (0x660, 0x669), (0x966, 0x96F), (0x1D7CE, 0x1D7FF)],
    "marks": [(0x300, 0x36F), (0x61, 0x7A), (0x1AB0, 0x1ABD), (0x20D0, 0x20F0), (0xFE00, 0xFE0F)],
    "spaces": [(0x20, 0x20), (0x20, 0x20), (0x9, 0xD), (0xA0, 0xA0), (0x2000, 0x200A), (0x3000, 0x3000), (0x200B, 0x200F), (0x2028, 0x202F), (0xFEFF, 0xFEFF)],
    "control": [(0x00, 0x1F), (0x7F, 0x9F), (0x61, 0x65)],
    "mathletters": [(0x1D400, 0x1D7CB), (0x10330, 0x1034A), (0x20000, 0x200FF), (0x12000, 0x12010)],
    "private": [(0xE000, 0xE010), (0xF0000, 0xF0010), (0x100000, 0x100010), (0x61, 0x63)],
}


def known(char):
    return unicodedata.category(char) != "Cn"


def pick(rng, ranges, length):
    chars = []
    while len(chars) < length:
        low, high = rng.choice(ranges)
        char = chr(rng.randint(low, high))
        if known(char) and not 0xD800 <= ord(char) <= 0xDFFF:
            chars.append(char)
    return "".join(chars)


def anything(rng):
    while True:
        point = rng.choice([rng.randint(0, 0x7F), rng.randint(0x80, 0x7FF), rng.randint(0x800, 0xFFFF), rng.randint(0x10000, 0x10FFFF)])
        if not 0xD800 <= point <= 0xDFFF:
            return chr(point)


def lines():
    rng = random.Random(SEED)
    out = list(FIXED)
    for name in SCRIPTS:
        for _ in range(38):
            text = pick(rng, SCRIPTS[name], rng.randint(1, 24))
            if rng.random() < 0.5:
                text = " ".join(text[i : i + 5] for i in range(0, len(text), 5))
            out.append(text)
    for _ in range(220):
        out.append(rng.choice(["", " "]) + " ".join(rng.choice(WORDS) for _ in range(rng.randint(1, 14))) + rng.choice(["", ".", "?", "!", "...", " ", "\n"]))
    for _ in range(160):
        number = rng.choice([str(rng.randint(0, 10 ** rng.randint(1, 15))), f"{rng.uniform(-1e6, 1e6):.{rng.randint(0, 6)}f}", f"{rng.randint(1, 9999):,}", f"{rng.randint(0, 23):02}:{rng.randint(0, 59):02}", f"20{rng.randint(0, 99):02}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}", f"0x{rng.randint(0, 2**32):X}", f"{rng.randint(1, 99)}%", f"${rng.randint(1, 999)}.99", f"v{rng.randint(0, 9)}.{rng.randint(0, 99)}-rc1", f"+49 {rng.randint(10, 99)} {rng.randint(1000, 9999)}"])
        out.append(rng.choice(["", " ", "  ", "n=", "No.", "\n", "\t", "("]) + number + rng.choice(["", "th", " kg", ")", "\n", "   "]))
    for _ in range(160):
        out.append("".join(rng.choice([" " * rng.randint(1, 40), "\t" * rng.randint(1, 8), "\n" * rng.randint(1, 12), "\r\n" * rng.randint(1, 4), "\r", "\u00a0", rng.choice(WORDS), "{", "}", ";", "x"]) for _ in range(rng.randint(1, 9))))
    for _ in range(140):
        name, other = rng.choice(WORDS[:20]), rng.choice(WORDS[:20])
        indent = rng.choice(["    ", "\t", "  "]) * rng.randint(0, 4)
        out.append(indent + rng.choice([f"for (int {name}Index = 0; {name}Index < {rng.randint(1, 999)}; ++{name}Index) {{", f"def {name}_{other}(self, *args: int, **kwargs) -> None:", f"return {name}[{rng.randint(0, 99)}]->{other} != nullptr && !({name} == '{other}');", f"<div class=\"{name}\">&nbsp;{other}</div>", f'{{"{name}": [1, 2.5e-{rng.randint(1, 9)}, null], "{other}": "\\u00e9\\n"}}', f"https://www.example.org/{name}/{other}?q={rng.randint(0, 9999)}&x=%20#{name}", f"SELECT * FROM {name} WHERE {other} >= '{rng.randint(0, 99)}'; -- ok", f"{name}@{other}.example.com", f"/usr/lib/{name}/../{other}.so.{rng.randint(0, 9)}", f"$\\frac{{{name}}}{{{other}}}$", f"#!/bin/sh\r\necho \"${{{name}:-{other}}}\" | grep -E '^[a-z]+$'\r\n"]))
    for _ in range(120):
        names = rng.sample(sorted(SCRIPTS), 3)
        out.append(rng.choice([" ", "", "\n"]).join(pick(rng, SCRIPTS[n], rng.randint(1, 6)) for n in names))
    for _ in range(60):
        out.append(rng.choice(WORDS) + rng.choice(["<|im_start|>", "<|im_end|>", "<|endoftext|>", "<file_sep>"]) + rng.choice(WORDS) + rng.choice(["", " ", "<|im_end|>\n"]))
    for _ in range(120):
        out.append("".join(anything(rng) for _ in range(rng.randint(1, 12))))
    for _ in range(60):
        out.append(rng.choice(["!", "=", "-", ".", "_", "a", "0", " ", "\n", "é", "好", "😀", "\t", "?!"]) * rng.randint(2, 120))
    return out


def with_pre(source, pre, target):
    reader = GGUFReader(source)
    get = lambda key: reader.fields["tokenizer.ggml." + key].contents()
    writer = GGUFWriter(target, "llama")
    writer.add_tokenizer_model(get("model"))
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(get("tokens"))
    writer.add_token_types(get("token_type"))
    writer.add_token_merges(get("merges"))
    for key in ("bos", "eos", "unknown", "padding"):
        writer.add_uint32(f"tokenizer.ggml.{key}_token_id", get(f"{key}_token_id"))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write(name, model, texts):
    vocabulary = llama_cpp.Llama(model_path=model, vocab_only=True, verbose=False)
    rows = [[t, vocabulary.tokenize(t.encode(), add_bos=False, special=True)] if t else [t, []] for t in texts]
    data = "".join(json.dumps(r, separators=(",", ":")) + "\n" for r in rows).encode()
    (HERE / f"{name}.jsonl.gz").write_bytes(gzip.compress(data, 9, mtime=0))
    print(name, len(rows), "lines", sum(len(r[1]) for r in rows), "tokens")


def main():
    texts = lines()
    write("smollm", sys.argv[1], texts)
    for pre in ("gpt-2", "qwen2", "llama-bpe"):
        with tempfile.TemporaryDirectory() as folder:
            path = folder + "/vocabulary.gguf"
            with_pre(sys.argv[1], pre, path)
            write(pre, path, texts[::3])


if __name__ == "__main__":
    main()
