# SPDX-License-Identifier: GPL-3.0-or-later
"""What Mien begins with."""

import bpy

tune = bpy.context.scene.mien.tune
tune.smoothing = 0.5
tune.smoothing_head = 0.5
tune.gain = 1.0
tune.gains = [1.0] * len(tune.gains)
tune.mutes = [False] * len(tune.mutes)
tune.hold_gaze = True
tune.part_winks = True
tune.resolve_opposites = True
tune.clamp = True
tune.limit_close = True
tune.seal_lips = True
