"""docs/reference/roles.md: who may what, from the one table that every route asks."""

from doudi_web.tenancy.roles import (
    ADMINISTRATORS,
    MAY,
    OF_FACILITY,
    OF_TOWNSHIP,
    TITLES,
    Act,
    Role,
)
from tools.forms import NoWord
from tools.markdown import code, page, table

ACTS: dict[Act, str] = {
    Act.PERSONS_WRITE: "登记人员，改身份",
    Act.PERSONS_READ: "查人员，姓名和证件号遮住",
    Act.PERSONS_UNMASK: "看真实姓名和证件号，要写原因",
    Act.FACILITIES_WRITE: "登记医疗机构",
    Act.FACILITIES_READ: "查医疗机构，以前的级别",
    Act.OPENINGS_WRITE: "录入上级给的年度累计",
    Act.VISITS_WRITE: "登记就医、费用",
    Act.VISITS_READ: "查就医",
    Act.PRECHECK: "事前审核",
    Act.EXCESS_EXPLAIN: "超限的写理由、紧急放行，记知情同意，答复更换的建议",
    Act.EXCESS_APPROVE: "超限的同意或退回，复核紧急放行，建议更换",
    Act.SETTLE: "结算",
    Act.SETTLEMENTS_READ: "查结算",
    Act.CORRECT: "更正结算",
    Act.ANSWER: "送平台的答复",
    Act.AWAITING_READ: "查等平台答复的结算",
    Act.PROPOSALS_READ: "查补退建议",
    Act.PROPOSALS_DECIDE: "批准或不批准补退建议",
    Act.MONTHS_READ: "查账期",
    Act.MONTHS_CLOSE: "关账",
    Act.PROVISIONAL_READ: "查登记里还没有、暂时结算的人",
    Act.REVERSE: "撤销结算，要写原因",
    Act.ACCUMULATORS_READ: "查年度累计",
    Act.LEDGER_READ: "查台账",
    Act.LEDGER_SEAL: "封账",
    Act.FLOOR_READ: "查兜底金额到了哪一步",
    Act.FLOOR_APPROVE: "批准付兜底金额",
    Act.FLOOR_PAY: "记兜底金额已付、没有付成",
    Act.PERIODS_READ: "查一期的控费",
    Act.ASSESS: "按期向医院追回",
    Act.EXPORT: "导出台账，读回执，要写原因",
    Act.EXPORTS_READ: "查导出、留下没有报的行",
    Act.AUDIT_READ: "查审计记录，核对有没有缺",
    Act.OVERSIGHT_READ: "查审计的三个数、已知的缺陷",
    Act.OVERSIGHT_WRITE: "做审计，登记程序的缺陷",
    Act.FIGURES_WRITE: "送平台的、医院的数来比较",
    Act.ACCOUNTS_WRITE: "建账号，停用，申请改角色，重置密码",
    Act.ACCOUNTS_READ: "查账号",
    Act.TOKENS_WRITE: "发令牌，作废令牌",
    Act.TOKENS_READ: "查令牌",
    Act.GRANTS_READ: "查角色的申请",
    Act.GRANTS_DECIDE: "确认角色的申请",
    Act.METRICS: "看运行指标",
    Act.BACKUP: "备份",
    Act.PAPERS_PRINT: "打印结算单、一站式结算单，记下是第几次",
    Act.CARDS_PRINT: "打印联系卡",
    Act.CONTACTS_WRITE: "写单子上有事打的电话",
    Act.MATCHING_READ: "看没有对照、要核对的项目",
    Act.MATCHING_PROPOSE: "提出项目对照到哪个医保编码",
    Act.MATCHING_CONFIRM: "确认或退回别人提出的对照",
    Act.INTAKE: "按文件导入：费用和就诊还要能登记就医，名册还要能登记人员",
    Act.RUNS_READ: "看费时的事做到哪里（只看自己可以要的那几种）",
}

_HEAD = """\
一个账号、一个令牌只有一个角色。能做什么只看下表；每个接口都查它，测试对每个接口、每个角色逐格核对。

医院的角色只看、只办自己医院的；乡镇街道经办只看自己乡镇（街道）的；医院信息系统可以限在一家医院；其余是全区的。
系统、安全、审计三个管理员互相制约：都看不到业务数据，一个人不能兼两个；角色由系统管理员申请，安全管理员确认以后生效；
重置密码也一样，管理员自己的只能在服务器上重置。"""


def roles_page() -> str:
    """Roles, and acts by role."""
    missing = [act.value for act in Act if act not in ACTS]
    if missing:
        raise NoWord(f"权限没有说明：{missing}")
    roles = [
        (TITLES[role], code(role.value), _where(role), "是" if role in ADMINISTRATORS else "")
        for role in Role
    ]
    acts = [
        (ACTS[act], code(act.value), "、".join(TITLES[role] for role in Role if role in MAY[act]))
        for act in Act
    ]
    return page(
        "角色和权限 · Roles and what they may",
        _HEAD,
        "## 角色 Roles",
        table(("角色", "代码", "范围", "三员"), roles),
        "## 权限 Acts",
        table(("做什么", "代码", "谁可以"), acts),
    )


def _where(role: Role) -> str:
    if role in OF_FACILITY:
        return "一家医院"
    if role in OF_TOWNSHIP:
        return "一个乡镇（街道）"
    return "一家医院，或全区" if role is Role.SYSTEM_CLIENT else "全区"
