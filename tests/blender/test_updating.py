"""An update of the extension in a running Blender: the newer `mien` is used, not the one in memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

UPDATING = Path(__file__).resolve().parents[2] / "blender_addon" / "updating.py"

SCRIPT = """
import runpy, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
runpy.run_path(sys.argv[2])
import mien.words
said = mien.words.SAID
site = Path(sys.argv[1])
for file in (site / "mien").glob("*.py"):
    file.write_text(file.read_text().replace("0.0.1", sys.argv[3]) + "# longer")
(site / "mien-0.0.1.dist-info").rename(site / f"mien-{sys.argv[3]}.dist-info")
about = site / f"mien-{sys.argv[3]}.dist-info" / "METADATA"
about.write_text(about.read_text().replace("0.0.1", sys.argv[3]))
runpy.run_path(sys.argv[2])
import mien.words
print(said, mien.words.SAID, mien.words.SAID is said)
"""


@pytest.mark.parametrize("newer", ["0.0.1", "0.0.2"])
def test_a_newer_version_is_imported_anew(tmp_path: Path, newer: str) -> None:
    package, about = tmp_path / "mien", tmp_path / "mien-0.0.1.dist-info"
    for folder in (package, about):
        folder.mkdir()
    (package / "__init__.py").touch()
    (package / "version.py").write_text('__version__ = "0.0.1"\n')
    (package / "words.py").write_text('SAID = "".join(["of ", "0.0.1"])\n')
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: mien\nVersion: 0.0.1\n")
    command = [sys.executable, "-B", "-I", "-c", SCRIPT, tmp_path, UPDATING, newer]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    same = newer == "0.0.1"
    assert ran.stdout.strip() == f"of 0.0.1 of {newer} {same}"
