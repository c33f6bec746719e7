"""Persons made up for the tests of the register: numbers with a true check digit, belonging to nobody."""

from typing import Any

from stdnum.cn import ric

Json = dict[str, Any]


def number(order: int, birth: str = "19700101", place: str = "500113") -> str:
    """An identity number: the order tells persons of one day and place apart."""
    body = f"{place}{birth}{order:03d}"
    return body + ric.calc_check_digit(f"{body}0")


def person(key: str, order: int | None = None, **more: Any) -> Json:
    """A person with a number of the order, or without one."""
    stated: Json = {"id": key, "birth_date": "1970-01-01", "district": "500113", "standings": []}
    if order is not None:
        stated["id_number"] = number(order)
    return stated | more


def standing(code: str = "dibao", start: str = "2018-01-01", **more: Any) -> Json:
    """A standing from a day on."""
    return {"code": code, "from": start, **more}


def codes(told: Json) -> list[str]:
    """The codes of a refusal."""
    return [fault["code"] for fault in told["faults"]]
