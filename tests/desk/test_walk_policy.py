"""The walk of a policy change: brought by one, seen on last month's visits, approved by another; at every width and
by the keyboard alone, but for the file, which the machine's own window lets somebody choose."""

import io
import zipfile

import pytest
from playwright.sync_api import Browser, expect

from desk.browser import WALKED, Walker
from desk.demo import Demo
from desk.walking import at_work, enters, heads, reach
from doudi_lab.reform import reformed
from web.service import shipped

FIRST, SECOND = "demo.district-admin", "demo.district-admin-two"
PACK = "cn/500000/500113/2019"


def archive(note: str, *, is_back: bool) -> bytes:
    """The reformed pack, or the shipped one once that rules; told from another by a line in its source."""
    files = dict(shipped()[PACK]) if is_back else reformed(shipped()[PACK])
    files["sources/rules.md"] += f"\n{note}\n".encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, content in files.items():
            made.writestr(name, content)
    return out.getvalue()


def brings(one: Walker, note: str, *, is_back: bool) -> str:
    """The first uploads a version and tries it on last month's visits; its address."""
    one.open("/desk/policies")
    enters(one, "a[href='/desk/policies/new']")
    expect(one.page.locator("#archive")).to_be_visible()
    sent = {
        "name": "pack.zip",
        "mimeType": "application/zip",
        "buffer": archive(note, is_back=is_back),
    }
    one.page.locator("#archive").set_input_files(sent)  # pyright: ignore[reportArgumentType]
    reach(one, "#reason")
    one.write(note)
    reach(one, "main form button")
    one.press("Enter")
    assert heads(one, "还没有试算") == "查过没有错，还没有试算"
    assert one.page.locator("button", has_text="批准执行").count() == 0
    enters(one, "button[value=try]")
    heads(one, "人次里")
    return one.page.url.removeprefix(one.base).partition("#")[0]


@pytest.mark.parametrize("width", WALKED)
def test_a_policy_change_is_seen_on_real_visits_before_a_second_person_approves(
    browser: Browser, demo: Demo, width: int
) -> None:
    with at_work(browser, demo, width, FIRST) as one:
        is_back = (
            demo.rows("SELECT count(*) FROM policy_version WHERE state = 'approved'")[0][0] % 2 == 1
        )
        path = brings(one, f"走一遍 {width}", is_back=is_back)
        expect(one.page.locator("text=您提出的，由另一位")).to_be_visible()
        assert (
            one.page.locator("button", has_text="批准执行").count() == 0
        )  # nobody approves their own
    before = demo.rows("SELECT count(*) FROM policy_inforce")
    settled = demo.rows("SELECT count(*), max(id) FROM settlement_posting")
    with at_work(browser, demo, width, SECOND) as other:
        other.open(path)
        sql = "SELECT told -> 'otherwise', told -> 'visits' FROM rehearsal_trial ORDER BY id DESC LIMIT 1"
        (told,) = demo.rows(sql)
        assert f"{told[1]} 人次里 {told[0]} 人次不同" in other.heading()
        assert other.axe() == []
        assert other.overflowing() == []
        enters(other, "[data-dialog=approving]")
        reach(other, "#r-approve")
        other.write("会议纪要")
        reach(other, "#approving button[value=approve]")
        other.press("Enter")
        expect(other.page.locator(".tg", has_text="正在执行").first).to_be_visible()
        expect(other.page.locator(".strip", has_text="批准了").first).to_be_visible()
    ((n,),) = demo.rows("SELECT count(*) FROM policy_inforce")
    assert n == before[0][0] + 1
    assert demo.rows("SELECT count(*), max(id) FROM settlement_posting") == settled
