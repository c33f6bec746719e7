"""Pack + Day → Policy: the one bridge between packs and the IR.

expressions (names and types) · remainder (does a base stay within what is left) · lines and visit (the two
Programs) · policy (what comes out, cached by what can change between days). Readings take it from here.
"""

from doudi.compile.policy import Policy, check_pack, compile_policy

__all__ = ["Policy", "check_pack", "compile_policy"]
