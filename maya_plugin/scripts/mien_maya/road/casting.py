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
from .kept import Joint, KeptCharacter
from .solving import Solving


class Casting(Solving):
    """The characters and their maps."""

    def add_character(self) -> None:
        """The selected meshes, controls and joints are a character; its map comes from their names."""
        self._do(self._add_character)

    def choose_character(self, index: int) -> None:
        """Another character of the list is animated."""
        if index != self.kept.character_index:
            self.change(character_index=index)
            self._use_character()
            self.changed()

    def remove_character(self) -> None:
        """Take the character off the list; nothing of the scene changes."""
        kept, i = self.kept, self.kept.character_index
        rest = (*kept.characters[:i], *kept.characters[i + 1 :])
        self.change(characters=rest, character_index=min(i, len(rest) - 1))
        self._use_character()
        self.changed()

    def auto_map(self) -> None:
        """Make the map from the names anew, of the channels that the character has now."""

        def act() -> str:
            self._find_character()
            self._use(rigging.rig_by_names(self.character.targets))
            return self._driven()

        self._do(act)

    def load_map(self, path: str) -> None:
        """Use the map of a file."""

        def act() -> str:
            rig, words = rigging.rig_of_map(read_map(path), self.character.targets)
            self._use(rig)
            return words or self._driven()

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
            assert self.who is not None
            names = self.scene.selected()
            joints = {key: joint for key, joint in self.who.joints.items() if key != part}
            if not names:
                self.change_character(joints=joints)
                return f"{rigging.JOINTS[part]}: none."
            lie = self.scene.lie_of(names[0])
            joint = Joint(names[0], lie.axes.up, lie.axes.forward, lie.order)
            self.change_character(joints={**joints, part: joint})
            oblique = " Its axes don't lie along the head's: check its turns." if lie.oblique else ""
            return f"{rigging.JOINTS[part]}: {names[0]}.{oblique}"

        self._do(act)

    def make_shapes(self) -> None:
        """Make the 52 shapes for the character's first mesh, in the worker; one undo takes them away."""
        self._do(self._make_shapes)

    def whole_map(self) -> RetargetMap:
        """The map as it is baked."""
        assert self.who is not None
        return self._map_of(self.who, self.rig, self.character.namespace if self.character else "")

    def _map_of(self, who: KeptCharacter, rig: rigging.Rig, namespace: str) -> RetargetMap:
        bare = {part: (self.scene.bare_name(j.node, namespace), j) for part, j in who.joints.items()}
        return rig.whole(bare, who.mirror)

    def _add_character(self) -> str:
        character = self.scene.character_of(self.scene.selected())
        rig = rigging.rig_by_names(character.targets)
        made = KeptCharacter(character.nodes, rig.text())
        kept, index = self.kept.characters, self._like(character.nodes)
        known = (*kept[:index], made, *kept[index + 1 :])
        self.character, self.rig = character, rig
        self.change(characters=known, character_index=index)
        return self._driven()

    def _like(self, nodes: tuple[str, ...]) -> int:
        """Which of the list is this character; the next free place for a new one."""
        known = self.kept.characters
        return next((i for i, other in enumerate(known) if other.nodes == nodes), len(known))

    def _driven(self) -> str:
        return f"{self.rig.driven} of {len(self.rig.mapping.channels)} channels are driven."

    def _make_shapes(self) -> str:
        assert self.character is not None
        node = self.character.nodes[0]
        face = self.scene.face_of(node)
        folder = Path(tempfile.mkdtemp(prefix="mien-", dir=self._scratch.name))
        shaping.write_mesh(folder, face.vertices, face.polygons)

        def found(_event: Event) -> str:
            shaping.add_points(folder, face.vertices, face.polygons)
            self._begin("Shapes", shaping.shape_words(folder), made)
            return "Making the 52 shapes…"

        def made(_event: Event) -> str:
            names, deltas = shaping.read_shapes(folder)
            blendshape = self.scene.make_blendshape(node, names, deltas)
            shutil.rmtree(folder, ignore_errors=True)
            self._find_character()
            self._use(rigging.rig_by_names(self.character.targets))
            return f"{blendshape} has the 52 shapes."

        self._begin("Shapes", shaping.point_words(folder, self.scene.up_axis()), found)
        return "Looking for the face…"

    def _use(self, rig: rigging.Rig) -> None:
        self.rig = rig
        self.change_character(map=rig.text())
