"""Writes conversations.json and constructs.json: what transformers renders from the templates beside this script.

Usage: python make_chat.py   (needs transformers 5.23.0 and jinja2 3.1.6)

With a folder of other templates as argument nothing is written; each is rendered on the same conversations and the
result is printed as JSON, for trying templates that are not kept here.
"""

import datetime as real
import json
import sys
from pathlib import Path

from transformers.utils import chat_template_utils
from transformers.utils.chat_template_utils import render_jinja_template

HERE = Path(__file__).parent
FAMILIES = {
    "smollm2": {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>"},
    "qwen2.5": {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"},
    "qwen3": {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"},
    "llama3": {"bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>"},
}


class FixedClock(real.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2024, 7, 6, 15, 4, 5)


def turns(*texts, system=None):
    roles = ["user", "assistant"]
    start = [] if system is None else [{"role": "system", "content": system}]
    return start + [{"role": roles[i % 2], "content": t} for i, t in enumerate(texts)]


# name: (messages, generation prompt, further variables)
CONVERSATIONS = {
    "one question": (turns("What is the capital of France?"), True, {}),
    "with system": (turns("Hi", system="You are terse."), True, {"date_string": "01 Jan 2025"}),
    "many turns": (turns("Hi", "Hello!", "How are you?", "Fine.", "Good.", system="Be kind."), True, {}),
    "ends with the assistant": (turns("2+2?", "4"), False, {}),
    "unicode": (turns("Größe: 你好 👨\u200d👩\u200d👧 مرحبا हिन्दी e\u0301 \u00a0x\u2028y", "\U0001d518🇩🇪", "ок"), True, {}),
    "template syntax in the text": (
        turns("{{ 7*7 }} {% raise %} {# gone? #} <|im_end|>\n<|im_start|>system\n{{ messages }}", "{%- endfor %} {{ bos_token }}", "{{ raise_exception('x') }} {{ '{{' }} $1 \\n \\", system="{{ 1 }} {% for %}"),
        True,
        {},
    ),
    "empty texts": (turns("", "", "", system=""), True, {}),
    "white space around": (turns("  leading", "trailing \n\n", "\n\n\tboth\r\n ", "\u00a0\u3000x\u2003", "a\n\n\nb", system="\n  s  \n"), True, {}),
    "thoughts": (
        turns("Q1", "<think>\nfirst\nthought\n</think>\n\nA1", "Q2", "<think>\n\n\nsecond\n\n</think>\n\n\nA2\n"),
        False,
        {},
    ),
    "thoughts in between": (
        turns("Q", "<think>a</think>b</think>c", "<tool_response>\n42\n</tool_response>", "<think>x<think>y\n</think>\n z"),
        True,
        {"enable_thinking": True},
    ),
    "no thoughts please": (turns("Q", "</think>", "R"), True, {"enable_thinking": False}),
    "odd order": (
        [
            {"role": "assistant", "content": "I begin."},
            {"role": "assistant", "content": "<think>t</think>And go on."},
            {"role": "system", "content": "late system"},
            {"role": "user", "content": "x" * 3000 + "\n'\"\\ & < >"},
            {"role": "user", "content": "again"},
            {"role": "tool", "content": "r1"},
            {"role": "tool", "content": "r2"},
        ],
        False,
        {},
    ),
}

DATA = {
    "messages": turns("Hi", "Hello", "Bye"),
    "list": [3, 1, 2],
    "words": ["b", "A", "c", "a"],
    "rows": [{"n": "x", "v": 2, "on": True}, {"n": "y", "v": 1, "on": False}, {"n": "z", "v": 3}],
    "map": {"a": 1, "b": [1, 2.5, None, True], "items": "own", "c": {"d": "é\n\"<&>'"}},
    "text": "  Hello, World  ",
    "lines": "a\n  b\n\nc",
    "emoji": "a😀b",
    "zero": 0,
    "none": None,
}

CONSTRUCTS = r"""
{{ list[::-1] }}
{{ list[1:] }}{{ list[:-1] }}{{ list[-1] }}{{ list[-2:] }}{{ list[::2] }}{{ list[5:] }}{{ list[2:0:-1] }}
{{ 'a,b,c'.split(',')[-1] }}{{ 'a b  c'.split() }}{{ 'a,b,c'.split(',', 1) }}{{ ''.split(',') }}{{ 'x'.rsplit('x', 1) }}{{ ''.split() }}
{{ '\n\nx\n'.strip('\n') }}|{{ text.strip() }}|{{ text.lstrip() }}|{{ text.rstrip() }}|{{ 'xxaxx'.lstrip('x') }}|{{ 'abcba'.strip('ab') }}
{{ text.startswith('  He') }}{{ text.endswith('x') }}{{ 'abc'.startswith(('x', 'a')) }}
{{ none is none }}{{ zero is none }}{{ list is not none }}{{ missing is none }}
{{ 7 % 3 }} {{ -7 % 3 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ 7 / 2 }} {{ 2 ** 10 }} {{ 7.5 % 2 }} {{ 1 + 2 * 3 }} {{ (1 + 2) * 3 }} {{ -2 ** 2 }} {{ 8 / 2 }} {{ 1 - 1 - 1 }}
{% set ns = namespace(found=false, n=0) %}{% for x in list %}{% if x == 1 %}{% set ns.found = true %}{% endif %}{% set ns.n = ns.n + x %}{% endfor %}{{ ns.found }} {{ ns.n }}
{{ map | tojson }}
{{ map | tojson(indent=2) }}
{{ map['c'] | tojson(indent=4) }} {{ [] | tojson(indent=2) }} {{ {} | tojson(indent=2) }} {{ [[]] | tojson(indent=1) }}
{{ map.b | tojson(separators=(',', ':')) }} {{ {'b': 1, 'a': 2} | tojson(sort_keys=true) }} {{ 'é😀\u0001\u007f\t' | tojson }} {{ 'é😀' | tojson(ensure_ascii=true) }}
{% for k, v in map.items() %}{{ k }}={{ v }};{% endfor %}
{% for k, v in map | items %}{{ k }};{% endfor %}{% for k in map %}{{ k }}{% endfor %}
{{ map['items'] }} {{ map.a }} {{ map.nope }}|{{ map.get('nope') }}|{{ map.get('nope', 3) }}|{{ map.keys() | list }}
{% for x in list %}{{ loop.previtem }}<{{ x }}>{{ loop.nextitem }} {% endfor %}
{% for x in list %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.depth }} {% endfor %}
{% for x in list if x > 1 %}{{ loop.index }}:{{ x }}/{{ loop.length }} {% endfor %}
{% for x in [] %}{{ x }}{% else %}empty{% endfor %}{% for x in missing %}{{ x }}{% else %}nothing{% endfor %}
{% for x in list %}{% if x == 1 %}{% continue %}{% endif %}{{ x }}{% endfor %}{% for x in list %}{% if x == 1 %}{% break %}{% endif %}{{ x }}{% endfor %}
{% for x in list %}{{ loop.cycle('odd', 'even') }}{% if loop.changed(x > 1) %}!{% endif %}{% endfor %}
{% for x in [1, 2] %}{% for y in [3, 4] %}{{ x }}{{ y }}{{ loop.index }}{{ loop.depth0 }} {% endfor %}{{ loop.index }}{% endfor %}
{% set x = 0 %}{% for i in list %}{{ x }}{% set x = i %}{{ x }}{% endfor %}{{ x }}
{% if true %}{% set y = 1 %}{% endif %}{{ y }}{% if false %}{% set z = 1 %}{% endif %}{{ z }}{{ z is defined }}
{{ emoji | length }} {{ emoji[1] }} {{ emoji[2] }} {{ emoji[::-1] }} {{ emoji[-1:] }} {{ 'abc'[1:2] }} {{ 'abc'[-2:] }} {{ 'abc'[5:] }}|{{ 'abc'[9] }}
{% generation %}made {{ 1 }}{% endgeneration %}!
{{- ' a ' -}}   x   {{- ' b ' }}   y
  {%- if true -%}   z   {%- endif -%}   w
{# gone #}a{#- and -#}  b  {#- this -#}
{{ True }} {{ false }} {{ None }} {{ 1.5 }} {{ 1e20 }} {{ 1.0 }} {{ 1e-7 }} {{ 123456789.125 }} {{ 0.1 + 0.2 }} {{ 1_000 }} {{ 100000000000000000.0 }} {{ 3.0 | int }}
{{ [1, 'a', none, true, 1.5, "it's", 'q"', 'b\\n\n\té\x00'] }} {{ {'a': [1], 'b': {}} }} {{ (1, 'x') }} {{ (1,) }} {{ () }}
{% macro hi(name, mark='!', n=1) %}Hi {{ name }}{{ mark * n }}{% endmacro %}{{ hi('Ann') }} {{ hi('Bo', '?') }} {{ hi(name='Cy', n=3) }} {{ hi() }}
{% macro fact(n) %}{% if n > 1 %}{{ n * (fact(n - 1) | int) }}{% else %}1{% endif %}{% endmacro %}{{ fact(5) }}
{% macro box() %}[{{ caller() }}]{% endmacro %}{% call box() %}in{% endcall %}{% macro each(l) %}{% for x in l %}{{ caller(x) }}{% endfor %}{% endmacro %}{% call(x) each([1, 2]) %}<{{ x }}>{% endcall %}
{{ 1 in list }} {{ 9 in list }} {{ 'a' in map }} {{ 'ell' in text }} {{ 9 not in list }} {{ not 1 in list }} {{ 'x' in missing }}
{{ 1 is defined }} {{ missing is defined }} {{ missing is undefined }} {{ 'a' is string }} {{ map is mapping }} {{ list is sequence }} {{ 'a' is iterable }} {{ 1 is number }} {{ true is number }} {{ true is boolean }} {{ 1 is integer }} {{ true is integer }} {{ 1.0 is float }} {{ list is mapping }} {{ 3 is odd }} {{ 3 is even }} {{ 9 is divisibleby 3 }} {{ 9 is divisibleby(2) }} {{ true is true }} {{ 1 is true }} {{ range is callable }} {{ 'A' is upper }} {{ 1 is in list }} {{ 1 is eq 1 }} {{ 2 is gt 1 }} {{ 1 is not string }} {{ zero is false }} {{ 'x' is sameas 'x' }}
{{ 'a' ~ 1 ~ none ~ true ~ 1.5 ~ missing ~ [1] }}
{{ 'yes' if list else 'no' }} {{ 'yes' if zero else 'no' }} {{ 'yes' if zero }}| {{ 1 if 0 else 2 if 0 else 3 }}
{{ rows | selectattr('on') | map(attribute='n') | list }} {{ rows | rejectattr('on') | map(attribute='n') | join(',') }} {{ rows | selectattr('v', 'equalto', 1) | list | length }} {{ rows | selectattr('v', '>', 1) | map(attribute='v') | list }} {{ rows | selectattr('on', 'defined') | list | length }} {{ rows | selectattr('n', 'in', ['x', 'z']) | map(attribute='n') | list }}
{{ list | select('odd') | list }} {{ list | reject('equalto', 1) | list }} {{ words | map('upper') | join('-') }} {{ rows | map(attribute='on', default='?') | list }} {{ ['', 'a', none] | select | list }}
{{ list | sort }} {{ list | sort(reverse=true) }} {{ words | sort }} {{ words | sort(case_sensitive=true) }} {{ rows | sort(attribute='v') | map(attribute='n') | list }} {{ {'b': 1, 'a': 2} | dictsort }} {{ words | unique | list }} {{ list | reverse | list }} {{ 'abc' | reverse }}
{{ text | trim }}|{{ 'xxaxx' | trim('x') }}|{{ 'aBc dEf' | upper }}|{{ 'aBc dEf' | lower }}|{{ 'aBc dEf' | title }}|{{ 'aBc dEf' | capitalize }}|{{ 'aXbXc' | replace('X', '-') }}|{{ 'aXbXc' | replace('X', '-', 1) }}
{{ missing | default('d') }} {{ none | default('d') }} {{ none | default('d', true) }} {{ '' | d('e', boolean=true) }} {{ zero | default(5) }}
{{ list | length }} {{ map | count }} {{ 'abc' | first }} {{ list | last }} {{ [] | first }}| {{ list | min }} {{ list | max }} {{ list | sum }} {{ rows | sum(attribute='v') }} {{ list | join }} {{ [1, none, 'a'] | join('|') }} {{ missing | length }}
{{ '42' | int }} {{ 'x' | int }} {{ 'x' | int(7) }} {{ 3.9 | int }} {{ '3.5' | float }} {{ 3 | float }} {{ 3.456 | round(1) }} {{ 2.5 | round }} {{ 3 | string + 'a' }} {{ -3 | abs }} {{ 'abc' | list }} {{ 3.1 | round(method='ceil') }}
{{ lines | indent }}|{{ lines | indent(2, true) }}|{{ lines | indent(2, blank=true) }}|{{ lines.splitlines() }}
{{ 'abc'.upper() }} {{ 'ABC'.lower() }} {{ 'a b'.title() }} {{ 'ab c'.capitalize() }} {{ 'aXb'.replace('X', '') }} {{ 'banana'.count('an') }} {{ 'banana'.find('n') }} {{ 'banana'.rfind('n') }} {{ 'x'.find('y') }} {{ '-'.join(['a', 'b']) }} {{ '12'.isdigit() }} {{ 'ab'.isalpha() }} {{ ''.isspace() }} {{ 'a=b=c'.partition('=') }} {{ 'prefix-x'.removeprefix('prefix-') }} {{ 'x.py'.removesuffix('.py') }} {{ '7'.zfill(3) }}
{{ "a" "b" 'c' }} {{ 'tab\tnl\nq\'\"\\ \x41\u00e9\U0001F600 \q' }} {{ '%}' }} {{ '}}' }} {{ "{{" }} {{ {'a': {'b': 1}}['a']['b'] }} {{ {'x': {}} }}
{% raw %}{{ not }} {% this %}{% endraw %} {%- raw -%}  {# kept #}  {%- endraw %} x
{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set c %}block {{ a }}{% endset %}{{ c }}{% set d | upper | trim %} up {% endset %}{{ d }}{% for p, (q, r) in [[1, [2, 3]]] %}{{ p }}{{ q }}{{ r }}{% endfor %}
{% with a = 1, b = 2 %}{{ a + b }}{% set c = 9 %}{% endwith %}{{ a }}{{ c }}{% filter upper %}shout {{ 1 }}{% endfilter %}
{{ range(3) | list }} {{ range(1, 7, 2) | list }} {{ range(3, 0, -1) | list }} {{ dict(a=1, b='x') }} {{ strftime_now('%d %b %Y %H:%M:%S %Y-%m-%d %A %B %j %y %I %p %% %a %e') }}
{{ 1 == 1.0 }} {{ 1 == true }} {{ '1' == 1 }} {{ [1] == [1.0] }} {{ {'a': 1} == {'a': 1} }} {{ 1 < 2 < 3 }} {{ 3 > 2 > 2 }} {{ 'a' < 'b' }} {{ missing == none }} {{ missing == missing2 }} {{ [1, 2] < [1, 3] }} {{ 1 != 2 }}
{{ 'a' * 3 }} {{ [1] * 2 }} {{ [1] + [2] }} {{ true + 1 }} {{ not true }} {{ not '' }} {{ 1 and 0 }} {{ 0 or 'x' }} {{ '' or none }} {{ list and 'both' }} {{ -1 }} {{ +1 }} {{ - 3 + 5 }}
{{ messages[0].role }} {{ messages[-1]['content'] }} {{ messages[0]['role'] == 'user' }} {{ messages | length }} {{ (messages | last).content }} {{ messages[0:1][0].content }} {{ messages[9] }}|{{ messages[9] is defined }} {{ list.0 }} {{ messages[0].nope is defined }}
{%- for message in messages %}
    {%- if loop.first %}
        first
    {%- elif message.role == 'assistant' %}

        second {{ message.content }}
    {%- else %}
        third
    {%- endif %}
{%- endfor %}
{% if zero %}
a
{% elif list|length > 5 %}
b
{% else %}
c
{% endif %}
  {% if true %}   
    x
  {% endif %}  y
	{%+ if true %}kept{% endif +%}
z
<a>
    {# comment #}
    {{ 1 }}
    {% set q = 1 %}
</a>
{{ 1,
   2 }}{{ [1, 2,] }}{{ {'a': 1,} }}
{%if true%}tight{%endif%}{{1}}{{-1}}{{- 1}}
{%- set parts = 'a|b'.split('|') -%} {{ parts[0] ~ parts[-1] }} {{ parts | length - 1 }} {{ -parts | length if false else 'ok' }}
{{ caller is defined }} {{ loop is defined }} {{ true is defined }} {{ raise_exception is defined }}
{{ {1: 'a', true: 'b', 'k': 1}[1] }} {{ [1, [2, [3]]] | tojson }} {{ {'a': 1}.items() | list }} {{ ('a', 'b')[1] }} {{ 'a' if ('x',) else 'b' }}
{{ 'It''s' }} {{ "say \"hi\"" }} {{ 0x1F }} {{ 0b11 }} {{ 0o17 }} {{ 1.5e3 }} {{ 10 ** -1 }} {{ 7 // 2.0 }} {{ 2 ** 0.5 }}
{% set list = list + [4] %}{{ list }}{% for x in list %}{% set list = [] %}{% endfor %}{{ list | length }}
{% macro outer() %}{{ zero }}{{ later }}{% endmacro %}{% set later = 5 %}{{ outer() }}{{ outer.name }}
{{ none | selectattr('x') | list }} {{ none | map('upper') | list }} {{ '<{}{}> {0} {a} {{x}}'.format if false else '<{}|{}> {a} {{x}}'.format(1, 'b', a=none) }} {{ '{1}{0}'.format('x', 'y') }}
{{ text | trim | lower | replace(',', '') | length }} {{ (text | trim)[0] }} {{ text.strip().split(', ')[1] | upper }} {{ not text is string }} {{ text is string and list is sequence }}
{% for item in map.items() %}{{ item[0] }}{% endfor %}{% for a in [[1, 2], [3, 4]] %}{{ a[0] + a[1] }}{% if not loop.last %}, {% endif %}{% endfor %}
{{ list | map('string') | join(',') }} {{ [1, 2] | map('int') | sum }} {{ [[1, 2], [3]] | map('length') | list }} {{ [['a', 1]] | map('first') | list }} {{ ['a b', 'c'] | map('replace', ' ', '_') | list }}
{{ 'A' 'b' ~ 'c' | upper }} {{ 1 ~ 2 ~ 3 }} {{ 2 * 3 ~ 4 }} {{ 'a' ~ 'b' == 'ab' }} {{ 1 + 1 == 2 and 2 in [2] }} {{ 1 < 2 == true }}
"""

# Each of these fails in jinja2 and must fail here.
FAILING = [
    "{{ raise_exception('stop here') }}", "{{ missing.attribute }}", "{{ missing() }}", "{{ 'a' + 1 }}", "{{ 1 / 0 }}", "{{ list.append(1) }}", "{{ map.update({}) }}", "{{ x | nofilter }}", "{{ 1 is notest }}", "{% nostatement %}",
    "{% if true %}", "{% for x in list %}", "{{ 1 + }}", "{{ 'open }}", "{% endif %}", "{{ 1 }", "{{ [1, 2 }}", "{% for x in 5 %}{% endfor %}", "{% set ns = namespace() %}{% set ns._x = 1 %}", "{{ none.x.y }}", "{{ missing + 1 }}",
    "{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}", "{% set x.y = 1 %}", "{{ 'a' < 1 }}", "{{ ''.__class__.__mro__ }}", "{# open", "{{ 3 | length }}", "{{ range(1000000) }}", "{% set a, b = [1] %}", "{{ 1[2][3] }}", "{% raw %}x", "{{ '' | tojson(nope=1) }}", "{{ '{} {}'.format(1) }}", "{{ '{'.format(1) }}", "{% break %}",
]


def constructs():
    found = [part for part in CONSTRUCTS[1:-1].split("\n")]
    several = "\n".join(found)
    # Constructs of several lines are those that begin at these lines and end before the next single one.
    blocks, lines, i = [], several.split("\n"), 0
    opening = {"{{- ' a '": 2, "{%- for message in": 10, "{% if zero %}": 7, "  {% if true %}": 3, "\t{%+": 2, "<a>": 5, "{{ 1,": 2}
    while i < len(lines):
        size = next((n for start, n in opening.items() if lines[i].startswith(start)), 1)
        blocks.append("\n".join(lines[i : i + size]))
        i += size
    more = ["{% if true %}\nx\n{% endif %}\n", "a\n\n", "a\r\nb\r", "\n{% set x = 1 %}\n\n{{ x }}\n", "{%- if true %}\n  x\n{%- endif -%}\n\n y", "a {%- if true %} b {% endif -%} c", "\n\n  {#- x -#}\n  b", "{{ 1 -}}\n\n b", "a\n  {{- 1 }}", "{% raw %}\n  {{ x }}\n{% endraw %}\n.", "  {% raw %} a {% endraw %}", "{% for x in list -%}\n  {{ x }}\n{%- endfor %}", "", "plain", "{{ text }}", "{% set x %}\n a\n{% endset %}[{{ x }}]", "\u00a0{%- if true -%}\u3000x{% endif %}"]
    return blocks + more


def rendered(template, variables, messages, generation):
    texts, _ = render_jinja_template([messages], chat_template=template, add_generation_prompt=generation, **variables)
    return texts[0]


def write(name, rows):
    (HERE / name).write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(name, len(rows))


def cases(template, tokens):
    for name, (messages, generation, variables) in CONVERSATIONS.items():
        yield {"name": name, "messages": messages, "generation": generation, "variables": variables, "rendered": rendered(template, {**tokens, **variables}, messages, generation)}


def main():
    chat_template_utils.datetime = FixedClock
    if len(sys.argv) > 1:
        out = []
        for path in sorted(Path(sys.argv[1]).glob("*.jinja")):
            tokens = {"bos_token": "<BOS>", "eos_token": "<EOS>"}
            try:
                out.append({"template": path.name, "tokens": tokens, "cases": list(cases(path.read_text(encoding="utf-8"), tokens))})
            except Exception as e:
                print(path.name, type(e).__name__, str(e)[:80], file=sys.stderr)
        print(json.dumps(out, ensure_ascii=False))
        return
    write("conversations.json", [{"family": f, "tokens": t, "cases": list(cases((HERE / f"{f}.jinja").read_text(encoding="utf-8"), t))} for f, t in FAMILIES.items()])
    environment_data = {k: v for k, v in DATA.items() if k != "messages"}
    rows = []
    for c in constructs() + FAILING:
        try:
            outcome = {"rendered": rendered(c, environment_data, DATA["messages"], False)}
        except Exception as e:
            outcome = {"error": f"{type(e).__name__}: {e}"}
        if ("error" in outcome) != (c in FAILING):
            print("unexpected:", c, outcome)
        rows.append({"template": c, **outcome})
    write("constructs-data.json", DATA)
    write("constructs.json", rows)


if __name__ == "__main__":
    main()
