"""Learning from another network instead of from noise."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import torch

from training_examples import (
    CPU,
    TINY,
    assert_same_state,
    run,
    seeded,
    small_config,
    some_clusters,
    some_frameworks,
)
from zeoloom.errors import InputError
from zeoloom.learn import teaching
from zeoloom.learn.checkpoint import load_model, load_state
from zeoloom.learn.examples import split_examples
from zeoloom.learn.teaching import expected, of_its_own

if TYPE_CHECKING:
    from pathlib import Path

    from zeoloom.learn.checkpoint import Model
    from zeoloom.learn.training import Progress

WHOLE = {"subgroups": 2, "points_per_step": 24}
"""Of frameworks, for short runs."""


pytestmark = [pytest.mark.long, pytest.mark.usefixtures("short_validations")]


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """Learned a little, on whole frameworks."""
    config = small_config(crystals=WHOLE, steps=30, learning_rate=1e-2)
    return load_model(run(config, some_frameworks(), tmp_path_factory.mktemp("teacher")), CPU)


def test_who_says_what_the_teacher_says_has_no_loss(teacher: Model, tmp_path: Path) -> None:
    """While the same network has one against the clouds themselves."""
    config = small_config(crystals=WHOLE, learning_rate=1e-12)
    progress: dict[str, list[Progress]] = {"taught": [], "untaught": []}
    for name, steps in progress.items():
        run(
            config,
            some_frameworks(),
            tmp_path / name,
            start=teacher,
            teacher=teacher if name == "taught" else None,
            on_step=steps.append,
        )
    assert max(step.loss for step in progress["taught"]) < 1e-8
    assert min(step.loss for step in progress["untaught"]) > 1e-3


def test_a_smaller_network_comes_nearer_to_its_teacher(teacher: Model, tmp_path: Path) -> None:
    narrow = TINY | {"width": 6}
    config = small_config(
        crystals=WHOLE, network=narrow, steps=250, learning_rate=2e-2, ema=0.9, checkpoint_every=250
    )
    losses: list[float] = []
    run(
        config,
        some_frameworks(),
        tmp_path,
        teacher=teacher,
        on_step=lambda step: losses.append(step.loss),
    )
    assert sum(losses[-50:]) < 0.6 * sum(losses[:50])


def test_half_of_the_clouds_are_what_the_teacher_makes(
    teacher: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = small_config(crystals=WHOLE)
    source = split_examples(config, some_frameworks(), seeded(0)).sources["learned"]
    generator = seeded(1)
    clean, space = source.draw(4, generator)
    kept = sum(
        torch.equal(of_its_own(teacher.network, clean, space, generator, CPU), clean)
        for _ in range(200)
    )
    assert 70 < kept < 130
    monkeypatch.setattr(teaching, "OWN_SHARE", 1.0)
    made = of_its_own(teacher.network, clean, space, generator, CPU)
    assert made.shape == clean.shape
    assert made.isfinite().all()
    assert 0.05 < float((made - clean).norm(dim=-1).mean()) < 6.0


def test_what_is_expected_needs_no_gradients(teacher: Model) -> None:
    config = small_config(crystals=WHOLE)
    clean, space = (
        split_examples(config, some_frameworks(), seeded(0)).sources["learned"].draw(4, seeded(1))
    )
    sigma = torch.full((len(clean),), 1e-4)
    wanted = expected(teacher.network, clean, sigma, space)
    assert not wanted.requires_grad
    torch.testing.assert_close(wanted, clean, rtol=0, atol=1e-2)


@pytest.mark.parametrize("kind", ["clusters", "crystals"])
def test_an_interrupted_lesson_goes_on_exactly(kind: str, tmp_path: Path) -> None:
    whole = kind == "crystals"
    examples = some_frameworks() if whole else some_clusters()
    changes = {"crystals": WHOLE} if whole else {}
    first = load_model(run(small_config(steps=2, **changes), examples, tmp_path / "first"), CPU)
    config = small_config(steps=5, **changes)
    run(config, examples, tmp_path / "whole", teacher=first)
    run(config, examples, tmp_path / "halves", teacher=first, max_steps=2)
    run(config, examples, tmp_path / "halves", teacher=first)
    one, other = (load_state(tmp_path / name / "state.pt") for name in ("whole", "halves"))
    assert_same_state(one, other)
    record = json.loads((tmp_path / "whole" / "weights.json").read_text())
    assert record["teacher"] == {"sha256": first.sha256, **first.record}
    with pytest.raises(InputError, match="another start or teacher"):
        run(config, examples, tmp_path / "whole")


def test_teachers_that_may_not_teach(teacher: Model, tmp_path: Path) -> None:
    config = small_config(steps=1, crystals=WHOLE)
    with pytest.raises(InputError, match=r"was learned on whole frameworks, .* from clusters"):
        run(small_config(steps=1), some_clusters(), tmp_path / "none", teacher=teacher)
    tested = {**teacher.record, "learned": ("SOR",)}
    taught_before = {**teacher.record, "teacher": tested}
    for record in (tested, taught_before):
        with pytest.raises(InputError, match=r"teacher's weights have learned SOR, .*time split"):
            run(
                config,
                some_frameworks(),
                tmp_path / "none",
                teacher=replace(teacher, record=record),
            )
    untold = replace(teacher, record={"config": teacher.record["config"]})
    with pytest.raises(InputError, match="teacher's weights does not say what they have learned"):
        run(config, some_frameworks(), tmp_path / "none", teacher=untold)
    assert not (tmp_path / "none").exists()
