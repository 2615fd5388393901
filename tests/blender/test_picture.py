"""picture.py: the worker's picture of the crop, read as it is written, and never kept."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from bl_ext.user_default.mien import picture


def test_a_picture_is_read_and_laid_out_for_blender() -> None:
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
    read = picture.parse(b"P5\n4 3\n255\n" + grey.tobytes())
    assert read.tolist() == grey.tolist()
    colours = picture.colours(read).reshape(3, 4, 4)
    assert (colours[..., 3] == 1.0).all()
    np.testing.assert_allclose(colours[0, :, 0], grey[2] / 255.0)


@pytest.mark.parametrize("content", [b"", b"P5\n4 3\n255\n123", b"JFIF", b"P5\nx y\n255\nabc"])
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError):
        picture.parse(content)


def test_it_is_shown_and_leaves_nothing() -> None:
    icon = picture.CropIcon()
    path = icon.begin()
    assert icon.icon == 0
    icon.look()
    path.write_bytes(b"P5\n4 3\n255\n" + bytes(range(12)))
    icon._show(picture.parse(path.read_bytes()))
    assert tuple(icon._previews["crop"].image_size) == (4, 3)
    assert not bpy.data.images
    icon.clear()
    assert icon.icon == 0
    assert not Path(path).exists()
