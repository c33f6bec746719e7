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
    "cascade": Definition(
        _("谁付多少"),
        _(
            "总费用按次序先由基本医保付，再由大病保险、医疗救助和其他基金付剩下的；医院承担超限的；"
            "政府兜底付超过个人上限的；最后剩下的是个人自付。加起来等于总费用，分毫不差。"
        ),
    ),
    "owed": Definition(
        _("各基金应付医院"),
        _("这个月记账的每一笔里各基金付的加起来；撤销的记成负数。医院自己承担的不由基金付。"),
    ),
    "taken": Definition(
        _("应收、应退"),
        _("当天记账的每一笔里向患者收的、退给患者的。要批准才收的，批准的那天才算应收。"),
    ),
    "standing_sums": Definition(
        _("合计"),
        _("查到的全部结算加起来，不只这一页；撤销的和被替换的不算在内。"),
    ),
    "accumulators": Definition(
        _("年度累计"),
        _(
            "本年度每一笔结算加进来的，按医保年度从头算起；期初是上系统以前的。每一项怎样来的，点开看。"
        ),
    ),
}
