"""Check the extension's types against Blender's API as its stubs describe it: arguments, results, names.

    python tests/blender/check_types.py

mypy and the stubs (fake-bpy-module) live in a virtual environment of their own, made on the first run below
$MIEN_HOSTS (by default ~/.cache/mien); they need Python 3.13, for the stubs are written in its syntax. What
is an idiom of Blender's, or wrong in the stubs, is in IDIOMS; anything else is an error: exit code 1.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from matrix import ROOT, _interpreter, environment_called

PYTHON = "3.13"
TOOLS = ("mypy==1.18.2", "fake-bpy-module-4.5==20260730", "numpy==2.2.6")

OFF = ("valid-type", "union-attr", "override", "misc", "func-returns-value", "var-annotated")
"""Properties are annotations that are calls; Object.data may be of fourteen kinds; mix-ins carry what
operators and panels share; and the stubs let functions that answer return None."""

IDIOMS = (
    r'"(type\[)?Scene\]?" has no attribute "(mien|mien_live)"',  # registered by the extension
    r'"PropertyGroup" has no attribute',  # ours; their classes are known at run time
    r'"(type\[)?\w+\]?" has no attribute "(report|poll_message_set|filepath)"',  # mix-ins
    r'has no attribute "__func__"',  # a mix-in's class method, called for the operator
    r'"ID" has no attribute "animation_data"',  # it has, where it can be animated
    r'"(Property|BlenderRNA)" has no attribute "(enum_items|functions)"',
    r'"ActionStrip" has no attribute "channelbag"',  # only the keyframe strip's stub has it
    r'None"; expected',  # context.scene and panel.layout are there when Blender calls
    r"Literal\[",  # icons and reports are plain text here
    r'incompatible type "Working"; expected "Operator',
    r'"float" has no attribute "foreach_set"',  # image_pixels_float is an array
    r"right operand type for in \(\"Object\"\)",  # custom properties
    r'"list" has incompatible type "Any \| Vector"',
    r'"register" has incompatible type "dict\[str, dict\[tuple\[str, str\], str\]\]"',  # as the manual says
    r'expression has type "Image", variable has type',  # an empty's data
    r'base class "Menu" defined the type',  # draw = Menu.draw_preset, as the manual says
)


def main() -> int:
    """Print what is wrong; 0 when nothing is."""
    command = [_environment(), "-m", "mypy", "--python-version", PYTHON, "--no-error-summary",
               *(f"--disable-error-code={code}" for code in OFF), "-p", "blender_addon"]  # fmt: skip
    environment = {**os.environ, "MYPYPATH": str(ROOT / "core")}
    answer = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    lines = answer.stdout.splitlines()
    found = [line for line in lines if line.startswith("blender_addon") and " error: " in line]
    wrong = [line for line in found if not any(re.search(idiom, line) for idiom in IDIOMS)]
    print(*wrong, sep="\n")
    print(f"{len(wrong)} errors ({len(found) - len(wrong)} idioms of Blender's passed over)")
    if answer.returncode not in (0, 1) or not found:
        print(answer.stdout[-2000:], answer.stderr[-2000:], sep="\n")
        return 2
    return int(bool(wrong))


def _environment() -> Path:
    """The Python with mypy and the stubs, made where it is missing."""
    folder, python = environment_called("blender-types")
    if not (folder / "complete").exists():
        subprocess.run([_interpreter(PYTHON), "-m", "venv", "--clear", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *TOOLS], check=True)
        (folder / "complete").touch()
    return python


if __name__ == "__main__":
    sys.exit(main())
