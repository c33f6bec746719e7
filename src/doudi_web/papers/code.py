"""The code by which one tells that a paper is genuine, as people read it out and as a telephone reads it."""

import io

import segno

SHOWN = 16
"""Hexadecimal digits of the code that are printed to be read out."""


def grouped(code: str) -> str:
    """The first digits of a code, four by four.

    >>> grouped("9d5556ec80fb072d00")
    '9D55 56EC 80FB 072D'
    """
    head = code[:SHOWN].upper()
    return " ".join(head[at : at + 4] for at in range(0, len(head), 4))


def qr(content: str) -> str:
    """A QR code as an SVG of its own: black squares, nothing else."""
    made = io.BytesIO()
    code = segno.make(content, error="m", micro=False, boost_error=False)
    code.save(made, kind="svg", border=2, xmldecl=False, svgns=True, nl=False, omitsize=True)
    return made.getvalue().decode()
