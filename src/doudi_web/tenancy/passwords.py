"""What a password must be, and when it must be another (等保三级)."""

import secrets
import string
from datetime import timedelta

from django.contrib.auth.hashers import check_password
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

from doudi.errors import Fault, fault
from doudi_web.tenancy.clock import real_now
from doudi_web.tenancy.models import Account, PastPassword

LEAST, MOST = 10, 128
CLASSES = 3
HISTORY = 5
LIFE = timedelta(days=90)


def _is_sign(character: str) -> bool:
    return not character.isalnum()


_KINDS = (str.islower, str.isupper, str.isdigit, _is_sign)
_common = CommonPasswordValidator()


def faults_of(account: Account, password: str) -> list[Fault]:
    """Every rule that a new password breaks."""
    told: list[str] = []
    if not LEAST <= len(password) <= MOST:
        told.append(f"要 {LEAST} 至 {MOST} 个字符")
    if sum(any(is_kind(c) for c in password) for is_kind in _KINDS) < CLASSES:
        told.append(f"小写字母、大写字母、数字、符号，至少要有 {CLASSES} 种")
    plain = password.casefold()
    if account.username in plain or plain in account.username or account.username[::-1] in plain:
        told.append("不能含有用户名")
    if len(set(password)) < 5:
        told.append("不同的字符要有 5 个")
    try:
        _common.validate(password)
    except ValidationError:
        told.append("太常见，猜得到")
    if _was_used(account, password):
        told.append(f"不能与最近 {HISTORY} 个密码相同")
    return [fault("S475", "password", rule=rule) for rule in told]


def _was_used(account: Account, password: str) -> bool:
    past = PastPassword.objects.filter(account=account).order_by("-id")[: HISTORY - 1]
    kept = [account.password, *(one.password for one in past)]
    return any(one and check_password(password, one) for one in kept)


def is_over(account: Account) -> bool:
    """Whether the account must take another password before it does anything else."""
    changed = account.password_changed
    return account.must_change or changed is None or changed + LIFE <= real_now()


def change(account: Account, password: str, *, must_change: bool) -> None:
    """Give the account a password; its sessions end. The caller saves nothing more of it."""
    if account.pk is not None and account.password:
        PastPassword.objects.create(account=account, password=account.password)
    account.set_password(password)
    account.password_changed, account.must_change = real_now(), must_change
    account.generation += 1
    account.save()


def first_password() -> str:
    """A random password to be told once and changed at the first login."""
    letters = string.ascii_letters + string.digits
    while True:
        made = "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))
        if all(any(is_kind(c) for c in made) for is_kind in _KINDS):
            return made
