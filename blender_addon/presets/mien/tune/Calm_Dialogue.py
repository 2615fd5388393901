# SPDX-License-Identifier: GPL-3.0-or-later
"""A quiet face with a steady head: interviews, narration."""

import bpy

tune = bpy.context.scene.mien.tune
tune.smoothing = 0.65
tune.smoothing_head = 0.75
tune.gain = 0.9
tune.gains = [1.0] * len(tune.gains)
tune.mutes = [False] * len(tune.mutes)
tune.hold_gaze = True
tune.part_winks = True
tune.resolve_opposites = True
tune.clamp = True
tune.limit_close = True
tune.seal_lips = True
