"""From the auditor's sample to the evidence bundle, at every width and by the keyboard; who is asked answers."""

import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from desk.browser import ROOT, WALKED, Walker
from desk.demo import Demo
from desk.walking import OFFICE, enters, heads, place, reach, walk

AUDITOR = "demo.auditor"
SCRIPT = ROOT / "examples/ledger/verify_bundle.py"
GOOD = "对：字节、承诺、位置、签名、政策、金额"


def verified(path: Path) -> tuple[int, str]:
    """What a third party's Python says of a file, without us."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(SCRIPT), str(path)], capture_output=True, text=True, check=False
    )  # fmt: skip
    return done.returncode, done.stdout.strip()


def _whole(one: Walker) -> None:
    assert one.overflowing() == []
    assert one.axe() == []


@pytest.mark.parametrize("width", WALKED)
def test_a_sample_becomes_a_doubt_and_its_evidence_a_file(
    browser: Browser, demo: Demo, tmp_path: Path, width: int
) -> None:
    with walk(browser, demo, "from the sample to the evidence", width, AUDITOR) as one:
        page = one.page
        heads(one, "笔抽出来还没有评")
        one.click("tbody th a")
        heads(one, "没有评，有问题的")
        one.click("a:has-text('评下一笔')")
        heads(one, "还没有评，连它还有")
        _whole(one)
        one.type("#words", f"同意书上没有签字（{width}）")
        one.type("#q-amount", "120.00")
        page.locator("#q-deadline").fill("2019-12-20")
        one.click("button[value=finding]")
        expect(page.locator("[role=status]").first).to_contain_text("提了疑点")
        place(one, "疑点")
        heads(one, "过了期限没有答复")
        _whole(one)
        one.click("tbody th a")
        heads(one, "等医院医保办答复，2019-12-20 以前")
        _whole(one)
        one.click("a:has-text('做成证据')")
        heads(one, "证据")
        one.type("#why", "年度审计取证")
        with page.expect_download() as came:
            one.click("button:has-text('做成证据并下载')")
        path = tmp_path / came.value.suggested_filename
        came.value.save_as(path)
        assert verified(path) == (0, GOOD)
        changed = bytearray(path.read_bytes())
        changed[len(changed) // 2] ^= 1
        path.write_bytes(bytes(changed))
        assert verified(path)[0] == 1
        page.reload()
        heads(one, "做过 1 份证据")
        _whole(one)


def _verdict(one: Walker, words: str, button: str) -> None:
    """Something is said of the one that is looked at, by the keyboard; the next is there."""
    before = one.page.url
    reach(one, "#words")
    one.write(words)
    if button == "finding":
        reach(one, "#q-amount")
        one.write("120.00")
        reach(one, "#q-deadline")
        one.write("12202019")
    reach(one, f"button[value={button}]")
    one.press("Enter")
    one.page.wait_for_url(lambda url: url != before)
    heads(one, "还没有评，连它还有")
    one.settled()


def test_the_auditor_comes_from_the_sample_to_the_evidence_by_the_keyboard_alone(
    browser: Browser, demo: Demo, tmp_path: Path
) -> None:
    name = "from the sample to the evidence by keyboard"
    with walk(browser, demo, name, username=AUDITOR) as one:
        page = one.page
        heads(one, "笔抽出来还没有评")
        enters(one, "tbody th a")
        heads(one, "没有评，有问题的")
        enters(one, "a.btn-primary")
        heads(one, "还没有评，连它还有")
        _verdict(one, "看过病历和票据", "in_order")
        number = page.url.rstrip("/").rsplit("/", 2)[-2:]
        _verdict(one, "票据上没有签字", "finding")
        expect(page.locator("[role=status]").first).to_contain_text("提了疑点")
        one.press("Alt+2")
        one.press("Enter")
        heads(one, "个疑点没有销号")
        one.settled()
        enters(one, "tbody th a")
        heads(one, "等医院医保办答复，2019-12-20 以前")
        enters(one, "a[href$='/evidence']")
        heads(one, "的证据做成一个文件")
        reach(one, "#why")
        one.write("年度审计取证")
        reach(one, "button[data-file]")
        with page.expect_download() as came:
            one.press("Enter")
        path = tmp_path / came.value.suggested_filename
        came.value.save_as(path)
        assert verified(path) == (0, GOOD)
        assert one.clicks == 0
    ((settlement, words, made),) = demo.rows(
        "SELECT d.settlement, j.words, (SELECT count(*) FROM witness_bundle b WHERE b.settlement = d.settlement)"
        " FROM inquiry_drawn d JOIN inquiry_judged j ON j.drawn_id = d.id"
        " WHERE d.plan_id = %s AND d.place = %s AND j.verdict = 'finding'",
        *map(int, number),
    )
    assert (path.name.split("-")[1], words, made) == (str(settlement), "票据上没有签字", 1)


def test_the_office_answers_and_the_auditor_closes(browser: Browser, demo: Demo) -> None:
    ((number,),) = demo.rows(
        "SELECT max(q.id) FROM inquiry_question q JOIN tenancy_account a ON a.facility_id = q.facility"
        " WHERE a.username = %s AND q.state = 'waiting' AND q.source = 'hand'",
        OFFICE,
    )
    with walk(browser, demo, "a doubt answered", 390) as one:
        place(one, "审计疑点")
        one.click(f"a:has-text('疑点 {number}')")
        heads(one, "等医院医保办答复")
        one.type("#words", "身份从十一月起是低保，登记里有。")
        one.click("button[value=reply]")
        heads(one, "答复了，等审计再问或销号")
        _whole(one)
    with walk(browser, demo, "a doubt closed", 1024, AUDITOR) as one:
        place(one, "疑点")
        one.click(f"a:has-text('疑点 {number}')")
        one.type("#words", "核对了登记，属实。")
        one.click("button[value=close]")
        heads(one, "已经销号")
        _whole(one)


def test_a_head_is_handed_over_on_paper_and_comes_back(browser: Browser, demo: Demo) -> None:
    with walk(browser, demo, "a head handed over and back", 1440, AUDITOR) as one:
        place(one, "封头")
        one.type("#to", "市审计局")
        one.click("button[value=hand]")
        heads(one, "交给市审计局")
        lines = one.page.locator(".paper .kv dt").all_inner_texts()
        values = one.page.locator(".paper .kv dd").all_inner_texts()
        text = "\n".join(f"{key} {value}" for key, value in zip(lines, values, strict=True))
        one.click("a:has-text('回封头')")
        one.page.locator("#head").fill(text)
        one.click("button[value=back]")
        heads(one, "接得上：那时的")
        _whole(one)
