"""The roles of a district, and what each may do: the one table that every route asks."""

from enum import StrEnum


class Role(StrEnum):
    """Who somebody is at work. One account has one role."""

    DOCTOR = "doctor"
    CASHIER = "cashier"
    INSURANCE_OFFICE = "insurance_office"
    TOWNSHIP_OFFICER = "township_officer"
    DISTRICT_ADMIN = "district_admin"
    FUND_ACCOUNTANT = "fund_accountant"
    AUDITOR = "auditor"
    CITY_VIEWER = "city_viewer"
    SYSTEM_CLIENT = "system_client"
    SYSTEM_ADMIN = "system_admin"
    SECURITY_ADMIN = "security_admin"
    AUDIT_ADMIN = "audit_admin"


TITLES: dict[Role, str] = {
    Role.DOCTOR: "医生",
    Role.CASHIER: "收费员",
    Role.INSURANCE_OFFICE: "医院医保办",
    Role.TOWNSHIP_OFFICER: "乡镇街道经办",
    Role.DISTRICT_ADMIN: "区医保管理员",
    Role.FUND_ACCOUNTANT: "基金会计",
    Role.AUDITOR: "审计员",
    Role.CITY_VIEWER: "市级查看",
    Role.SYSTEM_CLIENT: "医院信息系统",
    Role.SYSTEM_ADMIN: "系统管理员",
    Role.SECURITY_ADMIN: "安全管理员",
    Role.AUDIT_ADMIN: "审计管理员",
}

OF_FACILITY = frozenset({Role.DOCTOR, Role.CASHIER, Role.INSURANCE_OFFICE})
"""Roles that belong to one hospital and see no other."""

OF_TOWNSHIP = frozenset({Role.TOWNSHIP_OFFICER})
"""Roles that belong to one township."""

ADMINISTRATORS = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})
"""三员: who keeps the system, who confirms what it may, who reads what was done. Nobody is two of them."""


