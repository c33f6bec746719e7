"""The packs of 佳木斯 2018 and of 重庆 from 2025; the latter also with worths in its open cells."""

from dataclasses import replace
from fractions import Fraction

from banan import FOLDER
from doudi.packs.load import load
from doudi.packs.model import DatedTable, Pack
from doudi.wire.pack_folder import PackFolder

JIAMUSI = load("cn/230000/230800/2018", PackFolder(FOLDER).find)
CHONGQING = load("cn/500000/2025", PackFolder(FOLDER).find)

FILLED = {
    "basic.special_deductible": Fraction(500_00),
    "basic.special_rate": Fraction(60, 100),
    "basic.special_cap": Fraction(2_000_00),
    "critical.threshold": Fraction(20_915_05),
    "critical.cap": Fraction(150_000_00),
    "income.per_capita": Fraction(30_001_05),
}
"""Made up, so that every rule is reached."""


def filled(pack: Pack) -> Pack:
    """The pack with a worth in each open cell."""
    parameters = dict(pack.parameters)
    for name, parameter in pack.parameters.items():
        dated = tuple(_closed(table, name) for table in parameter.dated)
        parameters[name] = replace(parameter, dated=dated)
    return replace(pack, parameters=parameters)


def _closed(dated: DatedTable, name: str) -> DatedTable:
    table = {key: FILLED[name] if key in dated.open else own for key, own in dated.table.items()}
    return replace(dated, table=table, open=frozenset[tuple[str, ...]]())
