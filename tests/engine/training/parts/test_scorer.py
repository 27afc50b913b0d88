"""The joint scorer: everything it reads matters, and roles start as nothing."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="the [train] extra is not installed")

from engine.training.parts.scorer import Scorer, ScorerInput, ScorerShape, relevance  # noqa: E402


def scorer(*, roles: bool = True, cells: int = 0, common_words: int = 0) -> Scorer:
    torch.manual_seed(3)
    shape = ScorerShape(
        30, token_width=8, tokens_per_frame=4, width=32, inner=48, roles=roles, cells=cells, common_words=common_words
    )
    network = Scorer(shape).eval()
    # Joint layers begin with no say; here they have one.
    torch.nn.init.normal_(network.verdict.weight)
    return network


def given(rows: int = 2) -> ScorerInput:
    torch.manual_seed(4)
    yes = torch.ones(rows, 4, dtype=torch.bool)
    return ScorerInput(
        torch.randint(5, 30, (rows, 4)), yes, torch.randint(5, 30, (rows, 4)), yes,
        torch.randn(rows, 1, 4, 8), torch.ones(rows, 1, dtype=torch.bool), torch.rand(rows),
    )  # fmt: skip


@pytest.mark.parametrize("name", ["query", "caption", "frames", "first_stage"])
def test_everything_it_reads_matters(name: str) -> None:
    network, before = scorer(), given()
    value = getattr(before, name)
    after = before._replace(**{name: value.flip(0) if name != "first_stage" else value + 1.0})
    assert not torch.allclose(network(before), network(after), atol=1e-5)


def test_roles_start_as_nothing() -> None:
    assert torch.equal(scorer(roles=True)(given()), scorer(roles=False)(given()))


def test_roles_tell_query_and_caption_apart_once_trained() -> None:
    network = scorer()
    before = network(given())
    torch.nn.init.normal_(network.roles)
    assert not torch.allclose(before, network(given()), atol=1e-4)


def test_switched_off_roles_are_not_trained() -> None:
    assert not scorer(roles=False).roles.requires_grad
    assert scorer(roles=True).roles.requires_grad


def test_padding_changes_nothing() -> None:
    network, short = scorer(), given()
    extra = torch.full((2, 3), 7)
    none = torch.zeros(2, 3, dtype=torch.bool)
    long = short._replace(query=torch.cat([short.query, extra], 1), query_mask=torch.cat([short.query_mask, none], 1))
    assert torch.allclose(network(short), network(long), atol=1e-5)


def test_a_missing_caption_is_as_good_as_none_whatever_its_ids() -> None:
    network, one = scorer(), given()
    none = one._replace(caption_mask=torch.zeros_like(one.caption_mask))
    other = none._replace(caption=torch.randint(5, 30, (2, 4)))
    assert torch.allclose(network(none), network(other), atol=1e-5)


def test_relevance_is_yes_less_no() -> None:
    assert relevance(torch.tensor([[2.0, -1.0], [0.0, 4.0]])).tolist() == [3.0, -4.0]


def test_before_training_the_anchor_decides() -> None:
    network = scorer()
    torch.nn.init.zeros_(network.verdict.weight)
    network.anchor.data.copy_(torch.tensor([2.0, 0.0, 0.5]))
    assert torch.allclose(relevance(network(given())), 2.0 * given().first_stage + 0.5)


def test_the_captioner_underneath_is_not_trained() -> None:
    assert not any(weight.requires_grad for weight in scorer().trunk.parameters())


def test_few_cells_are_the_means_of_a_frames_grid() -> None:
    whole, coarse = given(), given()
    mixed = coarse.frames.flip(2)
    assert not torch.allclose(scorer()(whole), scorer(cells=1)(whole), atol=1e-4)
    network = scorer(cells=1)
    network.trunk.cells.data.zero_()
    network.trunk.memory_norm = torch.nn.Identity()
    slots, shown = network.trunk.slots(whole.frames, whole.frame_mask)
    other, _ = network.trunk.slots(mixed, whole.frame_mask)
    seen, visible = network._coarser(slots, whole.frame_mask, shown)
    assert seen.shape == (2, 2, 32)
    assert visible.tolist() == [[True, True], [True, True]]
    assert torch.allclose(seen, network._coarser(other, whole.frame_mask, shown)[0], atol=1e-5)


def test_among_all_words_the_commonest_are_all() -> None:
    assert torch.allclose(scorer(common_words=30)(given()), scorer()(given()), atol=1e-5)


def test_a_word_is_likelier_among_fewer() -> None:
    few, many = scorer(common_words=10), scorer()
    for network in (few, many):
        torch.nn.init.zeros_(network.verdict.weight)
        network.anchor.data.copy_(torch.tensor([0.0, 1.0, 0.0]))
    assert bool((relevance(few(given())) > relevance(many(given()))).all())