class Act(StrEnum):
    """What a route does."""

    PERSONS_WRITE = "persons.write"
    PERSONS_READ = "persons.read"
    PERSONS_UNMASK = "persons.unmask"
    FACILITIES_WRITE = "facilities.write"
    FACILITIES_READ = "facilities.read"
    OPENINGS_WRITE = "openings.write"
    VISITS_WRITE = "visits.write"
    VISITS_READ = "visits.read"
    PRECHECK = "precheck"
    EXCESS_EXPLAIN = "excess.explain"
    EXCESS_APPROVE = "excess.approve"
    SETTLE = "settle"
    SETTLEMENTS_READ = "settlements.read"
    PROVISIONAL_READ = "provisional.read"
    REVERSE = "settlements.reverse"
    CORRECT = "settlements.correct"
    ANSWER = "settlements.answer"
    AWAITING_READ = "awaiting.read"
    PROPOSALS_READ = "proposals.read"
    PROPOSALS_DECIDE = "proposals.decide"
    MONTHS_READ = "months.read"
    MONTHS_CLOSE = "months.close"
    ACCUMULATORS_READ = "accumulators.read"
    LEDGER_READ = "ledger.read"
    LEDGER_SEAL = "ledger.seal"
    FLOOR_READ = "floor.read"
    FLOOR_APPROVE = "floor.approve"
    FLOOR_PAY = "floor.pay"
    PAYEES_WRITE = "payees.write"
    PAYMENTS_READ = "payments.read"
    PAYMENTS_MAKE = "payments.make"
    PAYMENTS_RELEASE = "payments.release"
    DISPUTES_READ = "disputes.read"
    DISPUTES_OPEN = "disputes.open"
    DISPUTES_ANSWER = "disputes.answer"
    PERIODS_READ = "periods.read"
    ASSESS_PROPOSE = "periods.propose"
    ASSESS = "periods.assess"
    EXPORT = "exports.write"
    EXPORTS_READ = "exports.read"
    AUDIT_READ = "audit.read"
    OVERSIGHT_READ = "oversight.read"
    OVERSIGHT_WRITE = "oversight.write"
    EVIDENCE_MAKE = "evidence.make"
    HEADS_HAND = "heads.hand"
    QUESTIONS_READ = "questions.read"
    QUESTIONS_WRITE = "questions.write"
    QUESTIONS_ANSWER = "questions.answer"
    FIGURES_WRITE = "figures.write"
    ACCOUNTS_WRITE = "accounts.write"
    ACCOUNTS_READ = "accounts.read"
    TOKENS_WRITE = "tokens.write"
    TOKENS_READ = "tokens.read"
    GRANTS_READ = "grants.read"
    GRANTS_DECIDE = "grants.decide"
    METRICS = "metrics"
    PAPERS_PRINT = "papers.print"
    CARDS_PRINT = "papers.card"
    CONTACTS_WRITE = "contacts.write"
    RUNS_READ = "runs.read"
    BACKUP = "backup"
    OPERATION_READ = "operation.read"
    MATCHING_READ = "matching.read"
    MATCHING_PROPOSE = "matching.propose"
    MATCHING_CONFIRM = "matching.confirm"
    INTAKE = "intake"
    APPROVALS_READ = "approvals.read"
    APPROVALS_TAKE = "approvals.take"
    POLICIES_READ = "policies.read"
    POLICIES_PROPOSE = "policies.propose"
    POLICIES_APPROVE = "policies.approve"
    INDICATORS_READ = "indicators.read"
    BUDGETS_WRITE = "budgets.write"
    ALERTS_READ = "alerts.read"
    ALERTS_ACT = "alerts.act"
    ALERTS_ASSIGN = "alerts.assign"
    ALERTS_RULES = "alerts.rules"
    CITY_READ = "city.read"
    CITY_DELIVER = "city.deliver"
    REIMBURSE_READ = "reimbursements.read"
    REIMBURSE_ENTER = "reimbursements.enter"
    REIMBURSE_APPROVE = "reimbursements.approve"
    UPKEEP_READ = "upkeep.read"
    UPKEEP_WRITE = "upkeep.write"
    UPKEEP_CONFIRM = "upkeep.confirm"
    CONTRACTS_READ = "contracts.read"
    CONTRACTS_WRITE = "contracts.write"
    NOTICES_READ = "notices.read"
    NOTICES_WRITE = "notices.write"


