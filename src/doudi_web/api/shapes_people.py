"""The shapes of the register, of accounts and of the audit log. Persons come from the register's own form."""

from doudi_web.api.shapes import (
    AMOUNTS,
    DAY,
    FLAG,
    TEXT,
    TEXTS,
    WHEN,
    WHOLE,
    YUAN,
    Shape,
    keys,
    many,
    maybe,
    named,
    ref,
)
from doudi_web.register.person_form import FacilityForm, RegisteredForm
from doudi_web.tenancy.roles import Role


def _register_forms() -> dict[str, Shape]:
    """A person and a facility as a statement writes them, and what they are made of."""
    person = named(RegisteredForm.model_json_schema(by_alias=True))
    facility = named(FacilityForm.model_json_schema(by_alias=True))
    return {
        **person.pop("$defs"),
        "PersonStated": person,
        "FacilityStated": facility,
    }


ROLE: Shape = {"enum": [role.value for role in Role]}
COUNTS: dict[str, Shape] = {"created": WHOLE, "changed": WHOLE, "unchanged": WHOLE}
RESTORED: dict[str, Shape] = {"restored": WHOLE, "withdrawn": WHOLE}
_DAYS: dict[str, Shape] = {"from": DAY, "to": maybe(DAY)}
_PERSON = keys(
    {"id": TEXT, "name": maybe(TEXT), "id_number": maybe(TEXT), "phone": maybe(TEXT), "masked": FLAG,
     "sex": maybe(TEXT), "ethnicity": maybe(TEXT), "birth_date": DAY, "district": TEXT, "village": maybe(TEXT),
     "household": maybe(TEXT), "mother": maybe(TEXT), "insurance_tier": maybe(TEXT),
     "tiers": many(keys({"tier": TEXT, **_DAYS})),
     "standings": many(keys({"code": TEXT, **_DAYS, "known": WHEN})),
     "diseases": many(keys({"code": TEXT, **_DAYS})),
     "doctors": many(keys({"name": TEXT, "phone": TEXT, "facility": maybe(TEXT), **_DAYS})),
     "plan": maybe(TEXT), "died": maybe(DAY), "moved_out": maybe(DAY),
     "attributes": {"type": "object", "additionalProperties": TEXT}}
)  # fmt: skip
_FACILITY: dict[str, Shape] = {"name": TEXT, "level": TEXT, "district": TEXT}
_FACILITY_STATED = keys(
    {"from": maybe(DAY), **_FACILITY, "recorded": WHEN, "superseded": maybe(WHEN)}
)
_SPAN = keys({"code": TEXT, "from": maybe(DAY), "to": maybe(DAY)})
_CHANGE = keys({"id": TEXT, "new": FLAG, "keys": TEXTS, "off": many(_SPAN), "on": many(_SPAN)})
_CAME: dict[str, Shape] = {
    "id": WHOLE, "at": WHEN, "actor": TEXT, "name": TEXT, "confirmed": maybe(WHEN), "undone": maybe(WHEN),
}  # fmt: skip
_SCOPE: dict[str, Shape] = {
    "role": ROLE, "title": TEXT, "facility": maybe(TEXT), "township": maybe(TEXT),
}  # fmt: skip
_ME: dict[str, Shape] = {
    "id": WHOLE, "username": TEXT, "name": TEXT, **_SCOPE, "must_change_password": FLAG, "one_time": FLAG,
    "last_login": maybe(WHEN),
}  # fmt: skip
_RECORD = keys(
    {"id": WHOLE, "at": WHEN, "actor": TEXT, "role": TEXT, "action": TEXT, "subject": TEXT, "reason": TEXT,
     "request_id": TEXT, "detail": {"type": "object"}}
)  # fmt: skip
_BROKEN: dict[str, Shape] = {"id": WHOLE, "chain": WHOLE}

