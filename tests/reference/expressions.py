"""Random templates over random rows: perbit's text against Jinja2's, as lm-evaluation-harness sets it up.

expressions.py RENDER_LINES [CASES] [SEED]   a single different case fails the run
"""
import json
import random
import re
import subprocess
import sys
import warnings

import jinja2
from templates import WORDS, compare, value

# By the kind of value: expressions with $str, $int ... in them for others. Most of them succeed.
RULES = {
    "str": ["s", "t", "名", "d.text", "ds[0].text", "xs[0]", "'a'", '"it\'s"', "'\\n\\x41\\u00e9'", "'é' 'ß'", "'a b  c'",
            "'ﬁ Σ'", "''", "$str + $str", "$str ~ $any", "$any ~ $int ~ $any", "$str * $int", "$str|lower", "$str|upper",
            "$str|capitalize", "$str|title", "$str|trim", "$str|trim('a ')", "$str|replace('a', 'bb')",
            "$str|replace('', '.')", "$any|string", "$list|join(', ')", "$list|join", "$list|map('string')|join('/')",
            "$str|indent(2, true)", "$str|reverse", "$str|first", "$str|last", "$str|regex_replace('[aeiou]+', '<>')",
            "$str|regex_replace('(\\\\w)(\\\\w)', '\\\\2\\\\1')", "$str.strip()", "$str.lstrip()", "$str.rstrip('z ')",
            "$str.upper()", "$str.lower()", "$str.title()", "$str.capitalize()", "$str.replace('a', 'ä')",
            "$str.replace('a', '', 1)", "$str.removeprefix('a')", "' '.join($strs)", "'{} {}'.format($any, $int)",
            "'{0}{k}{{}}'.format($str, k=$any)", "$str[$slice]", "($str)[:2]", "$str if $bool else $str", "$strs[0]",
            "$ds|map(attribute='text')|join(',')", "$str|default('z')", "nothing|default($str)", "$str or $str"],
    "int": ["n", "m", "0", "1", "2", "-3", "1_000", "0x1F", "$int + $int", "$int - $int", "$int * $int", "$int // $int",
            "$int % $int", "$int ** 2", "-$int", "+$int", "$str|length", "$list|length", "$str|int", "$float|int",
            "$any|int(7)", "$ints|sum", "$ints|min", "$ints|max", "$ints|first", "$int|abs", "$int|round",
            "$str.find('a')", "$str.rfind('a')", "$str.count('a')", "$list.index($any)", "$list.count($any)", "d|length",
            "$int if $bool else $int", "ns[0]", "d.n", "$bool + $int", "$list|count", "$int and $int", "range($int)|sum"],
    "float": ["f", "2.5", "1e3", "1e16", "1e-7", "-0.0", "0.1", "$int / $int", "$float + $int", "$float * $float",
              "$float - $float", "$float // $int", "$float % $int", "-$float", "$str|float", "$float|round(1)",
              "$float|round(1, 'floor')", "$float|round(2, 'ceil')", "$float ** 2", "$float|abs", "$int|float",
              "$float|round"],
    "bool": ["true", "False", "$int < $int", "$int <= $float", "$str < $str", "$any == $any", "$any != $any",
             "$str in $str", "$any in $list", "$any not in $list", "$str in d", "not $any", "$bool and $bool",
             "$bool or $bool", "$any is none", "$any is string", "$any is number", "$any is integer", "$any is float",
             "$any is mapping", "$any is sequence", "$any is iterable", "$any is boolean", "$str is lower",
             "$str is upper", "$int is odd", "$int is even", "$int is divisibleby(3)", "$int is divisibleby 2",
             "$any is in $list", "$any is eq $any", "$int is gt $int", "nothing is defined", "a is defined",
             "$any is not none", "$any is not string", "$any is true", "$str.startswith('a')", "$str.isdigit()",
             "$str.endswith(('z', 'e'))", "$str.isupper()", "$str.islower()", "$str.isalpha()", "$str.isalnum()",
             "$str.isspace()", "$int < $int < $int", "$list == $list", "$ints < $ints", "1 == true", "$any is sameas none",
             "1 < 2 and 'a' in 'abc' or $bool", "not $int in $ints", "not $bool is none"],
    "strs": ["xs", "$str.split()", "$str.split(' ')", "$str.split('a', 1)", "$str.rsplit(' ', 1)", "$str|list",
             "$str.splitlines()", "$strs|sort", "$strs|sort(reverse=true)", "$strs|unique|list", "$strs|reverse|list",
             "$strs|map('upper')|list", "$strs|map('trim')|select|list", "$strs + $strs", "[$str, $str]", "$strs[$slice]",
             "$ds|map(attribute='text')|list", "d.keys()|list", "$strs|sort(case_sensitive=true)", "$strs * 2",
             "$strs|map('replace', 'a', 'b')|list"],
    "ints": ["ns", "[$int, $int]", "range(3)|list", "range(5, 0, -2)|list", "$ints|sort", "$ints|select('gt', 1)|list",
             "$ints|reject('odd')|list", "$ints + $ints", "$ints[$slice]", "$ints|unique|list", "$strs|map('length')|list"],
    "list": ["ns", "xs", "$strs", "$ints", "[$any, $any]", "($any, $any)", "($any,)", "ns[:0]", "range($int)|list",
             "$list|list", "d|items|list", "d.items()|list", "d|dictsort", "d|dictsort(false, 'key', true)",
             "d.values()|list", "$list|batch(2)|list", "$list|select('string')|list", "$list|reject('none')|list",
             "$list[$slice]", "$list|reverse|list", "$strs + $ints", "$ds|sort(attribute='i')", "$list if $bool else $list",
             "$list|select|list", "d|list"],
    "ds": ["ds", "$ds[$slice]", "$ds|selectattr('i', 'gt', 1)|list", "$ds|rejectattr('text', 'equalto', 'a')|list",
           "$ds|sort(attribute='text')", "$ds|selectattr('i')|list", "$ds|list", "$ds|unique(attribute='i')|list"],
    "any": ["$str", "$int", "$float", "$bool", "$list", "d", "d.a1", "a", "none", "None", "{}", "{'k': $any, $str: 1}",
            "$ds", "$list[$int]", "d[$str]", "d.get('a1')", "d.get('q', $any)", "$any or $any", "$any and $any",
            "$any if $bool else $any", "$any if $bool", "$list|first", "$list|last", "$any|default($any, true)", "$ds[0].i",
            "($any)", "$str + $int", "x", "d.a1.text", "d['a1']['i']"],
}


