import numpy as np
import pandas as pd
import pytest

from tools.modelling import (
    blocked_folds,
    compare_models,
    comparison_table,
    grouped_folds,
    paired_differences,
    random_folds,
    summarise,
)
from tools.provenance import footnote

MODELS = {"health": ["health"], "noise": ["noise"], "place": "coordinates", "commonest": "majority"}


@pytest.fixture(scope="module")
def schemes(town):
    return {
        "random": random_folds(town, "decile"),
        "ward": grouped_folds(town["ward"], what="ward"),
        "blocks": blocked_folds(town, 2000, buffer_m=600),
    }


@pytest.fixture(scope="module")
def scores(town, schemes):
    return compare_models(town, "decile", MODELS, schemes, n_estimators=20)


def test_there_is_one_row_a_scheme_model_and_fold(scores):
    assert len(scores) == 3 * 4 * 5
    assert not scores.duplicated(["scheme", "model", "fold"]).any()
    assert scores["model"].unique().tolist() == list(MODELS)
    assert scores["scheme"].unique().tolist() == ["random", "ward", "blocks"]


def test_all_models_see_the_same_folds(scores, schemes):
    sizes = scores.groupby(["scheme", "fold"])[["n_train", "n_test"]].nunique()
    assert (sizes == 1).all(axis=None)
    for name, folds in schemes.items():
        own = scores[(scores["scheme"] == name) & (scores["model"] == "health")]
        assert own["n_test"].tolist() == [len(test) for _, test in folds.split()]
        assert own["n_train"].tolist() == [len(train) for train, _ in folds.split()]


def test_what_predicts_the_decile_beats_what_does_not_under_every_scheme(scores):
    means = scores.groupby(["scheme", "model"])["mae"].mean().unstack()
    assert (means["health"] < means["noise"] - 0.3).all()
    assert (means["health"] < means["place"] - 0.3).all()


def test_the_majority_is_that_of_the_areas_learnt_from(town, scores, schemes):
    rows = scores.query("scheme == 'ward' and model == 'commonest'").set_index("fold")
    for fold, (train, test) in enumerate(schemes["ward"].split()):
        commonest = town["decile"].iloc[train].value_counts().idxmax()
        row = rows.loc[fold]
        assert row["accuracy"] == pytest.approx((town["decile"].iloc[test] == commonest).mean())
        assert row["quadratic_kappa"] == 0
        assert row["n_features"] == 0


def test_a_place_that_is_remembered_helps_at_random_and_not_in_a_new_ward(town):
    wards = sorted(town["ward"].unique())
    remembered = town.assign(decile=town["ward"].map({ward: 1 + n % 3 for n, ward in enumerate(wards)}))
    schemes = {"random": random_folds(remembered), "ward": grouped_folds(remembered["ward"], n_splits=9)}
    scores = compare_models(remembered, "decile", {"place": "coordinates"}, schemes, n_estimators=20)
    means = scores.groupby("scheme")["accuracy"].mean()
    assert means["random"] > 0.9
    assert means["ward"] < 0.5


def test_the_same_call_gives_the_same_scores(town, schemes, scores):
    again = compare_models(town, "decile", MODELS, {"ward": schemes["ward"]}, n_estimators=20)
    pd.testing.assert_frame_equal(scores[scores["scheme"] == "ward"].reset_index(drop=True), again)


def test_rows_incomplete_for_one_model_are_left_out_for_all(town, schemes):
    holed = town.assign(noise=town["noise"].where(town["noise"] < 1.5))
    n_missing = int(holed["noise"].isna().sum())
    scores = compare_models(holed, "decile", MODELS, {"random": schemes["random"]}, n_estimators=5)
    assert scores.attrs["n_dropped"] == n_missing > 0
    assert (scores.groupby("model")["n_test"].sum() == 400 - n_missing).all()


