"""The subcommands of `mien` that come with the core: one module each, and what several of them share.

A command reads its words, calls the core and reports. It runs in a worker process, never inside a host.
"""
