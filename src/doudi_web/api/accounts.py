"""Routes: accounts, tokens, and what waits to be confirmed."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from doudi.dates import CHINA
from doudi_web.accounts import granting, managing, selectors
from doudi_web.api.fields import Fields, Flag, Text, read, reason_of, shape
from doudi_web.api.interface import actor, api, body
from doudi_web.api.shapes import FLAG, TEXT, WHOLE, described, keys, ref
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Role

_SCOPE: dict[str, Text] = {
    "role": Text(20, f"角色：{'、'.join(Role)}", one_of=tuple(Role)),
    "facility": Text(40, "医疗机构编码", required=False),
    "township": Text(9, "乡镇（街道）编码", required=False),
}
_REASON = Text(400, "为什么")
_WHY: Fields = {"reason": _REASON}
_ACCOUNT: Fields = {"username": Text(60, "用户名"), "name": Text(60, "姓名"), **_SCOPE}
_STOP: Fields = {"active": Flag("true 或 false", required=True), "reason": _REASON}
_MOVE: Fields = {**_SCOPE, "reason": _REASON}
_CHANGE: Fields = {
    "active": Flag("true 或 false"),
    **{key: replace(field, required=False) for key, field in _SCOPE.items()},
    "reason": _REASON,
}
_TOKEN: Fields = {
    "name": Text(60, "给谁用"),
    **_SCOPE,
    "may_back_date": Flag("true 或 false"),
    "expires": Text(40, "到哪一天（不含）", required=False),
}
_DECISION: Fields = {
    "accept": Flag("true 或 false", required=True),
    "reason": Text(400, "为什么", required=False),
}


def _scope(stated: dict[str, Any]) -> managing.Scope:
    return managing.Scope(Role(stated["role"]), stated.get("facility"), stated.get("township"))


@api.get(
    "/api/v1/accounts",
    operation_id="accounts",
    openapi_extra=described({200: ref("Accounts")}),
)
def accounts(request: HttpRequest) -> dict[str, Any]:
    """全部账号。"""
    return {"accounts": selectors.accounts(actor(request))}


@api.post(
    "/api/v1/accounts",
    operation_id="create_account",
    openapi_extra=described(
        {200: keys({"id": WHOLE, "password": TEXT, "grant": WHOLE})}, shape(_ACCOUNT), faults=(409,)
    ),
)
def create_account(request: HttpRequest) -> dict[str, Any]:
    """建账号：{username, name, role, facility?, township?}。初始密码只显示这一次；安全管理员确认后能登录。"""
    who = actor(request)
    stated = read(body(request), _ACCOUNT)
    made = managing.create_account(who, stated["username"], stated["name"], _scope(stated))
    return {"id": made.number, "password": made.secret, "grant": made.grant}


@api.patch(
    "/api/v1/accounts/{account}",
    operation_id="change_account",
    openapi_extra=described(
        {200: {"anyOf": [keys({"active": FLAG}), keys({"grant": WHOLE})]}},
        {"anyOf": [shape(_STOP), shape(_MOVE)]},
        faults=(404, 409),
    ),
)
def change_account(request: HttpRequest, account: int) -> dict[str, Any]:
    """改账号：{active, reason} 停用或恢复，立即生效；{role, facility?, township?, reason} 申请改角色。"""
    who = actor(request)
    stated = read(body(request), _CHANGE)
    moves = [key for key in _SCOPE if key in stated]
    if ("active" in stated) == bool(moves):
        expected = "active，或者 role（连同 facility、township）；一次一样"
        raise Refusal.of(422, "F201", "active", key="active", expected=expected)
    if "active" in stated:
        managing.set_active(who, account, stated["active"], stated["reason"])
        return {"active": stated["active"]}
    if "role" not in stated:
        raise Refusal.of(422, "F201", "role", key="role", expected="角色")
    return {"grant": managing.move(who, account, _scope(stated), stated["reason"])}


@api.post(
    "/api/v1/accounts/{account}/reset",
    operation_id="reset_account",
    openapi_extra=described(
        {200: keys({"password": TEXT, "grant": WHOLE})}, shape(_WHY), faults=(404,)
    ),
)
def reset_account(request: HttpRequest, account: int) -> dict[str, Any]:
    """重置密码：{reason}。新密码只显示这一次；安全管理员确认后能登录，登录要改。一次性口令取消，锁定解除，登录结束。"""
    who = actor(request)
    made = managing.reset(who, account, read(body(request), _WHY)["reason"])
    return {"password": made.secret, "grant": made.grant}


@api.get(
    "/api/v1/tokens",
    operation_id="tokens",
    openapi_extra=described({200: ref("Tokens")}),
)
def tokens(request: HttpRequest) -> dict[str, Any]:
    """全部令牌；看不到令牌本身。"""
    return {"tokens": selectors.tokens(actor(request))}


@api.post(
    "/api/v1/tokens",
    operation_id="create_token",
    openapi_extra=described(
        {200: keys({"id": WHOLE, "token": TEXT, "grant": WHOLE})}, shape(_TOKEN)
    ),
)
def create_token(request: HttpRequest) -> dict[str, Any]:
    """发令牌：{name, role, facility?, township?, may_back_date?, expires?}。只显示这一次；安全管理员确认后有效。"""
    who = actor(request)
    stated = read(body(request), _TOKEN)
    made = managing.create_client(
        who, stated["name"], _scope(stated), may_back_date=stated.get("may_back_date", False),
        expires=_day(stated.get("expires")),
    )  # fmt: skip
    return {"id": made.number, "token": made.secret, "grant": made.grant}


def _day(text: str | None) -> datetime | None:
    """Midnight of a day; not so far away that another clock could not tell it. Raises Refusal 422."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or not 1 < found.year < 9999:
        raise Refusal.of(422, "F203", "expires", value=text, expected="日期")
    return found if found.tzinfo else found.replace(tzinfo=CHINA)


@api.delete(
    "/api/v1/tokens/{token}",
    operation_id="revoke_token",
    openapi_extra=described({200: keys({})}, faults=(404,)),
)
def revoke_token(request: HttpRequest, token: int, reason: str = "") -> dict[str, Any]:
    """作废令牌（?reason=）：两秒以内各个进程都不再认它。记录留着。"""
    managing.revoke(actor(request), token, reason_of(reason))
    return {}


@api.get(
    "/api/v1/grants",
    operation_id="grants",
    openapi_extra=described({200: ref("Grants")}),
)
def grants(request: HttpRequest) -> dict[str, Any]:
    """等着确认的角色。"""
    return {"grants": selectors.grants(actor(request))}


@api.post(
    "/api/v1/grants/{grant}",
    operation_id="decide_grant",
    openapi_extra=described({200: keys({"accepted": FLAG})}, shape(_DECISION), faults=(404, 409)),
)
def decide_grant(request: HttpRequest, grant: int) -> dict[str, Any]:
    """确认或不同意：{accept, reason?}。确认以后角色生效。"""
    who = actor(request)
    stated = read(body(request), _DECISION)
    granting.decide(who, grant, stated["accept"], stated.get("reason", ""))
    return {"accepted": stated["accept"]}
