"""Text from anywhere does nothing in a spreadsheet: no cell of a table that we write is run as a formula.

An XLSX says of each cell that it is text. A CSV cannot, so there a text that a spreadsheet would take for a
formula gets an apostrophe in front, at its beginning and wherever a program that splits at another separator
would begin a cell; reading takes exactly those apostrophes off again.
"""

import re

_BREAKS = "\t\r\n\x85\u2028\u2029"
_BLANK = r"[^\S" + _BREAKS + "]"  # white space that does not end a line
_UNSEEN = "\u200b-\u200f\u202a-\u202e\u2060\ufeff"
_BEFORE = (
    rf"(?:{_BLANK}|[\"'`“”‘’＂＇{_UNSEEN}])*"  # what a spreadsheet may take away before it looks
)
_STARTS = "=+\\-@＝＋－＠﹦﹢﹣﹫"
_BEGINS_CELL = (
    rf"(?:(?<=[,;|{_BREAKS}])(?={_BEFORE}[{_STARTS}])|\A(?={_BEFORE}[{_STARTS}{_BREAKS}]))"
)
_DANGER = re.compile(_BEGINS_CELL)
_SHIELD = re.compile(
    rf"(?<=[,;|{_BREAKS}])'(?={_BEFORE}[{_STARTS}])|\A'(?={_BEFORE}[{_STARTS}{_BREAKS}])"
)
_NO_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def visible(text: str) -> str:
    """The text with what no table can hold shown as a sign; every line ends alike.

    >>> visible("a\\x00b\\x1b[0m"), visible("one\\r\\ntwo"), visible("\\ud800")
    ('a␀b␛[0m', 'one\\ntwo', '�')
    """
    return _NO_CHARACTER.sub(_sign, text.replace("\r\n", "\n").replace("\r", "\n"))


def _sign(found: re.Match[str]) -> str:
    number = ord(found[0])
    if number < 0x20:
        return chr(0x2400 + number)
    return "\u2421" if number == 0x7F else "\ufffd"


def shielded(text: str) -> str:
    """The text as a CSV may hold it: an apostrophe wherever a formula could begin.

    >>> shielded("=1+1"), shielded(" ＋1"), shielded("a-b"), shielded("x;@y"), shielded("-12.50")
    ("'=1+1", "' ＋1", 'a-b', "x;'@y", "'-12.50")
    """
    return _DANGER.sub("'", text)


def unshielded(text: str) -> str:
    """What was shielded; any other text is as it was.

    >>> unshielded("'=1+1"), unshielded("'001"), unshielded(shielded("'=1"))
    ('=1+1', "'001", "'=1")
    """
    return _SHIELD.sub("", text) if "'" in text else text
