"""docs/reference/roles.md: who may what, from the one table that every route asks."""

from doudi_web.tenancy.roles import (
    ADMINISTRATORS,
    MAY,
    OF_FACILITY,
    OF_TOWNSHIP,
    TITLES,
    WORDS,
    Act,
    Role,
)
from tools.forms import NoWord
from tools.markdown import code, page, table

_HEAD = """\
一个账号、一个令牌只有一个角色。能做什么只看下表；每个接口都查它，测试对每个接口、每个角色逐格核对。

医院的角色只看、只办自己医院的；乡镇街道经办只看自己乡镇（街道）的；医院信息系统可以限在一家医院；其余是全区的。
系统、安全、审计三个管理员互相制约：都看不到业务数据，一个人不能兼两个；角色由系统管理员申请，安全管理员确认以后生效；
重置密码也一样，管理员自己的只能在服务器上重置。"""


def roles_page() -> str:
    """Roles, and acts by role."""
    missing = [act.value for act in Act if act not in WORDS]
    if missing:
        raise NoWord(f"权限没有说明：{missing}")
    roles = [
        (TITLES[role], code(role.value), _where(role), "是" if role in ADMINISTRATORS else "")
        for role in Role
    ]
    acts = [
        (WORDS[act], code(act.value), "、".join(TITLES[role] for role in Role if role in MAY[act]))
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
