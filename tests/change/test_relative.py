import dask
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.change.series import YEARS, cube_of, map_of, series
from tools import provenance
from tools.change.between import change_between
from tools.change.noise import noise_floor
from tools.change.relative import relative_change, usual_change
from tools.change.scoring import roc
from tools.embeddings import dequantise, quantise, unit

NEVER = 2100


@pytest.fixture(scope="module")
def restless():
    """Forty by fifty pixels: a fifth are fields, noisier than the rest, and a corner changed once."""
    rng = np.random.default_rng(21)
    steps = np.full((40, 50), NEVER)
    steps[:4, :40] = 2021
    values = series(rng, steps, noise=0.15, distance=0.12)
    fields = np.zeros((40, 50), bool)
    fields[:, 40:] = True
    shaken = dequantise(values) + np.where(fields, 0.045, 0) * rng.normal(size=values.shape)
    return np.stack([quantise(unit(year, axis=0), axis=0) for year in shaken]), fields, steps != NEVER


def test_the_usual_change_is_the_median_step_from_year_to_year(restless):
    cube = cube_of(restless[0])
    steps = np.stack([change_between(cube, year, year + 1).values for year in YEARS[:-1]])
    np.testing.assert_allclose(usual_change(cube), np.median(steps, axis=0), rtol=1e-6)


def test_one_large_step_does_not_make_a_place_restless_and_a_field_is(restless):
    values, fields, changed = restless
    usual = usual_change(cube_of(values)).to_numpy()
    quiet = ~fields & ~changed
    assert np.median(usual[changed]) == pytest.approx(np.median(usual[quiet]), rel=0.1)
    assert np.median(usual[fields]) > 2 * np.median(usual[quiet])


def test_in_units_of_what_is_usual_fields_do_not_hide_what_changed(restless):
    values, fields, changed = restless
    cube = cube_of(values)
    plain, relative = change_between(cube, 2017, 2024), relative_change(cube, 2017, 2024)
    assert roc(relative, changed).auc > 0.99 > roc(plain, changed).auc
    threshold = noise_floor({(2017, 2024): relative}).threshold_for(0.01)
    above = (relative > threshold).to_numpy()
    assert above[fields].mean() < 0.03
    assert above[changed].mean() > 0.95
    plain_threshold = noise_floor({(2017, 2024): plain}).threshold_for(0.01)
    assert (plain.to_numpy()[fields] > plain_threshold).mean() > 0.3


@settings(max_examples=4)
@given(st.integers(1, 8), st.integers(16, 64), st.integers(3, 6), st.integers(4, 9))
def test_a_lazy_cube_stays_lazy_and_gives_the_same(restless, times, bands, rows, columns):
    cube = cube_of(restless[0][:, :, :6, 36:45])
    lazy = cube.chunk({"time": times, "band": bands, "y": rows, "x": columns})
    for found, loaded in (
        (usual_change(lazy), usual_change(cube)),
        (relative_change(lazy, 2018, 2024), relative_change(cube, 2018, 2024)),
    ):
        assert dask.is_dask_collection(found.data)
        np.testing.assert_array_equal(found, loaded)


def test_steps_without_data_are_left_out_and_too_few_are_no_data(restless):
    values = restless[0][:, :, :1, :3].copy().repeat(2, axis=2)
    values[3, :, :, 1] = -128  # five of seven steps are left
    values[[1, 4, 6], :, :, 2] = -128  # and one here
    usual = usual_change(cube_of(values))
    cube = cube_of(values)
    steps = np.stack([change_between(cube, year, year + 1).values for year in YEARS[:-1]])
    np.testing.assert_allclose(usual[:, :2], np.nanmedian(steps, axis=0)[:, :2], rtol=1e-6)
    assert usual[:, 2].isnull().all()


def test_a_place_that_never_changed_has_no_measure():
    stored = np.full((5, 64, 2, 2), 16, "int8")
    stored[1:4:2, :8, 0, 0] = -16
    relative = relative_change(cube_of(stored, YEARS[:5]), 2017, 2021)
    assert relative.isnull().values.tolist() == [[False, True], [True, True]]


def test_maps_say_what_they_are_and_where_they_came_from(restless):
    made = provenance.Provenance("demo", "sample", "A demo", "Synthetic sample")
    cube = provenance.mark(cube_of(restless[0]), made)
    for found in (usual_change(cube), relative_change(cube, 2017, 2024)):
        assert provenance.every(found) == [made]
        assert (found.attrs["year_from"], found.attrs["year_to"]) == (2017, 2024)
        assert found.rio.crs == map_of(np.zeros((2, 2))).rio.crs
        assert found.dtype == "float32"
    assert "divided by the median" in relative_change(cube, 2017, 2024).attrs["meaning"]


def test_too_few_years_are_refused(restless):
    with pytest.raises(ValueError, match="at least 4 years, got 3"):
        usual_change(cube_of(restless[0][:3], YEARS[:3]))
