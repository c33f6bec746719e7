"""No kind of fault without a test that makes it: a new code fails here until a table has it."""

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
from web import (
    test_accounts,
    test_audit,
    test_before_the_routes,
    test_demonstration,
    test_guard,
    test_keys,
    test_logging_in,
    test_misfits,
    test_people_commands,
)
from web import test_erasing as erasing
from web import test_in_sight as in_sight
from web import test_installing as installing
from web import test_ledger_command as ledger
from web import test_numbers as numbers
from web import test_openings as openings
from web import test_refusals as service
from web import test_register as register
from web import test_rolls as rolls
from web import test_sealing as sealing
from web import test_tampering as tampering
from web import test_visits as visits


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
    made |= sealing.CODES | tampering.CODES | erasing.CODES | ledger.CODES
    made |= numbers.CODES | register.CODES | rolls.CODES | in_sight.CODES
    made |= service.CODES | visits.CODES | openings.CODES | installing.CODES
    for people in (
        test_accounts,
        test_audit,
        test_before_the_routes,
        test_demonstration,
        test_guard,
        test_keys,
        test_logging_in,
        test_misfits,
        test_people_commands,
    ):
        made |= people.CODES
    assert sorted(set(FAULT_KINDS) - made) == []
    assert sorted(made - set(FAULT_KINDS)) == []


def test_every_kind_has_words_in_both_languages_and_no_two_say_the_same() -> None:
    kinds = list(FAULT_KINDS.values())
    assert all(kind.what and kind.why and kind.mend and kind.english for kind in kinds)
    assert len({kind.english for kind in kinds}) == len(kinds)
