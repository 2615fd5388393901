"""What Blender and Maya share of running a worker: no bpy, no maya, no Qt, nothing of the solver.

`processes` is what each worker's process needs, `live_worker` the process of `mien live` and the thread that
hears it, `live_session` what an adapter asks at each tick. `actor_training` writes down what a network of one
actor learns from, `training_python` knows whether a Python can train, `networks` which networks there are.
"""
