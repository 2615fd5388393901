"""Mien inside Maya: a thin adapter over `mien`, which does the arithmetic and knows no host.

scene.py reads and writes the scene, menu.py talks to the user; nothing else here imports Maya.
"""
