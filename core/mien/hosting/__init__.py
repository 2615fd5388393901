"""What Blender and Maya share of running a worker: no bpy, no maya, no Qt, nothing of the solver.

`processes` runs a worker and hears it in a thread, `live_worker` is that of `mien live`, `live_session` what
an adapter asks it at each tick. `actor_training` writes down what a network of one actor learns from,
`training_python` knows whether a Python can train, `networks` which networks there are, `places` which names
are not taken.
"""
