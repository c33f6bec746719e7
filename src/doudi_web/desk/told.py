"""What accounts, kinds of postings and clients are called on pages."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

_KINDS: Mapping[str, "str | Promise"] = {
    "settle": lazy("结算"), "reverse": lazy("撤销"), "relief": lazy("不向患者收"), "erase": lazy("依法抹去"),
}  # fmt: skip
_ACTIONS: Mapping[str, "str | Promise"] = {
    "visits.open": lazy("开了就诊"), "visits.lines": lazy("加了费用"), "visits.withdraw": lazy("撤回了费用"),
    "visits.discharge": lazy("办了出院"), "settle": lazy("结算了"), "correct": lazy("更正了"),
    "answer": lazy("填了平台的答复"), "reverse": lazy("撤销了"), "replace.undo": lazy("撤销了原来的一笔"),
    "proposals.post": lazy("批准了建议，重新结算了"), "proposals.relieve": lazy("定了不向患者收"),
}  # fmt: skip


def kind_title(kind: str) -> str:
    """What a posting is."""
    return str(_KINDS.get(kind, kind))


def action_title(action: str) -> str:
    """What somebody did."""
    return str(_ACTIONS.get(action, action))


def account_title(account: str, layers: Mapping[str, str]) -> str:
    """What an account of the ledger is called."""
    kind, _sep, name = account.partition(":")
    match kind:
        case "fund":
            title = layers.get(name, _("政府兜底") if name == "floor" else name)
            return _("%(title)s基金") % {"title": title}
        case "clearing":
            return _("应付医院")
        case "hospital":
            return _("医院承担")
        case "patient":
            return _("个人应付")
        case _:
            return account
