"""Packs: the same bytes for the same data, whole or refused, and true to the tiles they are of."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.explorer import front_end_example
from tools.explorer.neighbours import SCORE_STEP, find_neighbours, packed
from tools.explorer.packing import DTYPES, PackError, pack, unpack
from tools.explorer.payloads import LAYOUT_STEPS, layout, locations
from tools.similarity import exact_neighbours
from tools.tiling import TILE_METRES


@pytest.fixture
def tiles() -> pd.DataFrame:
    return front_end_example.world()[0]


@given(
    st.lists(st.tuples(st.sampled_from(DTYPES), st.integers(0, 9)), max_size=6),
    st.dictionaries(st.text(max_size=9), st.text(max_size=9)),
)
def test_what_is_packed_comes_out_as_it_was(kinds, about):
    arrays = {str(number): np.arange(size).astype(dtype) for number, (dtype, size) in enumerate(kinds)}
    bytes_of_it = pack(about, arrays)
    again, out = unpack(bytes_of_it)
    assert again == about
    assert {name: (array.dtype, array.tolist()) for name, array in out.items()} == {
        name: (array.dtype, array.tolist()) for name, array in arrays.items()
    }
    assert pack(again, out) == bytes_of_it


def test_every_array_begins_where_a_browser_can_take_it_as_it_is():
    packed = pack({"é": "ü"}, {"a": np.zeros(3, np.uint8), "b": np.arange(5, dtype=np.float32)})
    header = 8 + int.from_bytes(packed[4:8], "little")
    assert header % 8 == 0
    assert np.frombuffer(packed, "<f4", 5, header + 8).tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("end", [0, 3, 6, 20, -9])
def test_a_pack_that_is_cut_off_is_refused(end, tiles):
    with pytest.raises(PackError):
        unpack(locations(tiles)[:end])


@pytest.mark.parametrize("array", [np.arange(3), np.zeros((2, 2), np.uint8), np.array(["a"])])
def test_only_what_a_browser_has_arrays_for_is_packed(array):
    with pytest.raises(ValueError, match="expected one dimension of uint8"):
        pack({}, {"a": array})


def test_tiles_can_be_put_together_again_from_two_bytes_each(tiles):
    about, arrays = unpack(locations(tiles))
    cities = pd.DataFrame(about["cities"])
    assert {"row", "col"} == set(arrays)
    assert all(array.dtype == np.uint8 for array in arrays.values())
    every = cities.loc[cities.index.repeat(cities["count"])]
    ids = every["id"].to_numpy() * 10_000 + arrays["row"].astype(int) * 100 + arrays["col"]
    assert ids.tolist() == tiles["tile_id"].tolist()
    assert np.array_equal(every["left"] + arrays["col"] * float(TILE_METRES), tiles["left"])
    assert np.array_equal(every["top"] - arrays["row"] * float(TILE_METRES), tiles["top"])
    assert every["epsg"].tolist() == tiles["utm_epsg"].tolist()
    names = [about["continents"][number]["name"] for number in every["continent"]]
    assert names == tiles["continent"].tolist()
    assert (about["synthetic"], about["notice"]) == (True, "Invented, for tests.")


def test_tiles_are_placed_right_whose_city_has_no_tile_in_its_corner(tiles):
    some = tiles[(tiles["row"] > 0) & (tiles["col"] > 0)]
    whole, part = (unpack(locations(table))[0]["cities"] for table in (tiles, some))
    corners = {city["id"]: (city["left"], city["top"]) for city in whole}
    assert {city["id"]: (city["left"], city["top"]) for city in part}.items() <= corners.items()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda tiles: tiles.iloc[::-1], "in the order of their tile_id"),
        (lambda tiles: pd.concat([tiles, tiles.iloc[-1:]]), "each once"),
        (lambda tiles: tiles.iloc[:0], "no rows"),
        (lambda tiles: tiles.assign(left=tiles["left"] + np.eye(1, len(tiles), 5)[0]), "1.000 m off"),
        (lambda tiles: tiles.assign(top=tiles["top"].where(tiles["row"] == 0)), "off its city's grid"),
        (lambda tiles: tiles.assign(row=tiles["row"] + 1), "is not city_id"),
        (lambda tiles: tiles.assign(city=[*tiles["city"][1:], "Elsewhere"]), "disagree about its name"),
        (lambda tiles: tiles.drop(columns="utm_epsg"), "utm_epsg"),
    ],
)
def test_tiles_that_cannot_be_told_from_two_bytes_are_refused(tiles, spoil, said):
    with pytest.raises(ValueError, match=said):
        locations(spoil(tiles))


def test_the_view_keeps_its_shape_to_a_step():
    tiles, view, _ = front_end_example.world()
    about, arrays = unpack(layout(tiles, view))
    span = max(high - low for low, high in about["bounds"].values())
    for axis in "xy":
        again = arrays[axis] * span / LAYOUT_STEPS + about["bounds"][axis][0]
        assert abs(again - view[axis]).max() <= span / LAYOUT_STEPS / 2 * 1.001


def test_a_view_of_other_tiles_is_refused(tiles):
    view = pd.DataFrame({"x": [0.0, 1.0], "y": [0.0, np.nan]})
    with pytest.raises(ValueError, match="is of other tiles"):
        layout(tiles, view)
    with pytest.raises(ValueError, match="not finite"):
        layout(tiles.iloc[:2], view)


def alike(n: int = 400, dimensions: int = 12) -> tuple[np.ndarray, pd.DataFrame]:
    """Vectors of cities of unlike sizes; half of what is near to a tile lies in its own city."""
    rng = np.random.default_rng(7)
    city = np.sort(rng.choice([3, 5, 8, 13, 21], n, p=[0.4, 0.3, 0.2, 0.07, 0.03]))
    vectors = rng.normal(size=(n, dimensions)) + rng.normal(size=(30, dimensions))[city]
    return vectors.astype(np.float32), pd.DataFrame({"city_id": city})


def test_neighbours_are_those_of_an_exact_search_for_both_positions_of_the_switch():
    vectors, tiles = alike()
    city = tiles["city_id"].to_numpy()
    found = find_neighbours(vectors, city, k=24)
    wanted, scores = exact_neighbours(vectors, k=24, groups=city)
    assert np.array_equal(found.others, wanted)
    np.testing.assert_allclose(found.other_scores, scores, atol=1e-6)
    rows, cosines = found.of_all()
    wanted, scores = exact_neighbours(vectors, k=24)
    assert np.array_equal(rows, wanted)
    np.testing.assert_allclose(cosines, scores, atol=1e-6)
    assert 0 < len(found.own) < rows.size, "some are of the own city, and some are not"


def test_equals_stand_in_the_order_of_their_rows_whichever_city_they_are_of():
    vectors = np.tile([[1.0, 0.0], [0.8, 0.6]], (6, 1))
    city = np.repeat([1, 2, 3], 4)
    rows, _ = find_neighbours(vectors, city, k=5).of_all()
    assert rows[:2].tolist() == [[2, 4, 6, 8, 10], [3, 5, 7, 9, 11]]
    assert np.array_equal(rows, exact_neighbours(vectors, k=5)[0])


def test_packed_neighbours_hold_the_same_tiles_in_the_same_order_and_scores_to_half_a_step():
    vectors, tiles = alike()
    found = find_neighbours(vectors, tiles["city_id"].to_numpy(), k=24)
    about, arrays = unpack(packed(found, tiles))
    first = tiles.groupby("city_id")["city_id"].transform("size").index.to_series()
    first = first.groupby(tiles["city_id"]).transform("min").to_numpy()
    other, own = iter(arrays["other"].tolist()), iter(arrays["own"].tolist())
    place, drop = iter(arrays["own_place"].tolist()), iter(arrays["drop"].tolist())
    all_rows, all_scores = found.of_all()
    for tile, count in enumerate(arrays["own_count"].tolist()):
        places = {next(place) for _ in range(count)}
        line, below = [], int(arrays["top"][tile])
        for number in range(24 + count):
            below += next(drop)
            mine = number in places
            line.append((first[tile] + next(own) if mine else next(other), mine, 1 - below * SCORE_STEP))
        assert [row for row, mine, _ in line if not mine] == found.others[tile].tolist()
        assert [row for row, *_ in line[:24]] == all_rows[tile].tolist()
        off = [score for *_, score in line[:24]] - all_scores[tile]
        assert abs(off).max() <= SCORE_STEP / 2 + 1e-6
    assert (about["k"], about["tiles"]) == (24, len(tiles))
    assert next(other, None) is next(own, None) is next(drop, None) is None


def test_neighbours_of_other_tiles_are_not_packed():
    vectors, tiles = alike()
    found = find_neighbours(vectors, tiles["city_id"].to_numpy())
    with pytest.raises(ValueError, match="neighbours of 400 tiles"):
        packed(found, tiles.iloc[1:])
    with pytest.raises(ValueError, match="city by city"):
        packed(found, tiles.sample(frac=1, random_state=0))


def test_what_the_front_end_is_tested_on_is_what_is_packed_now():
    stored = json.loads(front_end_example.STORED.read_text("utf-8"))
    now = json.loads(json.dumps(front_end_example.example()))
    changed = [name for name in now if now[name] != stored[name]]
    assert not changed, "run `python -m tests.explorer.front_end_example`"
