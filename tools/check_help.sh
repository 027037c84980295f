#!/usr/bin/env bash
# check_help.sh [PERBIT [FILE...]]: what README.md and docs/ say of the command line is what the program has.
#
#   every option that stands on a line of `perbit COMMAND ...` is an option of that command: --n_ctx, -ngl, -o json
#   every other --option in `code` is an option of some command
#   every command named is a command, and every command that help lists is named
#
# PERBIT: the program (build/release/perbit). Options of other programs are code without perbit before them, and are
# listed in `others` below.
set -euo pipefail
cd "$(dirname "$0")/.."
perbit=${1:-build/release/perbit}
shift || true
[ $# -gt 0 ] || set -- README.md docs/*.md
[ -x "$perbit" ] || { echo "check_help.sh: no program at $perbit"; exit 1; }
python3 - "$perbit" "$@" <<'END'
import re, subprocess, sys

perbit, files = sys.argv[1], sys.argv[2:]
others = {"--threads", "--per_folder", "--samples", "--preset", "--build", "--target", "--print", "--version", "--help"}
commands = re.findall(r"^  ([a-z_]+) ", subprocess.check_output([perbit, "help"], text=True), re.M)
hidden = {"worker"}

def options_of(command):
    text = subprocess.check_output([perbit, "help", command], text=True)
    found = set()
    for short, no, key in re.findall(r"^  (?:-([A-Za-z]+), )?--(\[no-\])?([a-z_]+)", text, re.M):
        found.add("--" + key)
        if short:
            found.add("-" + short)
        if no:
            found.add("--no-" + key)
    return found

options = {c: options_of(c) for c in commands}
everything = set().union(*options.values())
named, mistakes = set(), []

def check(where, command, words):
    for word in words:
        option = word.split("=")[0]
        if not re.fullmatch(r"--?[a-z][a-z_-]*", option) or option in others:
            continue
        normal = "--" + option[2:].replace("-", "_") if option.startswith("--") and not option.startswith("--no-") else option
        known = options[command] if command else everything
        if normal not in known:
            mistakes.append(f"{where}: {option} is no option of " + (f"perbit {command}" if command else "any command"))

for path in files:
    for number, line in enumerate(open(path), 1):
        where = f"{path}:{number}"
        code = [re.split(r"\s#\s", line)[0]] if line.startswith("    ") else re.findall(r"`([^`]+)`", line)
        for piece in code:
            words = re.split(r"[\s;|,]+", piece.strip())
            if words[0] != "perbit":
                if not line.startswith("    "):
                    check(where, None, [w for w in words if w.startswith("--")])
                continue
            command = words[1] if len(words) > 1 else ""
            if command in options:
                named.add(command)
                check(where, command, words[2:])
            elif command not in hidden and not command.isupper() and command != "":
                mistakes.append(f"{where}: perbit has no command {command}")
for command in commands:
    if command not in named:
        mistakes.append(f"{command}: perbit has this command, and {', '.join(files)} do not name it")
for mistake in mistakes:
    print(mistake)
if not mistakes:
    print(f"help: ok ({len(commands)} commands, {len(everything)} options)")
sys.exit(1 if mistakes else 0)
END
