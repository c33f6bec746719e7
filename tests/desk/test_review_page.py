"""The pre-check's page: what it answers, what it does, what it says to the second of two, and what does no harm."""

import re
from collections.abc import Iterator

import pytest

from desk.plans import read_whole, recorded
from desk.screens import Screen, heading_of, text_of
from doudi_web.tenancy.clock import real_now
from web.accounts import person
from web.people import person as person_of
from web.people import standing
from web.review_at_hand import NEAR, OVER, PLAIN, SULFA, Ward, at_work, line
from web.service import Service


@pytest.fixture(scope="module")
def ward(service: Service) -> Iterator[Ward]:
    """The ward of this module."""
    with at_work(service) as made:
        yield made


@pytest.fixture(scope="module")
def doctor(ward: Ward) -> Screen:
    assert ward
    return _at("doctor", "F", "黎远")


@pytest.fixture(scope="module")
def office(ward: Ward) -> Screen:
    assert ward
    return _at("insurance_office", "F", "舒宁")


def _at(role: str, facility: str | None, name: str = "某") -> Screen:
    """Somebody at a screen: passwords grow old by the real clock, not by the ward's."""
    return Screen(person(role, facility, name=name, password_changed=real_now()))


def _path(visit: str, query: str = "") -> str:
    return f"/desk/visits/{visit}/review{query}"


def _version(page: Screen, visit: str) -> str:
    found = re.search(r'name="version" value="([^"]+)"', page.get(_path(visit)).content.decode())
    assert found is not None
    return found[1]


def _does(page: Screen, visit: str, do: str, **more: object) -> tuple[int, str]:
    """Send a form of the page as it is now; the status, and what is read then."""
    data = {"version": _version(page, visit), "do": do, **more}
    answer = page.post(_path(visit), data)
    if answer.status_code == 303:
        return 303, text_of(page.get(answer["Location"]))
    return answer.status_code, text_of(answer)


def test_the_finding_is_the_heading_with_who_pays_and_what_to_do(
    ward: Ward, doctor: Screen
) -> None:
    visit = ward.opened(*OVER)
    answer = doctor.get(_path(visit))
    text = text_of(answer)
    assert (answer.status_code, heading_of(answer)) == (200, "SICK")  # no name is registered
    for part in (
        "目录外占比超过限额 376.40 元", "20.47 %", "目录外 736.00 元 ÷ 总费用 3,596.00 元",
        "全自费 736.00，超限价 0.00", "现在出院，超出的 376.40 元由医院承担，患者不多付。", "超限，等医生说明",
        "推高占比的 1 项", "银离子敷料（进口）", "丙类，全自费，8 × 92",
        "已到兜底线 359.60 元。没有兜底要付 680.00 元。", "等医生写明理由", "今天",
        "政策包：超过限额的，医生写明理由，医保办同意。", "没有文件证实", "费用明细", "合计 2 行",
    ):  # fmt: skip
        assert part in text, part
    content = answer.content.decode()
    assert 'aria-label="目录外占比 20.47%，预警线 8.00%，限额 10.00%"' in content
    assert 'x1="40.00%"' in content
    assert 'width="50.00%"' in content  # beyond twice the limit the bar ends at the edge


def test_close_to_the_limit_and_within_it_nobody_is_asked(ward: Ward, doctor: Screen) -> None:
    text = text_of(doctor.get(_path(ward.opened(*NEAR))))
    assert "目录外占比接近限额，还差 37.60 元" in text
    assert "等医生写明理由" not in text
    text = text_of(doctor.get(_path(ward.opened(line("L1", PLAIN, 1, "286.00")))))
    assert "目录外占比在限额以内，占 0.00%" in text
    assert "没有目录外费用" in text


def test_a_change_is_tried_in_the_address_and_then_made(ward: Ward, doctor: Screen) -> None:
    visit = ward.opened(*OVER)
    query = f"?line=L2&code-L2={SULFA}&quantity-L2="
    answer = doctor.get(_path(visit, query))
    text = text_of(answer)
    assert "现在和改了以后，谁付多少" in text
    assert "占比从 20.47% 到 0.00%，患者少付" in text
    assert "医院少付 376.40 元" in text
    assert "−484.00" in text
    assert "改了以后 0.00%" in answer.content.decode()
    chosen = {"line": "L2", "code-L2": SULFA, "quantity-L2": "", "note": "换国产"}
    status, text = _does(doctor, visit, "change", **chosen)
    assert (status, "费用已照试算改了" in text, "目录外占比在限额以内" in text) == (303, True, True)
    assert "磺胺嘧啶银敷料（国产）" in text
    assert "黎远 改了费用，占比 20.47% 到 0.00% 换国产" in text


