"""Character: its channels and what drives them, its joints; the 52 shapes for a face that has none."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from mien.rig.map_file import read_map, write_map
from mien.rig.retarget_map import RetargetMap

from .. import rigging, shaping
from ..worker import Event
from .base import Road


class Casting(Road):
    """The character and its map."""

    def use_selected(self) -> None:
        """The selected meshes, controls and joints are the character; its map comes from their names."""

        def act() -> str:
            self.character = self.scene.character_of(self.scene.selected())
            self.rig = rigging.rig_by_names(self.character.targets)
            self.change(nodes=self.character.nodes, map=self.rig.text())
            return f"{self.rig.driven} of {len(self.rig.mapping.channels)} channels are driven."

        self._do(act)

    def auto_map(self) -> None:
        """Make the map from the names anew."""
        if self.character is not None:
            self._use(rigging.rig_by_names(self.character.targets))

    def load_map(self, path: str) -> None:
        """Use the map of a file."""

        def act() -> str:
            rig, words = rigging.rig_of_map(read_map(path), self.character.targets)
            self._use(rig)
            return words or f"{rig.driven} channels are driven."

        self._do(act)

    def save_map(self, path: str) -> None:
        """Write the map, as it is edited, with its joints."""

        def act() -> str:
            write_map(self.whole_map(), path)
            return f"Saved {Path(path).name}."

        self._do(act)

    def edit_channel(self, path: str, **what: Any) -> None:
        """Change what drives one channel."""
        self._use(self.rig.edited(path, **what))

    def choose_joint(self, part: str) -> None:
        """The selected joint or control turns with a part (`rigging.JOINTS`); nothing selected clears it."""

        def act() -> str:
            names = self.scene.selected()
            joints = {key: name for key, name in self.kept.joints.items() if key != part}
            if not names:
                self.change(joints=joints)
                return f"{rigging.JOINTS[part]}: none."
            lie = self.scene.lie_of(names[0])
            self.change(joints={**joints, part: names[0]})
            oblique = " Its axes don't lie along the head's: check its turns." if lie.oblique else ""
            return f"{rigging.JOINTS[part]}: {names[0]}.{oblique}"

        self._do(act)

    def make_shapes(self) -> None:
        """Make the 52 shapes for the character's first mesh, in the worker; one undo takes them away."""
        self._do(self._make_shapes)

    def _make_shapes(self) -> str:
        assert self.character is not None
        node = self.character.nodes[0]
        face = self.scene.face_of(node)
        folder = Path(tempfile.mkdtemp(prefix="mien-"))
        shaping.write_mesh(folder, face.vertices, face.polygons)

        def found(_event: Event) -> str:
            shaping.add_points(folder, face.vertices, face.polygons)
            self._begin("Shapes", shaping.shape_words(folder), made)
            return "Making the 52 shapes…"

        def made(_event: Event) -> str:
            names, deltas = shaping.read_shapes(folder)
            blendshape = self.scene.make_blendshape(node, names, deltas)
            shutil.rmtree(folder, ignore_errors=True)
            self.character = self.scene.character_of(self.character.nodes)
            self._use(rigging.rig_by_names(self.character.targets))
            return f"{blendshape} has the 52 shapes."

        self._begin("Shapes", shaping.point_words(folder, self.scene.up_axis()), found)
        return "Looking for the face…"

    def whole_map(self) -> RetargetMap:
        """The map as it is baked."""
        namespace = self.character.namespace if self.character else ""
        joints = {
            part: (self.scene.bare_name(name, namespace), self.scene.lie_of(name))
            for part, name in self.kept.joints.items()
        }
        return self.rig.whole(joints, self.kept.mirror)

    def _use(self, rig: rigging.Rig) -> None:
        self.rig = rig
        self.change(map=rig.text())
