"""The engine's version, which every settlement names: it can be replayed only by the same one."""

VERSION = "0.1.0"
VERSION_TEXT = f"doudi {VERSION}"
