"""No kind of fault without a test that makes it: a new code fails here until a table has it."""

from importlib import import_module

from doudi.fault_kinds import FAULT_KINDS
from faults import test_bad_bills as bills
from faults import test_bad_files as files
from faults import test_bad_packs as packs
from faults import test_exit_codes as command
from faults import test_extends as extends
from faults import test_several as several
from faults import test_tables as tables
from properties import test_tables_out as tables_out
from properties.test_open_values import NEEDS

SERVICE = (
    "accounts",
    "approvals",
    "archive",
    "alerts",
    "audit",
    "backup",
    "before_the_routes",
    "city",
    "bundles",
    "correcting",
    "demonstration",
    "disputes",
    "erasing",
    "floor",
    "export_reports",
    "export_taken",
    "exporting",
    "guard",
    "hospital_papers",
    "hospitals",
    "inquiry",
    "in_sight",
    "indicators",
    "installing",
    "intake",
    "intake_moved",
    "keys",
    "leaving",
    "ledger_command",
    "logging_in",
    "matching_decided",
    "misfits",
    "months",
    "numbers",
    "one_service",
    "openings",
    "operation",
    "oversight",
    "people_commands",
    "papers",
    "payments",
    "periods",
    "person_file",
    "platform_answers",
    "policies",
    "previewing",
    "refusals",
    "releases",
    "register",
    "reimbursement",
    "review",
    "rolls",
    "runs",
    "sealing",
    "tampering",
    "township",
    "visits",
    "wards",
    "witness",
)
"""The service's tests that make faults of their own; each says in CODES which."""


def test_every_kind_of_fault_is_made_by_a_row_of_a_table() -> None:
    made = {
        bad.code for table in (bills.BAD, files.FILES, files.BESIDE, packs.BAD) for bad in table
    }
    made |= {
        row[0]
        for table in (files.NOT_READ, files.LONG, several.CLASHES, tables.TABLES)
        for row in table
    }
    made |= {row[1] for row in extends.LOST}
    made |= {row[0] for row in tables_out.REFUSED}
    made |= {"F420" for _, _, needed in NEEDS if needed}
    made |= {
        code for table in (command.RUNS, command.CHECKS) for ran in table for code in ran.codes
    }
    for name in SERVICE:
        made |= import_module(f"web.test_{name}").CODES
    assert sorted(set(FAULT_KINDS) - made) == []
    assert sorted(made - set(FAULT_KINDS)) == []


def test_every_kind_has_words_in_both_languages_and_no_two_say_the_same() -> None:
    kinds = list(FAULT_KINDS.values())
    assert all(kind.what and kind.why and kind.mend and kind.english for kind in kinds)
    assert len({kind.english for kind in kinds}) == len(kinds)
