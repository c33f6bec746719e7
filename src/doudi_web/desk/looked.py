"""What was looked at is what is done: a preview marks the fields that it was made of, and an act brings the mark.

Without it, or with other fields, the preview is made anew, and nothing is written.
"""

import json
from collections.abc import Mapping
from typing import Any

from django.core.signing import Signer
from django.utils.crypto import constant_time_compare

from doudi_web.desk.page import Asked

_SALT = "doudi_web.desk.looked"


def mark_of(of: str, typed: Mapping[str, Any]) -> str:
    """The mark of a form's fields, under the key of this service: nobody makes one without a preview."""
    text = json.dumps([of, typed], sort_keys=True, ensure_ascii=False)
    return Signer(salt=_SALT).signature(text)


def is_looked_at(asked: Asked, mark: str) -> bool:
    """Whether a form brings the mark of what it states now."""
    return constant_time_compare(asked.request.POST.get("looked", ""), mark)