def test_a_draft_order_is_tried_beside_what_could_stand_in(ward: Ward, doctor: Screen) -> None:
    visit = ward.opened(*OVER)
    answer = doctor.get(_path(visit, "?drug=SILVER&quantity=2&price=268.00"))
    text = text_of(answer)
    assert "拟开 换用" in text
    assert "换用：磺胺嘧啶银敷料（国产）" in text
    assert re.search(r"目录外占比 30\.78%", text)
    assert "医院多承担 +482.40" in text
    assert "照这样改费用" not in text  # a draft is never written
    wrong = doctor.get(_path(visit, "?drug=SILVER&quantity=x&price=1"))
    assert (wrong.status_code, "F203" in text_of(wrong)) == (200, True)
    endless = doctor.get(_path(visit, "?drug=SILVER&quantity=1e999999&price=1e999999"))
    assert (endless.status_code, "F203" in text_of(endless)) == (200, True)
    half = doctor.get(_path(visit, "?drug=SILVER&quantity=1.5&price=0.15"))  # 0.225, half away
    assert (half.status_code, "F304" in text_of(half), "0.23" in text_of(half)) == (
        200,
        False,
        True,
    )
    unknown = text_of(doctor.get(_path(visit, "?drug=没有这种药&quantity=1&price=1")))
    assert "F308" in unknown or "没有" in unknown
    found = doctor.get("/desk/items?drug=银")
    assert "磺胺嘧啶银敷料（国产）" in found.content.decode()


def test_explained_agreed_and_given_back_on_the_page(
    ward: Ward, doctor: Screen, office: Screen
) -> None:
    visit = ward.opened(*OVER)
    status, text = _does(doctor, visit, "explain", reason="创面感染控制期，拟用至周五")
    assert (status, "等医保办同意" in text) == (303, True)
    assert "黎远 写明理由，当时超出 376.40 元 创面感染控制期，拟用至周五" in text
    assert "同意保留" not in text  # the doctor does not agree
    status, text = _does(office, visit, "refuse", reason="")
    assert (status, "F201" in text) == (422, True)
    status, text = _does(office, visit, "refuse", reason="请先用国产的")
    assert (status, "医保办退回：请先用国产的" in text) == (303, True)
    _does(doctor, visit, "explain", reason="对磺胺过敏")
    status, text = _does(office, visit, "approve", up_to="400.00")
    assert (status, "超限，已办完" in text) == (303, True)
    assert "舒宁 同意保留，同意到超出 400.00 元为止" in text


def test_an_emergency_passes_and_stands_in_the_list(
    ward: Ward, doctor: Screen, office: Screen
) -> None:
    visit = ward.opened(*OVER)
    status, text = _does(doctor, visit, "pass", reason="夜间大出血")
    assert (status, "已紧急放行，等医保办复核" in text) == (303, True)
    listed = text_of(office.get("/desk/reviews?tab=emergencies"))
    assert f"等复核 {visit} 黎远" in listed
    answer = office.post(_path(visit), {"do": "review", "reason": "看过病程记录"})
    assert answer.status_code == 303
    assert "已复核 舒宁" in text_of(office.get("/desk/reviews?tab=emergencies"))


def test_the_lists_name_patients_as_the_worklist_does(
    ward: Ward, doctor: Screen, service: Service
) -> None:
    stated = person_of("NAMED", name="苗秀兰", standings=[standing()],
                       tiers=[{"tier": "tier_1", "from": "1970-01-01"}])  # fmt: skip
    told = service.ask(
        "POST", "/api/v1/persons", service.token("district_admin"), {"persons": [stated]}
    )
    assert told[0] == 201, told
    visit, nameless = ward.opened(*OVER, who="NAMED"), ward.opened(*OVER)
    ward.ask(nameless, "alerts", ward.doctor)
    _does(doctor, visit, "pass", reason="夜间大出血")
    read = "SELECT count(*) FROM audit_log_record WHERE action = 'review.read' AND detail ->> 'visit' = %s"
    before = service.rows(read, visit)[0][0]
    for tab in ("waiting", "emergencies"):
        text = text_of(doctor.get(f"/desk/reviews?tab={tab}"))
        assert f"苗秀兰 {visit}" in text
        text = text_of(_at("auditor", None).get(f"/desk/reviews?tab={tab}"))
        assert f"苗** {visit}" in text
        assert "苗秀兰" not in text
    assert service.rows(read, visit)[0][0] == before + 4
    assert nameless in text_of(doctor.get("/desk/reviews"))
    listed = {one["visit_id"]: one for one in ward.lists("reviews", ward.doctor)["visits"]}
    assert (listed[visit]["person_name"], listed[nameless]["person_name"]) == ("苗秀兰", None)


