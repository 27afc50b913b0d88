from __future__ import annotations

from pytestqt.qtbot import QtBot

from app.results.model import HIT_ROLE, KEPT_PAGES, PAGE, HitModel
from tests.app.conftest import hit

PAGE_OF_HITS = [hit(number) for number in range(PAGE)]


def made(qapp: object, total: int = 1_000_000) -> HitModel:
    model = HitModel(qapp)
    model.show(PAGE_OF_HITS, total)
    return model


def test_a_million_rows_are_known_by_their_number(qapp, qtbot: QtBot) -> None:
    assert made(qapp).rowCount() == 1_000_000


def test_a_row_that_is_not_known_is_a_placeholder_and_asked_for_once(qapp, qtbot: QtBot) -> None:
    model = made(qapp)
    asked: list[int] = []
    model.page_wanted.connect(asked.append)
    assert model.index(130, 0).data(HIT_ROLE) is None
    assert model.index(131, 0).data() == "Loading"
    qtbot.waitUntil(lambda: bool(asked))
    model.hit(132)
    qapp.processEvents()
    assert asked == [120]


def test_a_page_fills_its_rows(qapp, qtbot: QtBot) -> None:
    model = made(qapp)
    with qtbot.waitSignal(model.dataChanged):
        model.add_page(120, [hit(1000 + number) for number in range(PAGE)])
    assert model.hit(121) == hit(1001)


def test_pages_looked_at_long_ago_are_let_go(qapp, qtbot: QtBot) -> None:
    model = made(qapp)
    for page in range(1, KEPT_PAGES + 1):
        model.add_page(page * PAGE, PAGE_OF_HITS)
    assert model.hit(0) is None
    assert model.hit(PAGE) is not None


def test_the_same_moment_is_found_again_after_a_better_answer(qapp, qtbot: QtBot) -> None:
    model = made(qapp)
    model.show(PAGE_OF_HITS[::-1], PAGE)
    assert model.row_of(hit(3)) == PAGE - 4
