"""The host matrix believes pytest: a crash after its last word fails no Blender, one before it does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from matrix import judged

DIES = "import os, signal\ndef die(): os.kill(os.getpid(), signal.SIGABRT)\n"


@pytest.mark.parametrize(
    ("test", "said"),
    [
        ("def test_it(): pass", "passed (1 tests)"),
        (
            f"{DIES}import atexit\natexit.register(die)\ndef test_it(): pass",
            "passed (1 tests, then Blender ended",
        ),
        ("def test_it(): assert 0", "FAILED (1 of 1 tests)"),
        (f"{DIES}def test_it(): die()", "FAILED (pytest did not come to an end"),
        ("import pytest\ndef test_it(): pytest.skip()", "FAILED (0 of 0 tests)"),
    ],
)
def test_a_run_is_judged(tmp_path: Path, test: str, said: str) -> None:
    (tmp_path / "test_it.py").write_text(test)
    told = tmp_path / "result.xml"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        f"--junitxml={told}",
        "test_it.py",
    ]
    code = subprocess.run(command, cwd=tmp_path, capture_output=True).returncode
    assert judged(told, code).startswith(said)
