"""What is to be done and who must do it, in the words of the list."""

from doudi_web.wards.needs import Need, Who

NEEDS: dict[Need, str] = {
    Need.FAULTS: "账单有错",
    Need.APPROVAL: "等医保办审批",
    Need.OVER_LIMIT: "超限，等医生说明",
    Need.UNSETTLED: "出院未结算",
    Need.LEFT: "登记已死亡或迁出",
    Need.STANDING_ENDED: "身份已到期",
    Need.NOT_REGISTERED: "登记里没有",
    Need.UNMAPPED: "有未对照项目",
    Need.NO_REFERRAL: "没有转诊",
    Need.NO_DIAGNOSIS: "缺诊断",
    Need.STANDING_ENDING: "身份快到期",
    Need.DIFFERS: "与登记不同",
    Need.REVIEW: "紧急放行待复核",
    Need.READY: "可以结算",
}
WHO: dict[Who, str] = {
    Who.DOCTOR: "主管医生",
    Who.INSURANCE_OFFICE: "医保办",
    Who.CASHIER: "收费处",
    Who.TOWNSHIP: "乡镇",
}
