"""How many examples a generated test takes, as a share of the profile's, and how it fails.

MANY where an example is cheap, FEW where it is dear. PACKS where it holds a generated pack: to shrink one
takes minutes, so only the thorough profile does; a failure shows the pack's text and its blob all the same.
"""

from hypothesis import Phase, settings

_COUNT = settings.default.max_examples
_FIND = (Phase.explicit, Phase.reuse, Phase.generate)
_THOROUGH = settings.get_current_profile_name() == "thorough"

FEW = settings(max_examples=max(_COUNT // 2, 1))
MANY = settings(max_examples=_COUNT * 4)
PACKS = settings(phases=tuple(Phase) if _THOROUGH else _FIND)
