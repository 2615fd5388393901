"""Mien: one camera's view of a face, turned into animation on a rig.

This package is the host-agnostic core. It imports neither a host (Blender, Maya) nor torch, and importing
it is cheap: the modules that need onnxruntime, OpenCV or PyAV are imported only by those that solve.
"""

from .version import __version__

__all__ = ["__version__"]
