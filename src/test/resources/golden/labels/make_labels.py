"""Writes labels.json and tokenizer.json: which tokens of a conversation transformers calls the assistant's.

Usage: python make_labels.py   (needs transformers 5.23.0, tokenizers 0.23.3 and jinja2 3.1.6)

The templates are those of ../chat with `generation` marks around what the assistant says: content, thoughts, and the token that
ends the turn. Marks must not change a rendering, which is checked. The tokenizer is a small byte-level BPE trained on the
same conversations, so that tokens cross the borders of words and lines ("\\n\\n" is one), with the families' special tokens.
"""

import json
import sys
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "chat"))
import make_chat  # noqa: E402

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]
BEGIN, END = "{%- generation %}", "{%- endgeneration %}"


def once(text, old, new):
    assert text.count(old) == 1, (text.count(old), old)
    return text.replace(old, new)


def marked(family, template):
    if family == "smollm2":
        return once(template, "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}",
                    "{{ '<|im_start|>' + message['role'] + '\\n' }}{% if message['role'] == 'assistant' %}{% generation %}"
                    "{{ message['content'] + '<|im_end|>' }}{% endgeneration %}{% else %}{{ message['content'] + '<|im_end|>' }}"
                    "{% endif %}{{ '\\n' }}")
    if family == "qwen2.5":
        return once(template, "{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}",
                    "{{- '<|im_start|>' + message.role + '\\n' }}{%- if message.role == 'assistant' %}" + BEGIN
                    + "{{- message.content + '<|im_end|>' }}" + END + "{%- else %}{{- message.content + '<|im_end|>' }}"
                    "{%- endif %}{{- '\\n' }}")
    if family == "qwen3":
        template = once(template, "{{- '<|im_start|>' + message.role + '\\n<think>\\n' + thoughts.strip('\\n')",
                        "{{- '<|im_start|>' + message.role + '\\n' }}" + BEGIN + "{{- '<think>\\n' + thoughts.strip('\\n')")
        template = once(template, "{{- '<|im_start|>' + message.role + '\\n' + answer }}",
                        "{{- '<|im_start|>' + message.role + '\\n' }}" + BEGIN + "{{- answer }}")
        # both branches opened a block in the template's text, but Jinja wants each closed where it was opened
        template = once(template, "+ answer.lstrip('\\n') }}", "+ answer.lstrip('\\n') + '<|im_end|>' }}" + END)
        template = once(template, "{{- answer }}", "{{- answer + '<|im_end|>' }}" + END)
        head, tail = template.split("{{- answer + '<|im_end|>' }}" + END)
        return head + "{{- answer + '<|im_end|>' }}" + END + once_first(tail, "{{- '<|im_end|>\\n' }}", "{{- '\\n' }}")
    return once(template, "{{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim"
                " + '<|eot_id|>' }}",
                "{{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' }}{%- if message['role'] == 'assistant' %}"
                + BEGIN + "{{- message['content'] | trim + '<|eot_id|>' }}" + END
                + "{%- else %}{{- message['content'] | trim + '<|eot_id|>' }}{%- endif %}")


def once_first(text, old, new):
    assert old in text, old
    return text.replace(old, new, 1)


def tokenizer():
    texts = [t["content"] for messages, _, _ in make_chat.CONVERSATIONS.values() for t in messages]
    texts += ["system\nuser\nassistant\n\n", "A line.\n\nAnother line.\n\n\n", "<think>\nthought\n</think>\n\n"] * 20
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tok.decoder = decoders.ByteLevel()
    tok.post_processor = processors.ByteLevel(trim_offsets=False)
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=SPECIAL, show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tok.train_from_iterator(texts, trainer)
    return tok


def main():
    tok = tokenizer()
    (HERE / "tokenizer.json").write_text(tok.to_str(pretty=False) + "\n", encoding="utf-8")
    families = []
    for family, tokens in make_chat.FAMILIES.items():
        plain = (HERE.parent / "chat" / f"{family}.jinja").read_text(encoding="utf-8")
        fast = PreTrainedTokenizerFast(tokenizer_object=tok, **tokens)
        cases = []
        for name, (messages, _, variables) in make_chat.CONVERSATIONS.items():
            variables = {"date_string": "06 Jul 2024"} | variables
            template = marked(family, plain)
            rendered = [fast.apply_chat_template(messages, chat_template=t, tokenize=False, **variables)
                        for t in (plain, template)]
            assert rendered[0] == rendered[1], (family, name, rendered)
            out = fast.apply_chat_template(messages, chat_template=template, tokenize=True, return_dict=True,
                                           return_assistant_tokens_mask=True, **variables)
            assert fast.decode(out["input_ids"], clean_up_tokenization_spaces=False) == rendered[0]
            cases.append({"name": name, "messages": messages, "variables": variables, "ids": out["input_ids"],
                          "mask": out["assistant_masks"]})
        families.append({"family": family, "tokens": tokens, "cases": cases})
        print(family, [sum(c["mask"]) for c in cases])
    (HERE / "labels.json").write_text(json.dumps(families, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
