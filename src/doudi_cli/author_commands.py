"""`doudi pack …` for who writes packs: what differs between two, what holds in one situation."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Annotated

import typer

from doudi.errors import Fault, fault
from doudi.in_situation import Told, in_situation
from doudi.packs.diff import diff as differences
from doudi.packs.model import Pack
from doudi.source_text import shown
from doudi.wire.differences import change_json
from doudi.wire.settlements import fault_json
from doudi_cli.days import day_of, today
from doudi_cli.diff_view import show_diff
from doudi_cli.explain_json import approval_json, late_knowledge_json, part_json
from doudi_cli.explain_view import show_explained
from doudi_cli.fault_view import show_faults
from doudi_cli.output import console, print_json
from doudi_cli.pack_commands import AsJson, Name, Packs, checked


def diff(
    a: Annotated[str, typer.Argument(metavar="A", help="原来的：编号或文件夹")],
    b: Annotated[str, typer.Argument(metavar="B", help="现在的：编号或文件夹")],
    on_a: Annotated[
        str | None, typer.Option("--on-a", help="只比某一天的值：A 的哪一天（如 2024-06-01）")
    ] = None,
    on_b: Annotated[str | None, typer.Option("--on-b", help="B 的哪一天；与 --on-a 一起写")] = None,
    packs: Packs = None,
    as_json: AsJson = False,
) -> None:
    """比较两个政策包：值、规则、次序有什么不同，各依据什么。"""
    if (on_a is None) != (on_b is None):
        raise typer.BadParameter("--on-a 和 --on-b 要一起写", param_hint="--on-a")
    days = None
    if on_a is not None and on_b is not None:
        days = (day_of(on_a, "--on-a"), day_of(on_b, "--on-b"))
    found: list[Pack] = []
    faults: list[Fault] = []
    for name in (a, b):
        policies, wrong = checked(name, packs)
        found += [policies[0].pack] if policies else []
        faults += wrong
    if len(found) == 2 and days is not None:
        faults += [
            fault("F402", option, day=day, pack=pack.id, span=pack.valid)
            for option, day, pack in zip(("--on-a", "--on-b"), days, found, strict=True)
            if not pack.valid.covers(day)
        ]
    changes = () if faults else differences(found[0], found[1], days)
    if as_json:
        whole = {
            "a": None if faults else {"pack": found[0].id, "on": _day(days, 0)},
            "b": None if faults else {"pack": found[1].id, "on": _day(days, 1)},
            "changes": [change_json(c) for c in changes],
            "faults": [fault_json(f) for f in dict.fromkeys(faults)],
        }
        print_json(whole)
    elif not faults:
        heads = [f"{p.id}{f'（{_day(days, n)}）' if days else ''}" for n, p in enumerate(found)]
        show_diff(console(), (heads[0], heads[1]), (found[0], found[1]), changes)
    else:
        show_faults(console(stderr=True), dict.fromkeys(faults))
    raise typer.Exit(1 if faults else 0)


def explain(
    name: Name,
    standing: Annotated[str | None, typer.Option("--standing", help="人员身份：代码或名称")] = None,
    kind: Annotated[str | None, typer.Option("--kind", help="就医类别")] = None,
    level: Annotated[str | None, typer.Option("--level", help="医院等级")] = None,
    place: Annotated[str | None, typer.Option("--place", help="就医地点")] = None,
    tier: Annotated[str | None, typer.Option("--tier", help="参保档次")] = None,
    others: Annotated[
        list[str] | None,
        typer.Option("--set", help="别的维度：名称=代码，可以写几次"),
    ] = None,
    age: Annotated[int | None, typer.Option("--age", min=0, max=150, help="周岁")] = None,
    major: Annotated[
        bool | None, typer.Option("--major/--not-major", help="是不是重大疾病")
    ] = None,
    on: Annotated[
        str | None, typer.Option("--on", help="哪一天（如 2026-03-01）；不写就是今天")
    ] = None,
    packs: Packs = None,
    as_json: AsJson = False,
) -> None:
    """一种情形下的规则：每一层用哪一条，起付线、比例、限额是多少，怎样来的，依据什么。"""
    by_place = {
        "person.standings": ("--standing", standing),
        "kind": ("--kind", kind),
        "facility.level": ("--level", level),
        "place": ("--place", place),
        "person.insurance_tier": ("--tier", tier),
    }
    pairs = [_pair(text) for text in others or ()]
    policies, found = checked(name, packs)
    faults, parts = list(found), ()
    told, policy = Told({}), None
    if policies:
        pack = policies[0].pack
        day = _day_in(pack, on)
        codes, wrong = _codes(pack, day, by_place, pairs)
        told = Told(codes, age, major)
        faults += wrong
        if not pack.valid.covers(day):
            faults.append(fault("F402", "--on", day=day, pack=pack.id, span=pack.valid))
        if not faults:
            policy = max((p for p in policies if p.since <= day), key=lambda p: p.since)
            parts = in_situation(policy, told)
    if as_json:
        whole = {
            "pack": None if policy is None else policy.pack.id,
            "since": None if policy is None else str(policy.since),
            "situation": {**told.codes, "age": told.age, "major_disease": told.major_disease},
            "parts": [part_json(part) for part in parts],
            "approval": None if policy is None else approval_json(policy.pack),
            "late_knowledge": None
            if policy is None
            else late_knowledge_json(policy.pack.late_knowledge),
            "faults": [fault_json(f) for f in faults],
        }
        print_json(whole)
    elif policy is not None:
        show_explained(console(), policy, told, parts)
    else:
        show_faults(console(stderr=True), faults)
    raise typer.Exit(1 if faults else 0)


def _pair(text: str) -> tuple[str, str]:
    name, equals, code = text.partition("=")
    if not equals or not name.strip():
        raise typer.BadParameter("写成 名称=代码", param_hint="--set")
    return name.strip(), code.strip()


def _day_in(pack: Pack, on: str | None) -> date:
    """The day that is named; else today, or the nearest day on which the pack rules."""
    if on is not None:
        return day_of(on, "--on")
    last = date.max if pack.valid.end is None else pack.valid.end - timedelta(days=1)
    return min(max(today(), pack.valid.start), last)


def _codes(
    pack: Pack,
    day: date,
    by_place: Mapping[str, tuple[str, str | None]],
    pairs: Iterable[tuple[str, str]],
) -> tuple[dict[str, str], list[Fault]]:
    """The codes by dimension, from codes or titles; what the pack does not have is a fault."""
    codes: dict[str, str] = {}
    faults: list[Fault] = []
    dimension_of = {d.of: d for d in pack.dimensions.values()}
    asked = [(option, dimension_of.get(of), of, text) for of, (option, text) in by_place.items()]
    asked += [("--set", pack.dimensions.get(name), name, text) for name, text in pairs]
    for option, dimension, name, text in asked:
        if text is None:
            continue
        if dimension is None:
            known = "、".join(f"{d.name}（{d.title.zh}）" for d in pack.dimensions.values())
            faults.append(fault("F414", option, pack=pack.id, name=shown(name), known=known))
            continue
        titles = {title.zh: code for code, title in dimension.codes.items()}
        code = text if text in dimension.codes else titles.get(text)
        if code is None:
            known = "、".join(f"{c}（{t.zh}）" for c, t in dimension.codes.items())
            details = {"name": dimension.title.zh, "value": shown(text), "codes": known}
            faults.append(fault("F403", option, pack=pack.id, day=day, **details))
            continue
        codes[dimension.name] = code
    return codes, faults


def _day(days: tuple[date, date] | None, place: int) -> str | None:
    return None if days is None else str(days[place])
