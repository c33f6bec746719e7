"""The figures as answers tell them: amounts in yuan, shares with four decimals, nothing of a person."""

from collections.abc import Mapping
from typing import Any

from doudi.money import share_text, yuan
from doudi_web.indicators.asked import text_of
from doudi_web.indicators.city import City, Line
from doudi_web.indicators.dashboard import Accuracy, Dashboard, Money, Town
from doudi_web.indicators.figures import Rate, Row, Share, share_of
from doudi_web.indicators.keeping import AsOf
from doudi_web.indicators.reading import Sums
from doudi_web.tenancy.clock import told_or_none

Json = dict[str, Any]


def share_json(share: int | None) -> str | None:
    """A share, where there is one."""
    return None if share is None else share_text(share)


def as_of_json(one: AsOf) -> Json:
    """How far the figures are."""
    return {
        "as_of": told_or_none(one.at),
        "whole": one.is_whole,
        "late": one.is_late,
        "waiting": one.waiting,
    }


def sums_json(one: Sums) -> Json:
    """Sums of visits."""
    return {
        "visits": one.n, "total": yuan(one.total), "funds": yuan(one.funds), "floor": yuan(one.floor),
        "hospital": yuan(one.hospital), "waits": yuan(one.waits), "patient": yuan(one.patient),
        "share": share_json(share_of(one.patient, one.total)), "over": one.over,
        "measured_visits": one.measured_n, "measured": yuan(one.measured), "measured_of": yuan(one.measured_total),
        "measured_share": share_json(share_of(one.measured, one.measured_total)), "exceeded": one.exceeded,
    }  # fmt: skip


def _figure(one: Share) -> Json:
    return {
        **sums_json(one.of), "target": share_text(one.target * 100), "met": one.is_met,
        "median": share_json(one.median), "over_share": share_json(one.over_share),
        "year_before": share_json(share_of(one.before.patient, one.before.total)),
        "months": [
            {"month": text_of(month), "visits": of.n, "patient": yuan(of.patient), "total": yuan(of.total),
             "share": share_json(share_of(of.patient, of.total))}
            for month, of in one.trend
        ],
    }  # fmt: skip


def _rate(one: Rate) -> Json:
    return {
        "visits": one.n, "inside": one.inside, "referred": one.referred, "elsewhere": one.elsewhere,
        "share": share_json(one.share), "target": share_text(one.target * 100), "met": one.is_met,
        "year_before": share_json(share_of(*one.before)),
        "months": [
            {"month": text_of(month), "inside": inside, "visits": every,
             "share": share_json(share_of(inside, every))}
            for month, inside, every in one.trend
        ],
    }  # fmt: skip


def _row(name: str, one: Row) -> Json:
    return {
        name: one.key, **sums_json(one.every), "inpatient": sums_json(one.inpatient),
        "chronic": sums_json(one.chronic), "residents": one.residents, "inside": one.inside,
    }  # fmt: skip


def money_json(one: Money) -> Json:
    """A fund's year."""
    f = one.forecast
    return {
        "year": one.year, "fund": one.fund, "spent": yuan(one.spent), "visits": one.visits,
        "given_back": yuan(one.back), "budget": None if one.budget is None else one.budget.json(),
        "left": None if one.left is None else yuan(one.left),
        "forecast": None if f is None else {
            "as_of": f.until.isoformat(), "weeks": f.weeks, "per_week": yuan(f.per_week), "year_end": yuan(f.end),
            "least": yuan(f.least), "most": yuan(f.most),
            "runs_out": _day(None if one.spendable is None else f.runs_out(one.spendable)),
        },
    }  # fmt: skip


def _day(day: Any) -> str | None:
    return None if day is None else day.isoformat()


def _town(one: Town) -> Json:
    return {
        "township": one.township, "persons": one.persons, "poor": one.poor, "with_doctor": one.with_doctor,
        "coverage": share_json(one.coverage), "care_insured": one.insured, "care_not_insured": one.not_insured,
        "care_unknown": one.unknown,
    }  # fmt: skip


def dashboard_json(one: Dashboard) -> Json:
    """All of it."""
    f, accuracy = one.figures, one.accuracy
    return {
        **as_of_json(one.as_of), "asked": f.wanted.address(), "district": f.home or None,
        "inpatient": _figure(f.inpatient), "chronic": _figure(f.chronic), "inside": _rate(f.rate),
        "all": sums_json(f.every), "erased": f.erased.n, "unplaced": f.unplaced,
        "facilities": [_row("facility", row) for row in (*f.facilities, *f.outside)],
        "townships": [_row("township", row) for row in f.townships],
        "standings": [_row("standing", row) for row in f.standings],
        "diseases": [_row("disease", row) for row in f.diseases],
        "funds": [{"fund": p.fund, "visits": p.n, "amount": yuan(p.amount)} for p in f.funds],
        "money": money_json(one.money),
        "people": {**_town(one.people), "as_of": told_or_none(one.people_as_of),
                   "townships": [_town(town) for town in one.towns]},
        "accuracy": None if accuracy is None else _accuracy(accuracy),
        "waiting": {waits.what: waits.count for waits in one.waits},
    }  # fmt: skip


def _accuracy(one: Accuracy) -> Mapping[str, Any]:
    return {
        "ended": told_or_none(one.ended),
        **{
            name: {"matched": matched, "all": every, "share": share_json(share_of(matched, every))}
            for name, (matched, every) in (
                ("limits", one.limits), ("agreement", one.agreement), ("replay", one.replay)
            )
        },
    }  # fmt: skip


def line_json(one: Line) -> Json:
    """A district, a group or the city."""
    return {
        "code": one.code, "name": one.name, "as_of": told_or_none(one.as_of), "own": one.is_own,
        "deliveries": one.deliveries, "districts": one.districts, "lacking": one.lacking,
        "inpatient": None if one.inpatient is None else sums_json(one.inpatient),
        "chronic": None if one.chronic is None else sums_json(one.chronic), "visits": one.visits,
        "inside": one.inside, "inside_share": share_json(one.rate), "floor_spent": yuan(one.spent),
        "floor_budget": None if one.budget is None else yuan(one.budget), "poor": one.poor,
        "with_doctor": one.with_doctor, "coverage": share_json(one.coverage),
    }  # fmt: skip


def city_json(one: City) -> Json:
    """The districts of a year by group."""
    return {
        "year": one.year, "years": list(one.years), "standing": one.standing or None,
        "groups": [
            {"name": group.name, "districts": [line_json(line) for line in group.lines],
             "whole": line_json(group.whole)}
            for group in one.groups
        ],
        "whole": line_json(one.whole),
    }  # fmt: skip
