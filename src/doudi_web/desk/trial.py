"""A change that somebody tries, as the page tells of it: in words, and a draft order beside what could stand in."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from doudi.adjudication import Adjudication
from doudi.finding import Alternative, Effect
from doudi_web.desk.amounts import percent_of
from doudi_web.desk.templatetags.desk import signed, yuan
from doudi_web.review.what_if import Worked


@dataclass(frozen=True, slots=True)
class Trial:
    """What a change comes to; of a draft order its rows, beside the best that could stand in for it."""

    words: str
    is_over: bool
    is_draft: bool
    rows: Sequence[tuple[str, str, str]]
    instead: Alternative | None


def trial_of(worked: Worked) -> Trial:
    """A change as it is told."""
    drafted = worked.finding.drafted
    ids = set() if drafted is None else {one.line for one in drafted.lines}
    others = [one for one in worked.finding.alternatives if one.line in ids]
    instead = others[0] if len(ids) == 1 and others else None
    is_over = worked.then.control is not None and worked.then.control.status == "exceeded"
    rows = () if drafted is None else _rows(worked, drafted.effect, instead)
    return Trial(_words(worked), is_over, drafted is not None, rows, instead)


def _words(worked: Worked) -> str:
    """What it does to the share, to the hospital and to the patient."""
    now, then = worked.now, worked.then
    words = [_share(now, then)] if now.control is not None and then.control is not None else []
    for title, more in (
        (_("患者"), then.patient - now.patient),
        (_("医院"), then.hospital - now.hospital),
        (_("各基金"), sum(then.payments.values()) - sum(now.payments.values())),
    ):
        if more:
            kind = _("%(who)s多付 %(amount)s 元") if more > 0 else _("%(who)s少付 %(amount)s 元")
            words.append(kind % {"who": title, "amount": yuan(abs(more))})
        else:
            words.append(_("%(who)s不变") % {"who": title})
    return "，".join(words) + "。"


def _share(now: Adjudication, then: Adjudication) -> str:
    assert now.control is not None, "asked of policies with a control"
    assert then.control is not None, "asked of policies with a control"
    before, after = percent_of(now.control.share), percent_of(then.control.share)
    return _("占比从 %(before)s 到 %(after)s") % {"before": before, "after": after}


def _more(fen: int) -> str:
    return signed(fen) if fen else yuan(0)


def _rows(
    worked: Worked, effect: Effect, instead: Alternative | None
) -> tuple[tuple[str, str, str], ...]:
    """Who pays how much more for a draft order, and for what could stand in for it."""
    funds = sum(effect.payments.values())
    other = (0, 0, 0)
    if instead is not None:
        saves = instead.saves
        other = (
            effect.patient - saves.patient, effect.hospital - saves.hospital,
            funds - sum(saves.payments.values()),
        )  # fmt: skip
    share = "" if worked.then.control is None else percent_of(worked.then.control.share)
    return (
        (_("患者多付"), _more(effect.patient), _more(other[0])),
        (_("医院多承担"), _more(effect.hospital), _more(other[1])),
        (_("各基金多付"), _more(funds), _more(other[2])),
        (_("目录外占比"), share, ""),
    )
