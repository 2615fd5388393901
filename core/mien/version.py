"""The version of the distribution, read by the build and written into every Take."""

__version__ = "0.1.0"
