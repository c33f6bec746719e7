"""The documentation does what it says: examples run, the reference is current, links lead somewhere."""

import re
from pathlib import Path

import pytest

from docs.pages import broken_links, headings, pages, shown_to_readers, unreal, unreal_commands
from tools import reference
from tools.doc_commands import Runner
from tools.doc_runner import ROOT, blocks, filled, matches, named, prepared, run_page, workshop
from tools.forms import NoWord

TUTORIALS = sorted((ROOT / "docs" / "tutorial").glob("*.md"))
WITH_RUNS = [
    page
    for page in shown_to_readers()
    if page not in TUTORIALS
    and any("run" in b.marks for b in blocks(page.read_text(encoding="utf-8")))
]


def _id(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", TUTORIALS, ids=_id)
def test_a_tutorial_does_what_it_says_from_an_empty_folder(page: Path, tmp_path: Path) -> None:
    found = run_page(page, workshop(tmp_path), every=True)
    assert not found, "\n\n".join(map(str, found))


LONG = {"operate.md", "bad-day-restore.md"}
"""Pages whose examples start and restore services: they run in the thorough run."""


@pytest.mark.parametrize(
    "page",
    [pytest.param(p, marks=pytest.mark.slow) if p.name in LONG else p for p in WITH_RUNS],
    ids=_id,
)
def test_marked_examples_print_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    found = run_page(page, prepared(tmp_path), every=False)
    assert not found, "\n\n".join(map(str, found))


CHINESE = [page for page in TUTORIALS if not page.name.endswith(".en.md")]


@pytest.mark.parametrize("page", CHINESE, ids=_id)
def test_both_languages_of_a_tutorial_do_the_same(page: Path) -> None:
    """The English one follows the Chinese one: the same files and patches, in the same order."""
    english = page.with_name(f"{page.stem}.en.md")
    shapes = [
        [(b.language, b.marks) for b in blocks(one.read_text(encoding="utf-8")) if b.marks]
        for one in (page, english)
    ]
    assert shapes[0] == shapes[1]
    assert len(TUTORIALS) == 2 * len(CHINESE) == 6


def test_a_page_that_continues_another_finds_its_files(tmp_path: Path) -> None:
    first, second = tmp_path / "first.md", tmp_path / "second.md"
    first.write_text("```text file=a.txt\none\n```\n```diff file=a.txt\n-one\n+two\n```\n")
    second.write_text("<!-- continues first.md -->\n```console\n$ cat a.txt\ntwo\n```\n")
    assert run_page(second, tmp_path, every=True) == []


def test_a_page_that_shows_something_else_is_caught(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "```text file=a.txt\none\ntwo\n```\n```diff file=a.txt\n-two\n+three\n```\n"
        "```console\n$ cat a.txt\none\ntwo\n```\n```console\n$ false\n```\n"
    )
    found = run_page(page, tmp_path, every=True)
    assert [(d.command.text, d.printed, d.exit) for d in found] == [
        ("cat a.txt", ("one", "three"), 0),
        ("false", (), 1),
    ]


def test_a_command_runs_as_it_would_alone(tmp_path: Path) -> None:
    """The command that stays loaded prints and ends as a fresh one does, `> file` included."""
    with Runner(tmp_path) as runner:
        for command in (
            "doudi version",
            "doudi settle none.yaml",
            "doudi",
            "doudi settle --nothing",
        ):
            assert runner.run(command) == runner.run(f"{command} ;")
        assert runner.run("doudi pack list --json > a.json") == ((), 0)
        assert runner.run("doudi pack list --json | diff - a.json") == ((), 0)


# Catches a patch that writes another encoding, or the line ends of another system.
def test_a_patch_keeps_encoding_and_line_ends(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("甲,1\r\n乙,2\r\n".encode("gbk"))
    page = tmp_path / "page.md"
    page.write_text("```diff file=a.csv encoding=gbk\n-乙,2\n+丙,3\n```\n")
    assert run_page(page, tmp_path, every=True) == []
    assert (tmp_path / "a.csv").read_bytes() == "甲,1\r\n丙,3\r\n".encode("gbk")


def test_a_patch_that_fits_nowhere_stops(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one\none\n")
    page = tmp_path / "page.md"
    page.write_text("```diff file=a.txt\n-one\n+two\n```\n")
    with pytest.raises(ValueError, match="stands 2 times"):
        run_page(page, tmp_path, every=True)


@pytest.mark.parametrize(
    ("wanted", "printed", "same"),
    [
        (["a …", "…", "z"], ["a b", "c", "d", "z"], True),
        (["a"], ["a", "b"], False),
        (["a  "], ["", "a", ""], True),
        (["…", "b"], ["b"], False),
        (["a.c"], ["abc"], False),
    ],
)
def test_an_output_is_compared_but_for_what_is_elided(
    wanted: list[str], printed: list[str], same: bool
) -> None:
    assert matches(wanted, printed) is same


@pytest.mark.parametrize(
    ("wanted", "printed", "names"),
    [
        ("{id: 【a】, of: 【b】}", "{id: 7, of: 3}", {"a": "7", "b": "3", "c": "9"}),
        ("【c】 and 【a】 and 【a】", "9 and 7 and 7", {"a": "7", "c": "9"}),
        ("【c】", "8", None),
        ("【a】 【a】", "7 8", None),
        ("{id: 【a】}", "{id: }", None),
        ("…, id: 【a】, …", "x, id: 1, id: 2, y", {"a": "1", "c": "9"}),
    ],
)
def test_a_number_that_has_a_name_stays_the_same(
    wanted: str, printed: str, names: dict[str, str] | None
) -> None:
    assert named([wanted], [printed], {"c": "9"}) == names


def test_a_name_in_a_command_is_the_number_that_was_printed() -> None:
    assert filled("curl /a/【一】/b/【二】", {"一": "7"}) == "curl /a/7/b/【二】"


def test_the_reference_is_current() -> None:
    assert reference.stale() == []


def test_a_reference_that_is_not_current_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reference.write(tmp_path)
    (tmp_path / "faults.md").write_text("old")
    (tmp_path / "gone.md").write_text("old")
    (tmp_path / "bill.md").unlink()
    assert reference.stale(tmp_path) == ["bill.md", "faults.md", "gone.md"]
    monkeypatch.setattr(reference, "FOLDER", tmp_path)
    monkeypatch.setattr(reference.stale, "__defaults__", (tmp_path,))
    assert reference.main(["--check"]) == 1
    assert "docs/reference/faults.md" in capsys.readouterr().out
    assert reference.main(["--chekc"]) == 2


def test_a_key_without_a_word_stops_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    from tools import reference_words  # noqa: PLC0415

    said = reference_words.PACK["CapForm"]
    monkeypatch.delitem(said.keys, "paid")
    with pytest.raises(NoWord, match=r"CapForm\.paid"):
        reference.PAGES["pack-language.md"]()
    monkeypatch.setitem(said.keys, "paid", "…")
    monkeypatch.setitem(said.keys, "paidd", "…")
    with pytest.raises(NoWord, match="paidd"):
        reference.PAGES["pack-language.md"]()


def test_a_key_of_a_check_without_a_word_stops_the_reference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tools.reference_words_check import CHECK  # noqa: PLC0415

    page = reference.PAGES["check.md"]()
    assert "| `undecided.patient` | 键值表或 null |" in page
    monkeypatch.delitem(CHECK, "room")
    with pytest.raises(NoWord, match="room"):
        reference.PAGES["check.md"]()


@pytest.mark.parametrize("page", pages(), ids=_id)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    assert list(broken_links(page)) == []


def test_a_broken_link_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# 一 页\n[a](page.md#一-页) [b](nowhere.md) [c](#二) [d](https://a.example/)\n"
    )
    assert headings(page) == {"一-页"}
    assert list(broken_links(page)) == ["nowhere.md", "#二"]


@pytest.mark.parametrize("page", shown_to_readers(), ids=_id)
def test_every_command_that_is_shown_is_real(page: Path) -> None:
    assert list(unreal_commands(page)) == []


@pytest.mark.parametrize(
    "command",
    ["doudi settel a.yaml", "doudi settle", "doudi settle a.yaml --jsn", "doudi pack", "make demos",
     "doudi pack show a b", "python -m tools.nothing", "rm -rf x"],
)  # fmt: skip
def test_a_command_that_is_not_real_is_seen(command: str) -> None:
    assert unreal(command)


@pytest.mark.parametrize(("package", "heading"), [("doudi", "引擎"), ("doudi_web", "服务")])
def test_the_map_of_rooms_names_every_room_and_floor_in_order(package: str, heading: str) -> None:
    """CONTRIBUTING's tables, top to bottom, are what .importlinter holds the engine and the service to."""
    contract = (ROOT / ".importlinter").read_text().partition(f"containers = {package}\n")[2]
    floors = contract.partition("layers =")[2].partition("\n\n")[0].split("\n")
    stated = [name for line in floors for name in re.findall(r"\w+", line)]
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.partition(f"### {heading}\n")[2].partition("\n#")[0]
    rows = [line.split("|")[2] for line in section.splitlines() if line.startswith("| ")]
    told = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert told == stated
    inside = (ROOT / "src" / package).iterdir()
    rooms = {p.stem for p in inside if p.suffix == ".py" or (p / "__init__.py").exists()}
    rooms -= {"__init__", "__main__"}
    assert rooms == set(stated)


def test_every_decision_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    found = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert found
    assert [p.name for p in found if f"adr/{p.name}" not in index] == []


@pytest.mark.parametrize("page", pages(), ids=_id)
def test_no_page_names_a_path_of_one_machine(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"(?<![\w.])/(?:home|root|tmp|Users|work)\b|\b[A-Z]:\\\w", text) == []
