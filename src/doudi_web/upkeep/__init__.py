"""名册: the township keeps its people up to date; what moves money is confirmed by another person at the district.

`people` tells who needs looking at, `asking` what is stated and what it touches, `deciding` is the second person.
"""
