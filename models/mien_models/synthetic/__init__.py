"""Faces with known weights, drawn from MakeHuman's CC0 head."""
