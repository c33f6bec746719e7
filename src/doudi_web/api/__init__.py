"""The JSON interface under /api/v1: routes only. What they do is in the rooms below."""
