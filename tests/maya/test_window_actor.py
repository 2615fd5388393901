"""The page Actor in a real Qt: what is greyed, what is kept, the network's menu."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import making_actor
import pytest

if sys.version_info[:2] != (3, 11):  # there the dev extra brings a Qt, and nothing is skipped
    pytest.importorskip("Qt", reason="Qt.py and a PySide are not here", exc_type=ImportError)

from windows import click, photograph, until


@pytest.fixture
def page(window, take_path):
    """The page, unfolded, with a take whose footage is known."""
    window.session.pythons.forget()
    window.session.open_takes([str(take_path)])
    window.session.change_take(video=str(making_actor.FOOTAGE))
    for name, section in window.sections.items():
        section.head.setChecked(name in ("Solve", "Actor"))
    return window.pages["Actor"]


def test_it_says_what_is_missing_until_a_python_can_train(window, page, tmp_path: Path):
    page.look()
    assert not page.train.isEnabled()
    assert "Choose one as Training Python" in page.train.toolTip()
    page.python.setText(making_actor.python_with(tmp_path, versions=False))
    page.python.editingFinished.emit()
    until(lambda: "torch" in page.versions.text() and "Looking" not in page.versions.text())
    assert not page.train.isEnabled()
    page.python.setText(making_actor.python_with(tmp_path, versions=True))
    page.python.editingFinished.emit()
    until(page.train.isEnabled)
    assert page.versions.text() == "Mien 1, torch 2"
    photograph(window, "actor")


def test_what_is_chosen_is_kept_with_the_scene(window, page):
    page.actor.setText("Ana")
    page.actor.editingFinished.emit()
    page.labels.setCurrentIndex(2)
    page.all_takes.setChecked(True)
    kept = window.session.kept.training
    assert (kept.actor, kept.labels, kept.all_takes) == ("Ana", "LABELLER", True)
    assert not page.in_range.isEnabled()


def test_a_network_is_chosen_where_takes_are_solved(window, page, toy_folder: Path, tmp_path: Path):
    from mien_maya.road.networks import FOLDER

    menu = window.pages["Solve"].network
    assert menu.currentText() == "Default"
    ana = tmp_path / "networks" / "Ana"
    ana.mkdir(parents=True)
    os.symlink(toy_folder / "student.onnx", ana / "student.onnx")
    scores = {"held_out_before": {"weights_mae": 0.05}, "held_out_after": {"weights_mae": 0.03}}
    (ana / "card.json").write_text(json.dumps({"training": scores}))
    window.session.set_machine(FOLDER, str(tmp_path / "networks"))
    menu.look()
    menu.setCurrentIndex(menu.findText("Ana"))
    menu.activated[int].emit(menu.currentIndex())
    assert window.session.kept.network == "Ana"
    assert page.gain.text() == "Ana: error 0.050 → 0.030 (−40 %)"
    assert page.report.isEnabled()
    click(page.report)
    assert "no report" in window.session.message
    photograph(window, "network")
