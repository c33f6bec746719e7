"""Routes: log in and out, who I am, my password, my one-time codes."""

from typing import Any

from django.http import HttpRequest
from django.middleware.csrf import get_token, rotate_token

from doudi_web.accounts import logging_in, selectors
from doudi_web.api.fields import Fields, Text, read, shape
from doudi_web.api.interface import api, body, own_account
from doudi_web.api.shapes import A_PERSON, ANYBODY, TEXT, described, keys, ref
from doudi_web.tenancy import sessions
from doudi_web.tenancy.models import Account
from doudi_web.tenancy.refusals import Refusal

_PASSWORD = Text(128, "密码")
_CODE = Text(6, "手机上的六位数")
_LOGIN: Fields = {
    "username": Text(60, "用户名"),
    "password": _PASSWORD,
    "code": Text(6, _CODE.expected, required=False),
}
_CHANGE: Fields = {"old_password": _PASSWORD, "new_password": _PASSWORD}
_BEGIN: Fields = {
    "password": _PASSWORD,
    "code": Text(6, "现在的手机上的六位数", required=False),
}
_CONFIRM: Fields = {"code": _CODE}
_ME = {200: ref("Me")}


def _told(request: HttpRequest, account: Account) -> dict[str, Any]:
    return {**selectors.me(account), "csrf": get_token(request)}


@api.post(
    "/api/v1/login",
    operation_id="login",
    openapi_extra=described(_ME, shape(_LOGIN), by=ANYBODY),
)
def login(request: HttpRequest) -> dict[str, Any]:
    """登录：{username, password, code?}。回答里的 csrf，以后写的请求放进请求头 X-CSRFToken。"""
    if request.content_type != "application/json":
        raise Refusal.of(403, "S473", "Content-Type")
    typed = read(body(request), _LOGIN)
    account = logging_in.log_in(logging_in.Credentials(**typed))
    sessions.begin(request, account)
    request.META["doudi.actor"] = f"account:{account.pk}"
    rotate_token(request)
    return _told(request, account)


@api.post(
    "/api/v1/logout",
    operation_id="logout",
    openapi_extra=described({200: keys({})}, by=A_PERSON),
)
def logout(request: HttpRequest) -> dict[str, Any]:
    """退出。"""
    logging_in.log_out(own_account(request))
    sessions.end(request)
    return {}


@api.get("/api/v1/me", operation_id="me", openapi_extra=described(_ME, by=A_PERSON))
def me(request: HttpRequest) -> dict[str, Any]:
    """我是谁，是什么角色，要不要先改密码。"""
    return _told(request, own_account(request))


@api.post(
    "/api/v1/password",
    operation_id="password",
    openapi_extra=described(_ME, shape(_CHANGE), by=A_PERSON),
)
def password(request: HttpRequest) -> dict[str, Any]:
    """改密码：{old_password, new_password}。别处的登录都结束。"""
    account = own_account(request)
    typed = read(body(request), _CHANGE)
    logging_in.change_password(account, typed["old_password"], typed["new_password"])
    sessions.begin(request, account)
    rotate_token(request)
    return _told(request, account)


@api.post(
    "/api/v1/one-time",
    operation_id="one_time",
    openapi_extra=described({200: keys({"secret": TEXT, "uri": TEXT})}, shape(_BEGIN), by=A_PERSON),
)
def one_time(request: HttpRequest) -> dict[str, Any]:
    """启用一次性口令，或换手机（要现在的 code）：{password, code?}。uri 给手机扫；/confirm 送了口令才生效。"""
    account = own_account(request)
    return logging_in.begin_one_time(account, **read(body(request), _BEGIN))


@api.post(
    "/api/v1/one-time/confirm",
    operation_id="one_time_confirm",
    openapi_extra=described(_ME, shape(_CONFIRM), by=A_PERSON),
)
def one_time_confirm(request: HttpRequest) -> dict[str, Any]:
    """启用一次性口令：{code}。"""
    account = own_account(request)
    logging_in.confirm_one_time(account, read(body(request), _CONFIRM)["code"])
    return _told(request, account)