_FACT = keys(
    {"kind": {"enum": ["standing", "tier", "disease", "doctor"]}, "code": TEXT, **_DAYS, "known": WHEN,
     "superseded": maybe(WHEN)}
)  # fmt: skip
_MEMBER = keys(
    {"id": TEXT, "name": maybe(TEXT), "sex": maybe(TEXT), "birth_date": DAY, "standings": TEXTS,
     "died": maybe(DAY)}
)  # fmt: skip
_FILE = keys(
    {"person": ref("PersonTold"),
     "place": keys({"village": maybe(TEXT), "township": maybe(TEXT), "district": TEXT}),
     "facilities": {"type": "object", "additionalProperties": TEXT}, "facts": many(_FACT),
     "household": keys({"code": maybe(TEXT), "members": many(_MEMBER), "unseen": WHOLE, "more": WHOLE})}
)  # fmt: skip
_RUNNING = keys(
    {"visit_id": TEXT, "facility": TEXT, "facility_name": maybe(TEXT), "header": {"type": "object"}, "opened": WHEN,
     "discharged": maybe(WHEN)}
)  # fmt: skip
_OPENED = keys({"name": TEXT, "amount": YUAN, "source": TEXT, "as_of": DAY, "received": WHEN})
_TEXT_OF: Shape = {"type": "object", "additionalProperties": TEXT}
_LIMIT = keys({"layer": TEXT, "amount": maybe(YUAN), "begins": FLAG, "status": TEXT})
_YEAR = keys(
    {
        "year": WHOLE,
        "visits": WHOLE,
        "total": YUAN,
        "hospital": YUAN,
        "patient": YUAN,
        "payments": AMOUNTS,
    }
)
_ENTRY = keys(
    {"name": TEXT, "amount": YUAN, "counts": YUAN, "settled": WHEN, "kind": maybe(TEXT),
     "settlement_id": maybe(TEXT), "visit_id": maybe(TEXT), "facility": maybe(TEXT), "facility_name": maybe(TEXT)}
)  # fmt: skip

PEOPLE: dict[str, Shape] = {
    **_register_forms(),
    "PersonsStated": keys({"persons": many(ref("PersonStated"))}),
    "FacilitiesStated": keys({"facilities": many(ref("FacilityStated"))}),
    "Facilities": keys({"facilities": many(keys({"code": TEXT, **_FACILITY, "stated": many(_FACILITY_STATED)}))}),
    "Counts": keys(COUNTS),
    "PersonTold": _PERSON,
    "PersonsFound": keys({"persons": many(ref("PersonTold")), "after": maybe(TEXT)}),
    "PersonFile": _FILE,
    "PersonCard": keys(
        {"id": TEXT, "name": maybe(TEXT), "address": TEXT, "standings": TEXTS, "doctor": TEXT, "phone": TEXT,
         "facility": maybe(TEXT), "dials": TEXT}
    ),
    "PersonVisits": keys(
        {"running": many(_RUNNING), "settled": maybe(many(ref("SettlementListed"))),
         "year": maybe(_YEAR), "more": FLAG}
    ),
    "PersonSums": keys(
        {"year": WHOLE, "pack": maybe(TEXT), "titles": _TEXT_OF, "sums": AMOUNTS,
         "limits": {"type": "object", "additionalProperties": _LIMIT}, "openings": many(_OPENED),
         "entries": many(_ENTRY), "more": FLAG}
    ),
    "Import": keys({"id": WHOLE, **COUNTS, "first": many(_CHANGE), "unused": TEXTS}),
    "Imports": keys(
        {"imports": many(
            {"anyOf": [keys({**_CAME, "kind": {"enum": ["rows", "persons"]}, **COUNTS}),
                       keys({**_CAME, "kind": {"const": "undo"}, **RESTORED})]}
        )}
    ),
    "Me": keys({**_ME, "csrf": TEXT}),
    "Accounts": keys(
        {"accounts": many(keys({**_ME, "active": FLAG, "confirmed": maybe(WHEN), "created": WHEN}))}
    ),
    "Tokens": keys(
        {"tokens": many(
            keys({"id": WHOLE, "name": TEXT, **_SCOPE, "may_back_date": FLAG, "created": WHEN,
                  "confirmed": maybe(WHEN), "expires": maybe(WHEN), "revoked": maybe(WHEN)})
        )}
    ),
    "Grants": keys(
        {"grants": many(
            keys({"id": WHOLE, "account": maybe(WHOLE), "token": maybe(WHOLE), **_SCOPE, "asked_by": TEXT,
                  "asked": WHEN})
        )}
    ),
    "AuditRecords": keys({"records": many(_RECORD), "after": WHOLE}),
    "AuditChains": keys(
        {"rows": WHOLE,
         "broken": many(
            {"anyOf": [keys({**_BROKEN, "missing": many(WHOLE)}), keys({**_BROKEN, "altered": WHOLE})]}
         ),
         "chains": many(keys({"chain": WHOLE, "length": WHOLE, "digest": TEXT}))}
    ),
}  # fmt: skip
"""Every shape of these rooms that has a name in the description."""
