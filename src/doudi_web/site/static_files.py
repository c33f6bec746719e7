"""Style, scripts and fonts of the pages, answered before anything of Django is asked."""

from collections.abc import Callable
from typing import Any

from whitenoise import WhiteNoise  # pyright: ignore[reportMissingTypeStubs]  # it has none

from doudi_web.desk.assets import STATIC

_YEAR = 365 * 24 * 3600


def with_static_files(application: Callable[..., Any]) -> WhiteNoise:
    """The application behind its static files: a browser may keep them, for their addresses name their content."""
    made = WhiteNoise(application, max_age=_YEAR, add_headers_function=_headers)
    made.add_files(str(STATIC), prefix="static/")
    return made


def _headers(headers: Any, path: str, url: str) -> None:  # noqa: ARG001  # as it is called
    headers["X-Content-Type-Options"] = "nosniff"
