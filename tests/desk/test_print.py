"""A page printed by the browser: nothing falls off the paper, heads stand on every sheet, controls stay away."""

import io

import pypdf
from playwright.sync_api import Browser

from desk.browser import walker
from desk.demo import Demo
from web.papers_at_hand import squeezed


def test_a_month_printed_has_its_last_column_and_its_heads_on_every_sheet(
    browser: Browser, demo: Demo
) -> None:
    ((month,),) = demo.rows("SELECT max(month) FROM settlement_posting")
    with walker(browser, demo.base) as one:
        one.page.set_default_timeout(60_000)
        one.log_in("demo.insurance-office", demo.passwords["demo.insurance-office"])
        one.open(f"/desk/clearing/{month}")
        listed = one.page.locator(".card:has(#h-rows) tbody tr")
        visits = listed.locator("td:nth-child(2)").all_inner_texts()
        amounts = listed.locator("td:last-child").all_inner_texts()
        printed = one.page.pdf(prefer_css_page_size=True)
    sheets = [
        squeezed(sheet.extract_text()) for sheet in pypdf.PdfReader(io.BytesIO(printed)).pages
    ]
    heads = "结算号就诊号姓名什么记账总费用基本医保大病保险医疗救助政府兜底医院承担患者"
    rows = [sheet for sheet in sheets if "V0000" in sheet]
    assert len(rows) > 1
    assert [heads in sheet for sheet in rows] == [True] * len(rows)
    whole = "".join(sheets)
    assert [visit for visit in visits if visit not in whole] == []
    assert [amount for amount in amounts if amount not in whole] == []
    assert [
        word
        for word in ("上个月", "下个月", "打印清算单", "下一页")
        if any(word in s for s in sheets)
    ] == []
