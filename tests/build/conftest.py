"""mien's own wheel, built once for the tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

import build_addons


@pytest.fixture(scope="session")
def mien_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_addons.build_wheel(tmp_path_factory.mktemp("wheel"))
