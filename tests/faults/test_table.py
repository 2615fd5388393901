"""The counted table in docs/faults.md: its numbers are those of its rows, its tests are there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
TEXT = (TESTS.parent / "docs" / "faults.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\|.*\| `(\S+?)::(\w+)` \|$", re.MULTILINE)
NAMED = ROW.findall(TEXT)


def test_the_faults_are_counted():
    (total,) = re.findall(r"^(\d+) faults, each with a promise", TEXT, re.MULTILINE)
    parts = [int(number) for number in re.findall(r"^## .*\((\d+)\)$", TEXT, re.MULTILINE)]
    rows = [len(ROW.findall(part)) for part in TEXT.split("\n## ")]
    assert parts == [count for count in rows if count]
    assert sum(parts) == int(total) == len(NAMED)


@cache
def _tests(path: str) -> set[str]:
    tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(("path", "name"), sorted(set(NAMED)))
def test_every_test_is_there(path, name):
    assert name in _tests(path)