class Maker:
    def __init__(self, rng):
        self.rng = rng

    def kind(self, kind, depth):
        if kind == "slice":
            return self.rng.choice(["1:", ":2", "-2:", ":-1", "::-1", "::2", "n:", ":m", "-1:0:-1", ":", "5:1", "-9:9"])
        rules = RULES[kind]
        if depth > 3:
            rules = [rule for rule in rules if "$" not in rule] or [self.kind("ints", 0)]
        rule = self.rng.choice(rules)
        fill = lambda m: self.wrapped(m.group(1), depth + 1)
        return re.sub(r"\$(\w+)", fill, rule)

    def wrapped(self, kind, depth):
        """Mostly in parentheses; without them precedence decides, and must do so alike."""
        text = self.kind(kind, depth)
        return text if kind == "slice" or self.rng.random() < 0.15 or re.fullmatch(r"[\w.]+", text) else f"({text})"

    def expression(self, depth=0):
        return self.kind("any", depth)

    def loop(self):
        return self.kind(self.rng.choice(["list", "strs", "ints", "str", "ds"]), 2)

    def dash(self):
        return self.rng.choice(["", "", "", "-", "+"])

    def tag(self, text):
        return f"{{%{self.dash()} {text} {self.dash()}%}}"

    def text(self):
        return self.rng.choice(["\n", " ", "x", "  \n y ", "{", "}", "%}", "é\r\n", "\n\n", "a{b", "#}", "\u3000"])

    def print(self):
        return f"{{{{{self.rng.choice(['', '-'])} {self.expression()} {self.rng.choice(['', '-'])}}}}}"

    def body(self, depth):
        return "".join(self.text() + self.statement(depth + 1) for _ in range(1)) + self.text()

    def statement(self, depth=0):
        rng, t = self.rng, self.tag
        if depth > 2 or rng.random() < 0.5:
            return self.print()
        b = lambda: self.body(depth)
        return rng.choice([
            lambda: t(f"if {self.expression(2)}") + b() + t("else") + b() + t("endif"),
            lambda: t(f"if {self.expression(2)}") + b() + t(f"elif {self.expression(2)}") + b() + t("endif"),
            lambda: t(f"for x in {self.loop()}") + "{{loop.index}}{{loop.last}}{{loop.revindex}}{{x}}" + b() + t("endfor"),
            lambda: t(f"for x in xs if {self.expression(2)}") + "{{x}}{{loop.length}}" + b() + t("else") + b() +
            t("endfor"),
            lambda: t("for k, v in d.items()") + "{{k}}={{v}}" + b() + t("endfor"),
            lambda: t(f"set {rng.choice(['a', 'q', 'x'])} = {self.expression(2)}") + b() + "{{q}}",
            lambda: t("set q") + b() + t("endset") + "{{q|upper}}",
            lambda: t("set ns = namespace(i=0)") + t("for x in xs") + t("set ns.i = ns.i + 1") + t("endfor") + "{{ns.i}}",
            lambda: t("macro m(p, o='D', x=a)") + "{{p}}{{o}}{{x}}" + b() + t("endmacro") +
            f"{{{{m({self.expression(2)})}}}}{{{{m(1, o={self.expression(3)})}}}}",
            lambda: t("filter upper") + b() + t("endfilter"), lambda: t("with q = a, x = 2") + b() + t("endwith"),
            lambda: t("raw") + self.text() + "{{ raw" + self.text() + t("endraw"), lambda: "{#" + self.dash() +
            self.text() + self.dash() + "#}"])()

    def template(self):
        return "".join(self.text() + self.statement() for _ in range(self.rng.choice([1, 1, 1, 2]))) + self.text()


