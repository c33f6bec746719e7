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
    "approval_money": Definition(
        _("动多少钱"),
        _("批准以后要多付的各方加起来；多付的和少付的一样多，只算一边。要患者多付的，就是那一笔。"),
    ),
    "approval_due": Definition(
        _("最晚"),
        _("从提出（或结算）的那一刻加上期限。没有查到文件规定几天，是我们定的，标着未证实。"),
    ),
    "export_due": Definition(
        _("期限"),
        _("模板里写的每月哪一天以前报上一个月的。没有查到文件，标着未证实；区里按通知改模板。"),
    ),
    "export_look": Definition(
        _("会报什么"),
        _(
            "照现在的台账和登记走一遍导出，只数不写。留下的是缺了必填的、核对不过的；补上以后下次就报。"
        ),
    ),
    "pack_marks": Definition(
        _("依据"),
        _(
            "政策包里每个值、每条规则都写明依据和把握：有原文、有旁证、间接来源、声明（没有文件，由政策包自己定）、"
            "未证实。用到未证实的，结算上都会说明。"
        ),
    ),
    "fingerprint": Definition(
        _("指纹"),
        _(
            "从规则的含义算出的一串字：规则一样，指纹就一样，写法、注释不算。每笔结算记着它用的指纹。"
        ),
    ),
    "rehearsal": Definition(
        _("试算"),
        _(
            "这几天结算过、现在有效的每一笔，照当时的账单、登记、目录和对照，用执行的版本和新版本各算一遍；"
            "同一个人前面的就诊算不同了，后面的累计也跟着变。只算，不改。"
        ),
    ),
    "rehearsal_patient": Definition(
        _("患者付的"),
        _("这一组每一笔里个人负担的加起来，用执行的版本和用新版本；n 是人次。"),
    ),
    "accumulators": Definition(
        _("年度累计"),
        _(
            "本年度每一笔结算加进来的，按医保年度从头算起；期初是上系统以前的。每一项怎样来的，点开看。"
        ),
    ),
}
