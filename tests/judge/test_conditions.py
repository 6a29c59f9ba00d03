"""Conditions: how they are written, what they refuse, and how far a framework is from them."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silica_examples import known
from zeoloom.errors import InputError
from zeoloom.geometry.space_groups import is_sohncke
from zeoloom.judge.conditions import POSSIBLE, STAGE_OF, Conditions, Likes, check_conditions
from zeoloom.judge.fulfilment import (
    distance_from,
    fulfils,
    gaps,
    may_fulfil,
    missed_conditions,
    nearest_miss,
)
from zeoloom.judge.judgement import Judgement
from zeoloom.judge.ranges import Ranges, parse_ranges

INF = math.inf

ONE = parse_ranges("1", whole=True)

# ---- ranges ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("12-", ((12, INF),)),
        ("-20", ((-INF, 20),)),
        ("10-16", ((10, 16),)),
        ("8,10,12", ((8, 8), (10, 10), (12, 12))),
        (" 8 , 12 - ", ((8, 8), (12, INF))),
    ],
)
def test_ranges_of_whole_numbers(text: str, spans: tuple[tuple[float, float], ...]) -> None:
    assert parse_ranges(text, whole=True).spans == spans


def test_ranges_of_numbers() -> None:
    assert parse_ranges("11.5-12.5").spans == ((11.5, 12.5),)
    assert parse_ranges("-.5,3.-").spans == ((-INF, 0.5), (3, INF))


@pytest.mark.parametrize("text", ["", "-", "a", "1-2-3", "--5", "1e3", "5-3", "1,,2", "nan", "inf"])
@pytest.mark.parametrize("whole", [False, True])
def test_what_is_no_range(text: str, whole: bool) -> None:
    with pytest.raises(ValueError, match=r"expected|least"):
        parse_ranges(text, whole=whole)


def test_a_number_without_width_is_refused_unless_whole() -> None:
    with pytest.raises(ValueError, match=r"such as 11\.5-12\.5"):
        parse_ranges("12")
    with pytest.raises(ValueError, match="whole"):
        parse_ranges("8.5", whole=True)


SPANS = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda pair: (min(pair), max(pair))),
    min_size=1,
    max_size=4,
)


@given(SPANS, st.integers(0, 70))
def test_what_is_written_is_read_again(spans: list[tuple[float, float]], value: int) -> None:
    ranges = Ranges(tuple(spans))
    again = parse_ranges(str(ranges), whole=True)
    assert again == ranges
    assert (ranges.distance(value) == 0) == (value in ranges)
    nearest = min(
        abs(value - each) for each in range(61) if any(low <= each <= high for low, high in spans)
    )
    assert ranges.distance(value) == nearest


# ---- conditions --------------------------------------------------------------------------------


def test_every_condition_has_a_stage() -> None:
    assert {each.name for each in fields(Conditions)} == set(STAGE_OF)
    assert set(POSSIBLE) <= set(STAGE_OF)
    conditions = Conditions(rings=parse_ranges("8", whole=True), lid=True)
    assert set(conditions.asked) == {"rings", "lid"}
    assert [conditions.asks(stage) for stage in ("net", "pores", "energy")] == [True, False, True]


@pytest.mark.parametrize(
    ("conditions", "reason"),
    [
        ({"channels": "4-"}, "0 to 3"),
        ({"density": "30-40"}, "7 to 22"),
        ({"rings": "3", "no_rings": "3"}, "has and has not"),
        ({"no_rings": "3-"}, "every net has rings"),
        ({"largest_free_sphere": "8-", "largest_included_sphere": "-6"}, "cannot be larger"),
        ({"channels": "0", "window": "8-"}, "windows are of channels"),
        ({"channels": "0", "largest_free_sphere": "3-"}, "has a channel"),
        ({"channels": "0", "accessible_volume": "0.1-"}, "only channels are accessible"),
        ({"channels": "0", "heat_ch4": "-20"}, "into channels only"),
        ({"largest_free_sphere": "-2.5", "window": "8-"}, "windows are of channels"),
        ({"largest_free_sphere": "-2.5", "channels": "1-"}, "2.8 Å and more.*there are none"),
        ({"largest_included_sphere": "-2.5", "window": "8"}, "windows are of channels"),
        ({"largest_free_sphere": "-2.5", "henry_ch4": "0.1-"}, "into channels only"),
        ({"unique_atoms": "10-", "atoms": "-8"}, "no more can be unique"),
    ],
)
def test_what_nothing_can_meet_is_refused(conditions: dict[str, str], reason: str) -> None:
    whole = {"channels", "rings", "no_rings", "window", "unique_atoms", "atoms"}
    given_ = {k: parse_ranges(v, whole=k in whole) for k, v in conditions.items()}
    with pytest.raises(InputError, match=reason):
        check_conditions(Conditions(**given_))  # type: ignore[arg-type]


def test_narrow_pores_may_be_asked_for() -> None:
    for given_ in ({"channels": "0,1"}, {"channels": "0"}, {"henry_ch4": "0-1"}):
        ranges = {k: parse_ranges(v, whole=k == "channels") for k, v in given_.items()}
        narrow = parse_ranges("-2.5")
        check_conditions(Conditions(largest_free_sphere=narrow, **ranges))  # type: ignore[arg-type]
        check_conditions(Conditions(largest_free_sphere=parse_ranges("-3"), channels=ONE))


def test_without_channels_there_is_no_window() -> None:
    asked = Conditions(window=parse_ranges("-8", whole=True))
    assert fulfils(asked, Judgement("open", window=8))
    assert not may_fulfil(asked, Judgement("shut", window=0))
    assert may_fulfil(asked, Judgement("unknown"))


def test_units_whose_rings_are_forbidden() -> None:
    def check(unit: str, without: str) -> None:
        check_conditions(
            Conditions(contains=frozenset({unit}), no_rings=parse_ranges(without, whole=True))
        )

    check("d4r", "3,5-")
    check("d6r", "6")  # a smaller ring may be at its angles
    for unit, size in (("d4r", 4), ("lov", 3), ("nat", 4)):
        with pytest.raises(InputError, match=f"{unit} has {size}-rings"):
            check(unit, f"{size}-8")


def test_groups_that_are_left() -> None:
    # 65 groups have only proper rotations (Sohncke, 1879)
    assert sum(map(is_sohncke, range(1, 231))) == 65
    assert len(Conditions(chiral=True).allowed_groups) == 65
    cubic = Conditions(crystal_system=frozenset({"cubic"}), chiral=True)
    assert cubic.allowed_groups == {195, 196, 197, 198, 199, *range(207, 215)}
    with pytest.raises(InputError, match="no space group is left"):
        check_conditions(replace(cubic, space_group=frozenset({225})))
    alike = Likes(("CHA",))
    with pytest.raises(InputError, match="nothing is both"):
        check_conditions(Conditions(like=alike, unlike=alike))


# ---- how far ------------------------------------------------------------------------------------

STW = Judgement(
    "STW",
    valid=True,
    framework=known("STW"),
    n_t=60,
    n_t_unique=5,
    density=15.2,
    r_dls=0.003,
    rings=(4, 5, 8, 10),
    energy_kj_mol=14.0,
    channel_dim=3,
)


def wanted(**texts: str) -> Conditions:
    whole = {"atoms", "unique_atoms", "rings", "no_rings", "channels", "window"}
    given_ = {name: parse_ranges(text, whole=name in whole) for name, text in texts.items()}
    return Conditions(**given_)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("met", "missed"),
    [
        (wanted(density="15-16"), wanted(density="16-")),
        (wanted(atoms="50-60"), wanted(atoms="-59")),
        (wanted(rings="4,10"), wanted(rings="4,12")),
        (wanted(rings="9-"), wanted(rings="6-7,8")),
        (wanted(no_rings="3,6"), wanted(no_rings="5,6")),
        (wanted(energy="-20"), wanted(energy="-10")),
        (wanted(channels="2-3"), wanted(channels="1")),
        (Conditions(space_group=frozenset({178, 180})), Conditions(space_group=frozenset({1}))),
        (
            Conditions(crystal_system=frozenset({"hexagonal"})),
            Conditions(crystal_system=frozenset({"trigonal"})),
        ),
        (Conditions(chiral=True), Conditions(chiral=False)),
        (Conditions(like=Likes(("SOD", "STW"))), Conditions(unlike=Likes(("STW",)))),
        (Conditions(unlike=Likes(("SOD",))), Conditions(like=Likes(("SOD",)))),
    ],
)
def test_met_and_missed(met: Conditions, missed: Conditions) -> None:
    assert fulfils(met, STW)
    assert distance_from(met, STW) == 0
    assert not may_fulfil(missed, STW)
    assert not fulfils(missed, STW)
    assert distance_from(missed, STW) > 0
    assert list(missed.asked)[0] in missed_conditions(missed, [STW])  # noqa: RUF015 - there is one
    assert "STW comes nearest" in nearest_miss(missed, [STW, Judgement("bad")])


def test_gaps_grow_with_the_distance() -> None:
    apart = [distance_from(wanted(rings=size), STW) for size in ("10", "11", "12", "18")]
    assert apart == [0.0, 0.5, 1.0, 4.0]
    assert distance_from(wanted(density="17.2-"), STW) == pytest.approx(2.0)
    two = wanted(density="16.2-", energy="-11")
    assert distance_from(two, STW) == pytest.approx(2.0)


def test_what_is_not_known_may_be_met_and_is_not() -> None:
    conditions = wanted(largest_free_sphere="5-", density="15-16")
    assert gaps(conditions, STW) == {"largest_free_sphere": None, "density": 0.0}
    assert may_fulfil(conditions, STW)
    assert not fulfils(conditions, STW)
    assert fulfils(conditions, replace(STW, largest_free_sphere=5.4))
    assert missed_conditions(conditions, [STW]) == "largest_free_sphere 1 not known"
    nothing = Judgement("bad")
    assert set(gaps(wanted(atoms="8-", rings="4"), nothing).values()) == {None}
    # the cell and the group of a file are those that its author chose
    given_ = replace(STW, r_dls=None)
    assert may_fulfil(wanted(density="18-", atoms="-4"), given_)
    assert may_fulfil(Conditions(space_group=frozenset({1})), given_)
    assert nearest_miss(conditions, [nothing]) == ""


def test_the_nearest_is_one_of_which_something_is_known() -> None:
    conditions = wanted(window="12-", density="14-16")
    blank = replace(STW, name="blank", r_dls=None, framework=None)
    known_ = [replace(STW, name=f"of {size}", window=size) for size in (8, 10)]
    assert nearest_miss(conditions, [blank, *known_]) == (
        "of 10 comes nearest: window 10 (12- asked)"
    )
    assert nearest_miss(conditions, [blank]) == ("blank comes nearest: density, window not known")
    unmeasured = replace(STW, name="dense", density=16.1)
    assert nearest_miss(conditions, [unmeasured, *known_]).startswith("of 10 comes nearest")
    dense = [replace(each, density=16.5) for each in known_]
    assert nearest_miss(replace(conditions, lid=True), dense).endswith(
        "density 16.5 (14-16 asked), window 10 (12- asked); lid not known"
    )


def test_how_like_the_nearest_is_and_which_rings_contradict() -> None:
    assert "unlike 0.00 Å away (STW asked)" in nearest_miss(
        Conditions(unlike=Likes(("STW",))), [STW]
    )
    with pytest.raises(InputError, match=r"a ring of 8 T atoms lets no sphere of more than 5.4 Å"):
        check_conditions(wanted(window="8", largest_free_sphere="6-"))
    check_conditions(wanted(window="8-12", largest_free_sphere="6-"))
    # the widest of all known types, VFI
    check_conditions(wanted(window="18", largest_free_sphere="11.3-"))
    with pytest.raises(InputError, match="rings 30- and no_rings 9-"):
        check_conditions(wanted(rings="8,30-", no_rings="9-"))
