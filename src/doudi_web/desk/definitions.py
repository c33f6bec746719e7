"""How each figure on the pages is defined: what the small ? beside it opens, with the article if there is one."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Definition:
    """What a figure is called, and how it is reckoned."""

    title: str | Promise
    text: str | Promise


DEFINITIONS: dict[str, Definition] = {
    "share": Definition(
        _("目录外占比"),
        _(
            "（全自费 + 超限价）÷ 总费用，先行自付不算在内。限额向下取到分；超过限额的部分由医院承担，患者不多付。"
        ),
    ),
    "projected": Definition(
        _("预计自付"),
        _("照今天的费用、身份和累计现在就结算，患者要付的钱。费用或登记变了，它也变。"),
    ),
    "room": Definition(
        _("还可用"),
        _("再加多少目录外费用还不超过限额；总费用增加时它也增加。"),
    ),
    "floor": Definition(
        _("政府兜底"),
        _("各基金付了以后，患者要付的超过个人负担上限的部分，由政府兜底资金付。上限向下取到分。"),
    ),
    "hospital": Definition(
        _("医院承担"),
        _("目录外费用超过限额的部分，不向患者收。"),
    ),
}
