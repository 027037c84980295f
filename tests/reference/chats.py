"""The chat templates of a folder, on several chats: perbit's text against Jinja2 set up as transformers does.

chats.py RENDER_LINES FOLDER
"""
import collections
import datetime
import glob
import json
import os
import sys

import jinja2
from jinja2 import ext, sandbox
from templates import compare, report

import subprocess

NOW_S = 1750000000
OPTIONS = 1 | 2 | 4
TOOLS = [{"type": "function", "function": {
    "name": "get_weather", "description": "Weather <now> & here",
    "parameters": {"type": "object", "required": ["city"], "properties": {
        "city": {"type": "string", "description": "a city"},
        "unit": {"type": "string", "enum": ["C", "F"]}, "days": {"type": "integer"}}}}}]
CALL = [{"id": "abcdef123", "type": "function",
         "function": {"name": "get_weather", "arguments": {"city": "Zürich", "days": 3, "exact": True}}}]


class Generation(ext.Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("printed"), [], [], body).set_lineno(line)

    def printed(self, caller):
        return caller()


def environment():
    env = sandbox.ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True,
                                                extensions=[Generation, ext.loopcontrols])

    def raise_exception(message):
        raise jinja2.exceptions.TemplateError(message)

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = lambda f: datetime.datetime.fromtimestamp(NOW_S).strftime(f)
    return env


def chats():
    user = {"role": "user", "content": "What is 2+2?\n"}
    system = {"role": "system", "content": "Be brief. ünï <b>"}
    answer = {"role": "assistant", "content": "  4, ça va 😀"}
    yield "one", [user], None
    yield "system", [system, user], None
    yield "turns", [user, answer, {"role": "user", "content": "日本?"}], None
    yield "long", [system, user, answer, user, answer, user], None
    yield "thinking", [user, {"role": "assistant", "content": "<think>\nhm\n</think>\n\nfour"}, user], None
    yield "ends in an answer", [system, user, answer], None
    yield "two of a role", [user, user], None
    yield "parts", [{"role": "user", "content": [{"type": "text", "text": "part ä"}]}], None
    yield "tools", [system, user], TOOLS
    yield "tool calls", [user, {"role": "assistant", "content": "", "tool_calls": CALL},
                         {"role": "tool", "name": "get_weather", "tool_call_id": "abcdef123", "content": "sunny"},
                         answer, user], TOOLS
    yield "empty", [], None


def main():
    env = environment()
    cases, expected = [], []
    paths = sorted(glob.glob(os.path.join(sys.argv[2], "*")))
    for path in paths:
        with open(path, encoding="utf-8", newline="") as f:
            template = f.read()
        for _, messages, tools in chats():
            for prompt in (True, False):
                row = {"messages": messages, "tools": tools, "documents": None, "add_generation_prompt": prompt,
                       "bos_token": "<s>", "eos_token": "</s>"}
                cases.append((template, row))
                try:
                    expected.append({"text": env.from_string(template).render(**row)})
                except Exception as e:
                    expected.append({"error": f"{type(e).__name__}: {e}"})
    lines = "".join(json.dumps({"template": t, "doc": d, "options": OPTIONS}) + "\n" for t, d in cases)
    run = subprocess.run([sys.argv[1]], input=lines.encode(), stdout=subprocess.PIPE, check=True)
    got = [json.loads(line) for line in run.stdout.decode().split("\n")[:-1]]
    print(f"jinja2 {jinja2.__version__}: {len(paths)} chat templates")
    failed = report("chat templates", *compare(cases, expected, got))
    wrong = 0
    for e, g in zip(expected, got, strict=True):
        is_raised = e.get("error", "").split(":")[0] in ("TemplateError", "UndefinedError", "SecurityError")
        if "error" in e and "error" in g and is_raised and g["code"] != "format":
            wrong += 1
            print("code", g, e)
    return failed or wrong > 0


if __name__ == "__main__":
    sys.exit(main())
