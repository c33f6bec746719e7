"""How many examples a generated test takes, as a share of the profile's: MANY where one is cheap."""

from hypothesis import settings

FEW = settings(max_examples=max(settings.default.max_examples // 2, 1))
MANY = settings(max_examples=settings.default.max_examples * 5)
