"""Clustergrams and propensities: drawn in the course's style, from what they were given and nothing else."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from clustergram import Clustergram
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle
from sklearn.cluster import KMeans

from tools import maps, provenance
from tools.maps import palette

from .conftest import SAMPLE


@pytest.fixture(scope="module")
def gram() -> Clustergram:
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(rng.normal(size=(300, 4)) + np.repeat([[0], [3], [8]], 100, axis=0))
    fits = {k: KMeans(k, n_init=2, random_state=0).fit(rows) for k in range(1, 6)}
    labels = pd.DataFrame({k: fit.labels_ for k, fit in fits.items()})
    data = provenance.mark(rows, SAMPLE)
    return Clustergram.from_centers({k: fit.cluster_centers_ for k, fit in fits.items()}, labels, data=data)


def cells(**changes) -> SimpleNamespace:
    index = pd.DataFrame([[400.0, 100.0, 20.0], [50.0, np.nan, 0.0]], list("AB"), ["Flat", "House", "$5"])
    counts = pd.DataFrame([[1200, 300, 2], [90, 0, 0]], index.index, index.columns)
    return SimpleNamespace(**({"index": index, "counts": counts, "flagged": counts < 10} | changes))


def face(axes, row: int, column: int) -> str:
    squares = [p for p in axes.patches if isinstance(p, Rectangle) and p.get_width() == 1]
    return to_hex(next(p for p in squares if p.get_xy() == (column - 0.5, row - 0.5)).get_facecolor())


def test_a_clustergram_has_a_dot_for_each_class_as_large_as_its_share(gram):
    axes = maps.plot_clustergram(gram)
    dots = axes.collections
    assert [len(d.get_offsets()) for d in dots] == [1, 2, 3, 4, 5]
    shares = np.sort(gram.labels[3].value_counts(normalize=True))
    assert np.sort(dots[2].get_sizes() / dots[0].get_sizes()[0]).tolist() == pytest.approx(shares.tolist())
    assert axes.get_xlabel() == "Number of classes (k)"
    assert "first principal component" in axes.get_ylabel().replace("\n", " ")


def test_a_clustergram_is_signed_by_its_data(gram):
    assert maps.plot_clustergram(gram).figure.get_supxlabel() == SAMPLE.notice
    assert maps.plot_clustergram(gram, source=pd.DataFrame()).figure.get_supxlabel() == ""


def test_the_chosen_number_of_classes_is_marked_where_it_stands(gram):
    axes = maps.plot_clustergram(gram, chosen=3)
    assert axes.texts[0].get_text() == "k = 3"
    (band,) = axes.patches
    assert band.get_x() < 3 < band.get_x() + band.get_width()


def test_a_number_of_classes_that_was_not_tried_cannot_be_chosen(gram):
    with pytest.raises(ValueError, match="from 1 to 5 classes"):
        maps.plot_clustergram(gram, chosen=9)


def test_a_clustergram_without_data_says_what_it_can_still_show(gram):
    bare = Clustergram.from_centers(gram.cluster_centers, gram.labels)
    with pytest.raises(ValueError, match="pca_weighted=False"):
        maps.plot_clustergram(bare)
    assert maps.plot_clustergram(bare, pca_weighted=False).get_ylabel() == "Mean of a class's centre"


def test_each_cell_of_a_propensity_tells_its_index_and_what_it_stands_on():
    axes = maps.plot_propensity(cells())
    said = [text.get_text() for text in axes.texts]
    assert said == ["400", "(1,200)", "100", "(300)", "20", "(2)", "50", "(90)", "–", "(0)", "0", "(0)"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["A", "B"]
    assert axes.get_xticklabels()[2].get_text() == r"\$5"


def test_twice_as_many_is_as_far_from_the_average_as_half_as_many():
    index = pd.DataFrame([[400.0, 200.0, 100.0, 50.0, 25.0, 1600.0]], ["A"], list("abcdef"))
    counts = index.notna() * 1000
    axes = maps.plot_propensity(cells(index=index, counts=counts, flagged=counts < 10))
    cmap = maps.colours.colour_map("course_diverging")
    assert [face(axes, 0, i) for i in range(6)] == [to_hex(cmap(x)) for x in (1.0, 0.75, 0.5, 0.25, 0.0, 1.0)]


def test_cells_that_are_too_small_are_hatched_grey_and_the_legend_says_so():
    axes = maps.plot_propensity(cells())
    hatched = [p for p in axes.patches if p.get_hatch()]
    assert [p.get_xy() for p in hatched] == [(1.5, -0.5), (0.5, 0.5), (1.5, 0.5)]
    assert {to_hex(p.get_facecolor()) for p in hatched} == {palette.LIGHT["surface"]}
    assert axes.get_legend().get_texts()[0].get_text() == "too few rows to read"
    whole = cells(flagged=cells().counts < 0)
    assert maps.plot_propensity(whole).get_legend() is None


def test_the_classes_wear_their_own_colours():
    axes = maps.plot_propensity(cells())
    squares = [to_hex(p.get_facecolor()) for p in axes.patches if p.get_width() == 0.012]
    assert squares == list(maps.class_palette("AB").values())


def test_a_propensity_is_signed_by_what_was_counted():
    marked = provenance.mark(pd.DataFrame(), SAMPLE)
    assert maps.plot_propensity(cells(), source=marked).figure.get_supxlabel() == SAMPLE.notice
    provenance.mark((tables := cells()).index, SAMPLE)
    assert maps.plot_propensity(tables).figure.get_supxlabel() == SAMPLE.notice


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (pd.DataFrame([[1.0]]), "is not a propensity"),
        (cells(index=pd.DataFrame(), counts=pd.DataFrame(), flagged=pd.DataFrame()), "no cells"),
        (cells(counts=pd.DataFrame([[1]])), "index and counts do not have the same"),
    ],
)
def test_what_is_no_propensity_is_refused(given, complaint):
    with pytest.raises(ValueError, match=complaint):
        maps.plot_propensity(given)