WORDS: dict[Act, str] = {
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
    Act.PAYEES_WRITE: "登记、确认医院的收款账户（两个人）",
    Act.PAYMENTS_READ: "看付款批次",
    Act.PAYMENTS_MAKE: "做付款批次，出银行文件和凭证，读回单",
    Act.PAYMENTS_RELEASE: "放行别人做的付款批次",
    Act.DISPUTES_READ: "看对账异议",
    Act.DISPUTES_OPEN: "提对账异议，认可、再提、撤回",
    Act.DISPUTES_ANSWER: "答复对账异议",
    Act.PERIODS_READ: "查一期的控费",
    Act.ASSESS_PROPOSE: "提出按期追回，等另一个人",
    Act.ASSESS: "按期向医院追回",
    Act.EXPORT: "导出台账，读回执，要写原因",
    Act.EXPORTS_READ: "查导出、留下没有报的行",
    Act.AUDIT_READ: "查审计记录，核对有没有缺",
    Act.OVERSIGHT_READ: "查审计的三个数、抽样、已知的缺陷",
    Act.OVERSIGHT_WRITE: "做审计，抽样和评定，登记程序的缺陷",
    Act.EVIDENCE_MAKE: "把一笔结算的证据做成一个文件，要写原因",
    Act.HEADS_HAND: "把封头交给外面的见证人，核对拿回来的封头",
    Act.QUESTIONS_READ: "看疑点和答复，医院只看问自己的",
    Act.QUESTIONS_WRITE: "提疑点，再问，销号",
    Act.QUESTIONS_ANSWER: "答复问自己的疑点",
    Act.FIGURES_WRITE: "送平台的、医院的数来比较",
    Act.ACCOUNTS_WRITE: "建账号，停用，申请改角色，重置密码",
    Act.ACCOUNTS_READ: "查账号",
    Act.TOKENS_WRITE: "发令牌，作废令牌",
    Act.TOKENS_READ: "查令牌",
    Act.GRANTS_READ: "查角色的申请",
    Act.GRANTS_DECIDE: "确认角色的申请",
    Act.METRICS: "看运行指标",
    Act.BACKUP: "备份",
    Act.OPERATION_READ: "看服务运行得怎样",
    Act.PAPERS_PRINT: "打印结算单、一站式结算单，记下是第几次",
    Act.CARDS_PRINT: "打印联系卡",
    Act.CONTACTS_WRITE: "写单子上有事打的电话",
    Act.MATCHING_READ: "看没有对照、要核对的项目",
    Act.MATCHING_PROPOSE: "提出项目对照到哪个医保编码",
    Act.MATCHING_CONFIRM: "确认或退回别人提出的对照",
    Act.INTAKE: "按文件导入：费用和就诊还要能登记就医，名册还要能登记人员",
    Act.INDICATORS_READ: "看区里的指标、每个数背后的就诊，导出交给市里的一份",
    Act.BUDGETS_WRITE: "写基金一年的预算和依据",
    Act.ALERTS_READ: "看预警和背后的就诊：区里看全部，医院、镇街看自己的",
    Act.ALERTS_ACT: "接办、办结预警",
    Act.ALERTS_ASSIGN: "把预警转给别人办",
    Act.ALERTS_RULES: "改预警规则的值",
    Act.CITY_READ: "看全市各区并列的指标，只有合计",
    Act.CITY_DELIVER: "收各区交来的指标",
    Act.APPROVALS_READ: "看等区里定的事",
    Act.APPROVALS_TAKE: "接下等区里定的事",
    Act.POLICIES_READ: "看执行的政策、新版本和它的影响",
    Act.POLICIES_PROPOSE: "提出政策的新版本、停止执行，试算",
    Act.POLICIES_APPROVE: "批准别人提出的政策变更",
    Act.REIMBURSE_READ: "看手工报销的发票、扫描件",
    Act.REIMBURSE_ENTER: "录入手工报销的发票，传扫描件，核对后交区里",
    Act.UPKEEP_READ: "看一个乡镇（街道）的名册：快到期的、缺什么的、等确认的变更",
    Act.UPKEEP_WRITE: "名册：续期、取消身份，去世、迁出、搬家、新生儿",
    Act.UPKEEP_CONFIRM: "确认或退回乡镇（街道）提出的身份变更",
    Act.CONTRACTS_READ: "看家庭医生签约、随访",
    Act.CONTRACTS_WRITE: "家庭医生签约、续约，写个人计划，记随访，一键拨号",
    Act.NOTICES_READ: "看公示、异议",
    Act.NOTICES_WRITE: "做公示，记异议和答复",
    Act.REIMBURSE_APPROVE: "批准、退回手工报销，准予受理过期的，写期限",
    Act.RUNS_READ: "看费时的事做到哪里（只看自己可以要的那几种）",
}
"""What each act is called, on pages and in the list of roles."""

