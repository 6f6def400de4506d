#!/usr/bin/env python3
"""Prints tests/interop/RESULTS.md: table.py RESULTS-FOLDER SERVER=TITLE...

The folder holds one folder for each server, and in it one file for each scenario: `passes`,
or a word, what the server does instead, and the exit code if there is one, parted by tabs.
"""
import pathlib
import sys

folder = pathlib.Path(sys.argv[1])
servers = [argument.split("=", 1) for argument in sys.argv[2:]]
scenarios = {path.name for name, _ in servers for path in (folder / name).iterdir()}
notes = []


def cell(server, scenario):
    path = folder / server / scenario
    if not path.exists():
        sys.exit(f"{scenario} left no result for {server}")
    kind, *rest = path.read_text(encoding="utf-8").strip().split("\t")
    if kind == "passes":
        return "passes"
    because, *exit_code = rest
    note = f"the server {because}" + "".join(f"; exit {code}" for code in exit_code)
    if note not in notes:
        notes.append(note)
    word = {"3": "refused", "4": "fails, says so"}[exit_code[0]] if kind == "fails" else "not possible"
    return f"{word} ({notes.index(note) + 1})"


rows = [[scenario.replace("_", " "), *(cell(name, scenario) for name, _ in servers)] for scenario in sorted(scenarios)]
print("<!-- Written by tests/interop/run with BLESS=1. -->")
print()
print("| | " + " | ".join(title for _, title in servers) + " |")
print("|---" * (len(servers) + 1) + "|")
for row in rows:
    print("| " + " | ".join(row) + " |")
print()
for number, note in enumerate(notes, 1):
    print(f"{number}. {note[0].upper()}{note[1:]}.")
