"""Which network measures: the default one, or one of the user's own (see `mien.hosting.networks`)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from mien.hosting.networks import DEFAULT, Network, chosen_network, networks_in

from .base import Road

FOLDER = "networks_folder"
"""Under which name the machine keeps where they are."""


class Networks(Road):
    """The networks that there are, and the chosen one."""

    @property
    def networks_folder(self) -> Path:
        """Where the networks of actors are."""
        return Path(self.scene.read_option(FOLDER) or self.scene.user_folder() / "networks")

    def network_names(self) -> list[str]:
        """What the menu offers: the default one first."""
        names = [DEFAULT, *(known.name for known in networks_in(self.networks_folder))]
        chosen = self.kept.network
        return names if not chosen or chosen in names else [*names, chosen]

    @property
    def network(self) -> Network | None:
        """The chosen one of the user's."""
        return _called(self.networks_folder, self.kept.network) if self.kept.network else None

    def choose_network(self, name: str) -> None:
        """The network that measures from now on."""
        _called.cache_clear()
        self.change(network="" if name == DEFAULT else name)

    def network_words(self) -> list[str]:
        """What the worker is told of the chosen network; ModelError where it is gone."""
        chosen = chosen_network(self.kept.network, self.networks_folder)
        return ["--model", str(chosen)] if chosen is not None else []


@lru_cache(maxsize=16)
def _called(folder: Path, name: str) -> Network | None:
    """A network by name. Kept until one is chosen: the window asks at each change of anything."""
    return next((known for known in networks_in(folder) if known.name == name), None)