_R = Role
MAY: dict[Act, frozenset[Role]] = {
    Act.PERSONS_WRITE: frozenset({_R.DISTRICT_ADMIN}),
    Act.PERSONS_READ: frozenset(
        {_R.DOCTOR, _R.CASHIER, _R.INSURANCE_OFFICE, _R.TOWNSHIP_OFFICER, _R.DISTRICT_ADMIN, _R.AUDITOR,
         _R.SYSTEM_CLIENT}
    ),
    Act.PERSONS_UNMASK: frozenset({_R.INSURANCE_OFFICE, _R.TOWNSHIP_OFFICER, _R.DISTRICT_ADMIN}),
    Act.FACILITIES_WRITE: frozenset({_R.DISTRICT_ADMIN}),
    Act.FACILITIES_READ: frozenset(
        {_R.DOCTOR, _R.CASHIER, _R.INSURANCE_OFFICE, _R.TOWNSHIP_OFFICER, _R.DISTRICT_ADMIN,
         _R.FUND_ACCOUNTANT, _R.AUDITOR, _R.CITY_VIEWER, _R.SYSTEM_CLIENT}
    ),
    Act.OPENINGS_WRITE: frozenset({_R.DISTRICT_ADMIN}),
    Act.VISITS_WRITE: frozenset({_R.DOCTOR, _R.CASHIER, _R.INSURANCE_OFFICE, _R.SYSTEM_CLIENT}),
    Act.VISITS_READ: frozenset(
        {_R.DOCTOR, _R.CASHIER, _R.INSURANCE_OFFICE, _R.DISTRICT_ADMIN, _R.AUDITOR, _R.SYSTEM_CLIENT}
    ),
    Act.PRECHECK: frozenset(
        {_R.DOCTOR, _R.CASHIER, _R.INSURANCE_OFFICE, _R.DISTRICT_ADMIN, _R.SYSTEM_CLIENT}
    ),
    Act.EXCESS_EXPLAIN: frozenset({_R.DOCTOR, _R.INSURANCE_OFFICE}),
    Act.EXCESS_APPROVE: frozenset({_R.INSURANCE_OFFICE}),
    Act.SETTLE: frozenset({_R.CASHIER, _R.INSURANCE_OFFICE, _R.DISTRICT_ADMIN, _R.SYSTEM_CLIENT}),
    Act.SETTLEMENTS_READ: frozenset(
        {_R.CASHIER, _R.INSURANCE_OFFICE, _R.DISTRICT_ADMIN, _R.FUND_ACCOUNTANT, _R.AUDITOR,
         _R.SYSTEM_CLIENT}
    ),
    Act.PROVISIONAL_READ: frozenset({_R.INSURANCE_OFFICE, _R.DISTRICT_ADMIN}),
    Act.REVERSE: frozenset({_R.INSURANCE_OFFICE, _R.DISTRICT_ADMIN, _R.SYSTEM_CLIENT}),
    Act.CORRECT: frozenset({_R.INSURANCE_OFFICE, _R.DISTRICT_ADMIN, _R.SYSTEM_CLIENT}),
    Act.ANSWER: frozenset({_R.INSURANCE_OFFICE, _R.DISTRICT_ADMIN, _R.SYSTEM_CLIENT}),
    Act.AWAITING_READ: frozenset(
        {_R.CASHIER, _R.INSURANCE_OFFICE, _R.DISTRICT_ADMIN, _R.AUDITOR, _R.SYSTEM_CLIENT}
    ),
    Act.PROPOSALS_READ: frozenset(
        {_R.INSURANCE_OFFICE, _R.DISTRICT_ADMIN, _R.FUND_ACCOUNTANT, _R.AUDITOR, _R.SYSTEM_CLIENT}
    ),
    Act.PROPOSALS_DECIDE: frozenset({_R.DISTRICT_ADMIN}),
    Act.MONTHS_READ: frozenset(
        {_R.INSURANCE_OFFICE, _R.DISTRICT_ADMIN, _R.FUND_ACCOUNTANT, _R.AUDITOR}
    ),
    Act.MONTHS_CLOSE: frozenset({_R.DISTRICT_ADMIN}),
    Act.ACCUMULATORS_READ: frozenset(
        {_R.CASHIER, _R.INSURANCE_OFFICE, _R.DISTRICT_ADMIN, _R.AUDITOR, _R.SYSTEM_CLIENT}
    ),
    Act.LEDGER_READ: frozenset({_R.DISTRICT_ADMIN, _R.FUND_ACCOUNTANT, _R.AUDITOR}),
    Act.LEDGER_SEAL: frozenset({_R.DISTRICT_ADMIN}),
    Act.FLOOR_READ: frozenset(
        {_R.INSURANCE_OFFICE, _R.DISTRICT_ADMIN, _R.FUND_ACCOUNTANT, _R.AUDITOR}
    ),
    Act.FLOOR_APPROVE: frozenset({_R.DISTRICT_ADMIN}),
    Act.FLOOR_PAY: frozenset({_R.FUND_ACCOUNTANT}),
    Act.PAYEES_WRITE: frozenset({_R.DISTRICT_ADMIN, _R.FUND_ACCOUNTANT}),
    Act.PAYMENTS_READ: frozenset({_R.DISTRICT_ADMIN, _R.FUND_ACCOUNTANT, _R.AUDITOR}),
    Act.PAYMENTS_MAKE: frozenset({_R.FUND_ACCOUNTANT}),
    Act.PAYMENTS_RELEASE: frozenset({_R.DISTRICT_ADMIN}),
    Act.DISPUTES_READ: frozenset(
        {_R.INSURANCE_OFFICE, _R.DISTRICT_ADMIN, _R.FUND_ACCOUNTANT, _R.AUDITOR}
    ),
    Act.DISPUTES_OPEN: frozenset({_R.INSURANCE_OFFICE}),
    Act.DISPUTES_ANSWER: frozenset({_R.DISTRICT_ADMIN, _R.FUND_ACCOUNTANT}),
    Act.PERIODS_READ: frozenset(
        {_R.INSURANCE_OFFICE, _R.DISTRICT_ADMIN, _R.FUND_ACCOUNTANT, _R.AUDITOR}
    ),
    Act.ASSESS_PROPOSE: frozenset({_R.DISTRICT_ADMIN, _R.FUND_ACCOUNTANT}),
    Act.ASSESS: frozenset({_R.DISTRICT_ADMIN}),
    Act.EXPORT: frozenset({_R.DISTRICT_ADMIN}),
    Act.EXPORTS_READ: frozenset({_R.DISTRICT_ADMIN, _R.FUND_ACCOUNTANT, _R.AUDITOR}),
    Act.AUDIT_READ: frozenset({_R.AUDITOR, _R.AUDIT_ADMIN}),
    Act.OVERSIGHT_READ: frozenset({_R.AUDITOR, _R.DISTRICT_ADMIN}),
    Act.OVERSIGHT_WRITE: frozenset({_R.AUDITOR}),
    Act.EVIDENCE_MAKE: frozenset({_R.AUDITOR, _R.DISTRICT_ADMIN}),
    Act.HEADS_HAND: frozenset({_R.AUDITOR, _R.DISTRICT_ADMIN}),
    Act.QUESTIONS_READ: frozenset({_R.AUDITOR, _R.DISTRICT_ADMIN, _R.INSURANCE_OFFICE}),
    Act.QUESTIONS_WRITE: frozenset({_R.AUDITOR}),
    Act.QUESTIONS_ANSWER: frozenset({_R.DISTRICT_ADMIN, _R.INSURANCE_OFFICE}),
    Act.FIGURES_WRITE: frozenset({_R.DISTRICT_ADMIN, _R.SYSTEM_CLIENT}),
    Act.ACCOUNTS_WRITE: frozenset({_R.SYSTEM_ADMIN}),
    Act.ACCOUNTS_READ: frozenset({_R.SYSTEM_ADMIN, _R.SECURITY_ADMIN}),
    Act.TOKENS_WRITE: frozenset({_R.SYSTEM_ADMIN}),
    Act.TOKENS_READ: frozenset({_R.SYSTEM_ADMIN, _R.SECURITY_ADMIN}),
    Act.GRANTS_READ: frozenset({_R.SYSTEM_ADMIN, _R.SECURITY_ADMIN}),
    Act.GRANTS_DECIDE: frozenset({_R.SECURITY_ADMIN}),
    Act.METRICS: frozenset({_R.SYSTEM_ADMIN}),
    Act.BACKUP: frozenset({_R.SYSTEM_ADMIN}),
    Act.OPERATION_READ: frozenset({_R.SYSTEM_ADMIN}),
    Act.PAPERS_PRINT: frozenset(
        {_R.CASHIER, _R.INSURANCE_OFFICE, _R.DISTRICT_ADMIN, _R.SYSTEM_CLIENT}
    ),
    Act.CARDS_PRINT: frozenset(
        {_R.DOCTOR, _R.CASHIER, _R.INSURANCE_OFFICE, _R.TOWNSHIP_OFFICER, _R.DISTRICT_ADMIN}
    ),
    Act.CONTACTS_WRITE: frozenset({_R.INSURANCE_OFFICE, _R.DISTRICT_ADMIN}),
    Act.MATCHING_READ: frozenset({_R.INSURANCE_OFFICE, _R.DISTRICT_ADMIN, _R.AUDITOR}),
    Act.MATCHING_PROPOSE: frozenset({_R.INSURANCE_OFFICE, _R.DISTRICT_ADMIN}),
    Act.MATCHING_CONFIRM: frozenset({_R.INSURANCE_OFFICE, _R.DISTRICT_ADMIN}),
    Act.INTAKE: frozenset({_R.CASHIER, _R.INSURANCE_OFFICE, _R.DISTRICT_ADMIN, _R.SYSTEM_CLIENT}),
    Act.APPROVALS_READ: frozenset({_R.DISTRICT_ADMIN, _R.FUND_ACCOUNTANT, _R.AUDITOR}),
    Act.APPROVALS_TAKE: frozenset({_R.DISTRICT_ADMIN}),
    Act.POLICIES_READ: frozenset({_R.DISTRICT_ADMIN, _R.FUND_ACCOUNTANT, _R.AUDITOR}),
    Act.POLICIES_PROPOSE: frozenset({_R.DISTRICT_ADMIN}),
    Act.POLICIES_APPROVE: frozenset({_R.DISTRICT_ADMIN}),
    Act.INDICATORS_READ: frozenset({_R.DISTRICT_ADMIN, _R.FUND_ACCOUNTANT, _R.AUDITOR}),
    Act.BUDGETS_WRITE: frozenset({_R.DISTRICT_ADMIN}),
    Act.ALERTS_READ: frozenset(
        {_R.INSURANCE_OFFICE, _R.TOWNSHIP_OFFICER, _R.DISTRICT_ADMIN, _R.FUND_ACCOUNTANT, _R.AUDITOR}
    ),
    Act.ALERTS_ACT: frozenset({_R.INSURANCE_OFFICE, _R.TOWNSHIP_OFFICER, _R.DISTRICT_ADMIN}),
    Act.ALERTS_ASSIGN: frozenset({_R.DISTRICT_ADMIN}),
    Act.ALERTS_RULES: frozenset({_R.DISTRICT_ADMIN}),
    Act.CITY_READ: frozenset({_R.CITY_VIEWER}),
    Act.CITY_DELIVER: frozenset({_R.DISTRICT_ADMIN}),
    Act.REIMBURSE_READ: frozenset(
        {_R.TOWNSHIP_OFFICER, _R.DISTRICT_ADMIN, _R.FUND_ACCOUNTANT, _R.AUDITOR}
    ),
    Act.REIMBURSE_ENTER: frozenset({_R.TOWNSHIP_OFFICER}),
    Act.UPKEEP_READ: frozenset({_R.TOWNSHIP_OFFICER, _R.DISTRICT_ADMIN, _R.AUDITOR}),
    Act.UPKEEP_WRITE: frozenset({_R.TOWNSHIP_OFFICER}),
    Act.UPKEEP_CONFIRM: frozenset({_R.DISTRICT_ADMIN}),
    Act.CONTRACTS_READ: frozenset({_R.TOWNSHIP_OFFICER, _R.DISTRICT_ADMIN, _R.AUDITOR}),
    Act.CONTRACTS_WRITE: frozenset({_R.TOWNSHIP_OFFICER}),
    Act.NOTICES_READ: frozenset({_R.TOWNSHIP_OFFICER, _R.DISTRICT_ADMIN, _R.AUDITOR}),
    Act.NOTICES_WRITE: frozenset({_R.TOWNSHIP_OFFICER}),
    Act.REIMBURSE_APPROVE: frozenset({_R.DISTRICT_ADMIN}),
    Act.RUNS_READ: frozenset({_R.SYSTEM_ADMIN, _R.AUDIT_ADMIN, _R.DISTRICT_ADMIN, _R.FUND_ACCOUNTANT, _R.AUDITOR}),
}  # fmt: skip
"""三员分立: the system, security and audit administrators see no business data, and nobody else does their work."""