def test_a_proposal_is_answered_on_the_page(ward: Ward, doctor: Screen, office: Screen) -> None:
    visit = ward.opened(*OVER)
    chosen = {"line": "L2", "code-L2": SULFA, "quantity-L2": "6", "note": "没用的换国产"}
    status, text = _does(office, visit, "propose", **chosen)
    assert (status, "医保办建议更换，等医生答复" in text) == (303, True)
    assert "舒宁 ：换或停 银离子敷料（进口），占比 20.47% 到 5.69%。 没用的换国产" in text
    status, text = _does(doctor, visit, "accept")
    assert (status, "费用已照建议改了" in text) == (303, True)


def test_the_second_of_two_keeps_what_they_typed(
    ward: Ward, doctor: Screen, office: Screen
) -> None:
    visit = ward.opened(*OVER)
    version = _version(office, visit)
    _does(doctor, visit, "explain", reason="创面感染控制期")
    data = {"version": version, "do": "explain", "reason": "我写的理由"}
    answer = office.post(_path(visit), data)
    text = text_of(answer)
    assert (answer.status_code, "S620" in text) == (409, True)
    assert "黎远 06-13 10:00 写了理由" in text
    assert ">我写的理由</textarea>" in answer.content.decode()
    assert text.count("我写的理由") == 1  # nothing was written


@pytest.mark.parametrize("note", [
    '"><script>alert(1)</script>', "{{ it }} {% x %}", "خطر على الجرح", "=1+1",
])  # fmt: skip
def test_a_hostile_reason_is_text(ward: Ward, doctor: Screen, note: str) -> None:
    visit = ward.opened(*OVER)
    status, text = _does(doctor, visit, "explain", reason=note)
    assert (status, note in text) == (303, True)
    assert "<script>alert" not in doctor.get(_path(visit)).content.decode()


def test_what_is_too_long_is_told_and_not_cut(ward: Ward, doctor: Screen) -> None:
    visit = ward.opened(*OVER)
    status, text = _does(doctor, visit, "explain", reason="字" * 10_000)
    assert (status, "F203" in text, "写明理由，当时" in text) == (422, True, False)


def test_faults_of_the_bill_are_listed_and_a_settled_visit_is_read_only(
    ward: Ward, doctor: Screen
) -> None:
    visit = ward.opened(*OVER)
    ward.adds(visit, {**line("L9", PLAIN, 1, "100.00"), "amount": "99.00"})
    text = text_of(doctor.get(_path(visit)))
    assert "账单有 1 处错误，现在算不出来" in text
    assert "费用行 L9 清创术（大）" in text
    status, text = _does(doctor, visit, "withdraw", faulty="L9")
    assert (status, "目录外占比超过限额 376.40 元" in text) == (303, True)
    done = ward.opened(*OVER)
    assert ward.ask(done, "settle", ward.cashier, {"message_id": f"s {done}"})[0] == 201
    text = text_of(doctor.get(_path(done)))
    assert "已经结算，只能看，不能改" in text
    assert "照这样改费用" not in text


def test_lines_that_are_not_mapped_give_a_range(ward: Ward, doctor: Screen) -> None:
    visit = ward.opened(*OVER)
    lost = {
        "id": "L9",
        "hospital_code": "NIX",
        "name": "没有对照的",
        "quantity": "1",
        "unit_price": "400.00",
        "amount": "400.00",
    }
    ward.adds(visit, lost)
    text = text_of(doctor.get(_path(visit)))
    assert "有 1 项没有对照，目录外占比在 18.42% 至 28.43% 之间" in text
    assert "超限，等医生说明" in text  # it is above the limit whatever the unmapped item is
    close = ward.opened(*NEAR)
    ward.adds(close, lost)
    text = text_of(doctor.get(_path(close)))
    assert "目录外占比在 7.81% 至 19.12% 之间" in text
    assert "有项目等对照" in text
    assert "等医生写明理由" not in text
    status, told = ward.ask(close, "alerts", ward.doctor)
    assert (status, told["alert"]) == (200, None)  # what is not mapped makes no false excess


def test_what_a_page_asks_goes_by_indexes_and_does_not_grow(
    ward: Ward, doctor: Screen, service: Service
) -> None:
    few = ward.opened(*OVER)
    many = ward.opened(*OVER, *(line(f"M{n}", PLAIN, 1, "286.00") for n in range(60)))
    counts = []
    for visit in (few, many):
        for _ in range(3):
            ward.ask(visit, "alerts", ward.doctor)
        with recorded() as asked:
            assert doctor.get(_path(visit)).status_code == 200
        counts.append(len(asked.statements))
        assert read_whole(service.url, asked.reading()) == []
    assert counts[0] == counts[1] <= 25
    with recorded() as asked:
        assert doctor.get("/desk/reviews").status_code == 200
    assert read_whole(service.url, asked.reading()) == []


def test_another_hospital_does_not_find_it(ward: Ward) -> None:
    visit = ward.opened(*OVER)
    assert _at("doctor", "G").get(_path(visit)).status_code == 404
    assert _at("auditor", None).post(_path(visit), {"do": "explain"}).status_code == 403