def test_a_gap_never_shifts_the_rows_of_a_fold(town):
    """With the target itself as predictor under another name, any shift between X, y and folds would show."""
    told = town.assign(told=town["decile"].astype(float), other=1.0)
    told.iloc[::7, told.columns.get_loc("other")] = np.nan
    models = {"told": ["told"], "other": ["other"]}
    scores = compare_models(told, "decile", models, {"random": random_folds(told, "decile")}, n_estimators=20)
    assert (scores.loc[scores["model"] == "told", "accuracy"] == 1).all()


def test_marks_of_provenance_reach_every_table(scores):
    for table in (scores, summarise(scores), comparison_table(scores), paired_differences(scores, "noise")):
        assert footnote(table) == "Synthetic sample"


def test_folds_of_other_rows_are_refused(town, schemes):
    with pytest.raises(ValueError, match=r"The folds 'random' were made for 400 other rows than the 300"):
        compare_models(town.iloc[:300], "decile", MODELS, schemes)
    with pytest.raises(ValueError, match="other rows"):
        compare_models(town.sample(frac=1, random_state=0), "decile", MODELS, schemes)


def test_a_scheme_that_is_no_folds_is_refused(town):
    with pytest.raises(ValueError, match="The scheme 'k' is a int, not Folds"):
        compare_models(town, "decile", MODELS, {"k": 5})


def test_a_misspelt_baseline_gets_a_suggestion(town, schemes):
    with pytest.raises(ValueError, match=r"'majorty', which is no baseline\. Did you mean 'majority'\?"):
        compare_models(town, "decile", {"baseline": "majorty"}, schemes)
    with pytest.raises(ValueError, match=r"For one column, write \['health'\]"):
        compare_models(town, "decile", {"health": "health"}, schemes)


def test_nothing_to_compare_is_an_error(town, schemes):
    with pytest.raises(ValueError, match="at least one feature set"):
        compare_models(town, "decile", {}, schemes)
    with pytest.raises(ValueError, match="'census' is empty"):
        compare_models(town, "decile", {"census": []}, schemes)


def test_coordinates_of_a_table_without_geometry_are_an_error(town, schemes):
    with pytest.raises(ValueError, match="has no geometry"):
        compare_models(
            pd.DataFrame(town.drop(columns="geometry")), "decile", {"place": "coordinates"}, schemes
        )


def test_a_column_of_the_readers_called_like_the_coordinates_is_not_replaced(town, schemes):
    own = town.assign(easting_m=town["decile"].astype(float))
    models = {"own": ["easting_m"], "place": "coordinates"}
    scores = compare_models(own, "decile", models, {"random": schemes["random"]}, n_estimators=5)
    assert (scores.loc[scores["model"] == "own", "accuracy"] == 1).all()
    assert scores.loc[scores["model"] == "place", "accuracy"].max() < 0.8


def test_in_real_london_a_new_borough_takes_from_coordinates_what_a_random_split_gave_them(london, census):
    borough = london["LSOA21NM"].str.rsplit(" ", n=1).str[0]
    assert (borough == london["LAD22NM"]).all()
    schemes = {
        "random": random_folds(london, "IMD_decile"),
        "borough": grouped_folds(borough, what="borough"),
    }
    models = {"census": census, "place": "coordinates", "commonest": "majority"}
    summary = summarise(compare_models(london, "IMD_decile", models, schemes, n_estimators=60))
    summary = summary.set_index(["scheme", "model"])
    assert summary.loc[("borough", "census"), "accuracy"] == pytest.approx(0.245, abs=0.015)
    assert summary.loc[("borough", "census"), "mae"] == pytest.approx(1.59, abs=0.03)
    accuracy = summary["accuracy"].unstack("scheme")
    assert (
        accuracy.loc["place", "random"]
        > accuracy.loc["census", "random"]
        > accuracy.loc["commonest", "random"]
    )
    assert accuracy.loc["place", "borough"] < accuracy.loc["commonest", "borough"] + 0.01
    assert accuracy.loc["census", "borough"] > accuracy.loc["commonest", "borough"] + 0.05
