"""Rigs: the blendshape model of the paper, the reference head, and the way from weights to channels and keys.

Nothing here knows a host. Only `mien.rig.preview` draws pictures (and imports OpenCV).
"""