def row(rng):
    keys = ["a1", "text", "label"]
    out = {"a": value(rng, keys), "s": rng.choice(WORDS), "t": rng.choice(WORDS), "n": rng.randint(-3, 4),
           "m": rng.randint(0, 3), "f": rng.choice([0.5, 1.25, -2.675, 1e16, 1e-5, 3.0, 0.1 + 0.2, -0.0, 123456.789]),
           "xs": [rng.choice(WORDS) for _ in range(rng.randint(1, 5))],
           "ns": [rng.randint(-2, 4) for _ in range(rng.randint(1, 4))],
           "ds": [{"i": rng.randint(0, 3), "text": rng.choice(WORDS)} for _ in range(3)],
           "d": {"a1": value(rng, keys), "text": rng.choice(WORDS), "n": rng.randint(0, 2)}, "x": value(rng, keys),
           "名": rng.choice(WORDS)}
    if rng.random() < 0.03:
        del out[rng.choice(list(out))]
    return out


def environments():
    strict = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    strict.filters["regex_replace"] = lambda s, pattern, repl, count=0: re.sub(pattern, repl, s, count=count)
    lax = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
    lax.filters["regex_replace"] = strict.filters["regex_replace"]
    return (0, strict), (3, lax)


def main():
    n = int(sys.argv[2]) if len(sys.argv) > 2 else 20000
    rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    failed = False
    warnings.simplefilter("ignore")  # of templates such as 1[0]
    for options, env in environments():
        cases = [(Maker(rng).template(), row(rng)) for _ in range(n // 2)]
        expected = []
        for template, data in cases:
            try:
                expected.append({"text": env.from_string(template).render(**data)})
            except Exception as e:
                expected.append({"error": f"{type(e).__name__}: {e}"})
        lines = "".join(json.dumps({"template": t, "doc": d, "options": options}) + "\n" for t, d in cases)
        run = subprocess.run([sys.argv[1]], input=lines.encode(), stdout=subprocess.PIPE, check=True)
        got = [json.loads(line) for line in run.stdout.decode().split("\n")[:-1]]
        counts, reasons = compare(cases, expected, got)
        print(f"options {options}:", ", ".join(f"{k} {c}" for k, c in sorted(counts.items())))
        for reason, c in reasons.most_common(25):
            print(f"    refused {c}: {reason}")
        failed |= counts["different"] > 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
