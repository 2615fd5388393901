"""`mien bench NAME`: the list of benches.

Each is a module beside this one with `add_arguments(parser)` and `run(args) -> exit code`. A module is
imported only when its name is asked for, so a bench may need extras that others don't.
"""

from __future__ import annotations

import argparse
import importlib
from typing import Any, Final

BENCHES: Final[dict[str, tuple[str, str]]] = {
    "quality": ("quality", "how well a network does: drawn heads, labelled clips, beside MediaPipe"),
    "speed": ("speed", "how fast decoding, solving, the network and live are, beside MediaPipe"),
    "filter": ("filter_bench", "the filters beside One-Euro and plain Savitzky-Golay, on real recordings"),
    "noise": ("tracker_noise", "how noisy the tracker is, from spans in which a face keeps still"),
    "transfer": ("transfer", "the 52 shapes made for heads that have their own, and rigs without names"),
    "fit-filter": ("fit_filter", "fit how fast each part of the face moves, from recordings"),
}
"""Name: (module beside this one, help)."""


def add_bench(subparsers: Any) -> None:
    """Add `mien bench` to the command line."""
    parser = subparsers.add_parser("bench", help="measure how well Mien does")
    kinds = parser.add_subparsers(dest="kind", required=True, parser_class=_lazy(type(parser)))
    for name, (module, text) in BENCHES.items():
        kinds.add_parser(name, help=text, description=text, module=module)


def _lazy(base: type[argparse.ArgumentParser]) -> Any:
    class Lazy(base):  # type: ignore[misc, valid-type]
        """A parser that fetches its arguments when it is used."""

        def __init__(self, *, module: str, **options: Any) -> None:
            super().__init__(**options)
            self.module = module

        def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
            bench = importlib.import_module(f"{__package__}.{self.module}")
            bench.add_arguments(self)
            self.set_defaults(run=bench.run)
            return super().parse_known_args(args, namespace)

    return Lazy
