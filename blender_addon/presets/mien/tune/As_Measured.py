# SPDX-License-Identifier: GPL-3.0-or-later
"""What the solver measured: no smoothing, no constraints."""

import bpy

tune = bpy.context.scene.mien.tune
tune.smoothing = 0.0
tune.smoothing_head = 0.0
tune.gain = 1.0
tune.gains = [1.0] * len(tune.gains)
tune.mutes = [False] * len(tune.mutes)
tune.hold_gaze = False
tune.part_winks = False
tune.resolve_opposites = False
tune.clamp = False
tune.limit_close = False
tune.seal_lips = False
