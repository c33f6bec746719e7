"""Putting a release on a machine that has no network, and from one release to the next and back.

Python's own library and the engine's faults, nothing else: an archive runs this before anything of it is installed.
"""
