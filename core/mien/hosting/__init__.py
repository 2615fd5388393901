"""What Blender and Maya share of running a worker: no bpy, no maya, no Qt, nothing of the solver.

`processes` is what each worker's process needs, `live_worker` the process of `mien live` and the thread that
hears it, `live_session` what an adapter asks at each tick.
"""
