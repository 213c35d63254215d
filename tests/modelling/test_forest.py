import math

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier

from tools.modelling import centre_coordinates, run_rf_classifier
from tools.provenance import footnote


@pytest.fixture(scope="module")
def result(town):
    return run_rf_classifier(town, "decile", ["health", "noise"], n_estimators=50, verbose=False)


def test_the_result_has_what_the_lab_reads(result):
    assert {
        "model",
        "X_train",
        "X_test",
        "y_train",
        "y_test",
        "y_pred",
        "pred_probs",
        "accuracy",
        "mae_ordinal",
        "confusion",
        "importances",
        "y_categories",
    } <= set(result)
    assert isinstance(result["model"], RandomForestClassifier)


def test_a_fifth_is_held_back_with_each_class_in_proportion(town, result):
    assert len(result["X_test"]) == 80
    assert not set(result["X_test"].index) & set(result["X_train"].index)
    shares = result["y_test"].value_counts(normalize=True) - town["decile"].value_counts(normalize=True)
    assert shares.abs().max() < 0.02


def test_scores_are_those_of_the_predictions(result):
    errors = (result["y_test"] - result["y_pred"]).abs()
    assert result["accuracy"] == pytest.approx((errors == 0).mean())
    assert result["mae_ordinal"] == pytest.approx(errors.mean())
    assert result["confusion"].to_numpy().trace() == (errors == 0).sum()
    assert result["confusion"].to_numpy().sum() == 80
    assert result["confusion"].loc[2, 3] == ((result["y_test"] == 2) & (result["y_pred"] == 3)).sum()


def test_predictions_are_the_models_own_and_align_with_the_table(town, result):
    again = result["model"].predict(result["X_test"])
    assert result["y_pred"].tolist() == again.tolist()
    assert result["y_test"].equals(town.loc[result["y_test"].index, "decile"])
    np.testing.assert_allclose(result["pred_probs"].sum(axis=1), 1)
    assert result["pred_probs"].idxmax(axis=1).tolist() == result["y_pred"].tolist()


def test_what_matters_is_ranked_first(result):
    assert result["importances"].index.tolist() == ["health", "noise"]
    assert result["importances"].sum() == pytest.approx(1)


def test_the_baseline_is_always_naming_the_commonest_class(result):
    commonest = result["y_train"].mode()[0]
    assert result["majority_accuracy"] == pytest.approx((result["y_test"] == commonest).mean())
    assert result["majority_mae"] == pytest.approx((result["y_test"] - commonest).abs().mean())
    assert result["accuracy"] > result["majority_accuracy"] + 0.1


def test_the_same_seed_gives_the_same_forest(town, result):
    again = run_rf_classifier(town, "decile", ["health", "noise"], n_estimators=50, verbose=False)
    assert again["y_pred"].equals(result["y_pred"])
    assert again["importances"].equals(result["importances"])


def test_scores_are_printed_beside_the_baseline_unless_silenced(town, capsys):
    result = run_rf_classifier(town, "decile", ["health"], n_estimators=5)
    printed = capsys.readouterr().out
    assert printed.startswith(
        "Random forest for decile from 1 feature: learnt from 320 areas, tested on 80\n"
    )
    assert f"{result['accuracy']:.3f}" in printed
    assert f"commonest class: {result['majority_accuracy']:.3f}" in printed
    run_rf_classifier(town, "decile", ["health"], n_estimators=5, verbose=False)
    assert capsys.readouterr().out == ""
    assert repr(result) + "\n" == printed


def test_incomplete_rows_are_left_out_and_mentioned(town, capsys):
    holed = town.assign(health=town["health"].where(town["health"] < 2))
    result = run_rf_classifier(holed, "decile", ["health"], n_estimators=5)
    assert result["n_dropped"] == (town["health"] >= 2).sum() > 0
    assert f"{result['n_dropped']} areas left out" in capsys.readouterr().out
    with pytest.raises(ValueError, match="Missing values"):
        run_rf_classifier(holed, "decile", ["health"], dropna=False)


def test_marks_of_provenance_travel_with_the_result(result):
    for part in (result, result["importances"], result["confusion"], result["X_test"], result["y_pred"]):
        assert footnote(part) == "Synthetic sample"


def test_classes_without_order_have_no_ordinal_scores(town, capsys):
    kinds = town.assign(kind=town["decile"].map({1: "park", 2: "mill", 3: "home", 4: "shop", 5: "quay"}))
    result = run_rf_classifier(kinds, "kind", ["health"], n_estimators=5, treat_y_as_ordered=False)
    assert math.isnan(result["mae_ordinal"])
    assert math.isnan(result["quadratic_kappa"])
    assert result["confusion"].index.tolist() == ["home", "mill", "park", "quay", "shop"]
    assert "off on average" not in capsys.readouterr().out


def test_ordered_texts_score_as_their_numbers_would(town, result):
    names = ["lowest", "low", "middle", "high", "highest"]
    levels = pd.Categorical.from_codes(town["decile"] - 1, names, ordered=True)
    named = run_rf_classifier(
        town.assign(level=levels), "level", ["health", "noise"], n_estimators=200, verbose=False
    )
    numbered = run_rf_classifier(town, "decile", ["health", "noise"], n_estimators=200, verbose=False)
    assert named["y_categories"] == names
    assert named["mae_ordinal"] == pytest.approx(numbered["mae_ordinal"], abs=0.1)
    assert named["confusion"].index.tolist() == names


def test_a_class_with_one_member_is_an_error_before_anything_runs(town):
    lonely = town.assign(decile=[9, *town["decile"].tolist()[1:]])
    with pytest.raises(ValueError, match=r"The class 9 of 'decile' has one member.*Merge it"):
        run_rf_classifier(lonely, "decile", ["health"])


@pytest.mark.parametrize("test_size", [0, 1, 1.5, -0.2, 50])
def test_a_share_that_is_none_is_an_error(town, test_size):
    with pytest.raises(ValueError, match="between 0 and 1"):
        run_rf_classifier(town, "decile", ["health"], test_size=test_size)


def test_a_test_set_smaller_than_the_classes_is_an_error(town):
    with pytest.raises(ValueError, match="fewer rows than the 5 classes"):
        run_rf_classifier(town, "decile", ["health"], test_size=0.005)


def test_predictors_must_be_named(town):
    with pytest.raises(ValueError, match="x_cols is empty"):
        run_rf_classifier(town, "decile", [])
    with pytest.raises(ValueError, match=r"No column 'helth'\. Did you mean 'health'\?"):
        run_rf_classifier(town, "decile", ["helth"])
    with pytest.raises(ValueError, match=r"No column 'Decile'\. Did you mean 'decile'\?"):
        run_rf_classifier(town, "Decile", ["health"])


def test_real_london_census_variables_reach_the_labs_accuracy(london, census):
    result = run_rf_classifier(data=london, y_col="IMD_decile", x_cols=census, verbose=False)
    assert result["accuracy"] == pytest.approx(0.234, abs=0.01)
    assert result["mae_ordinal"] == pytest.approx(1.57, abs=0.05)
    assert len(result["y_test"]) == 999


def test_in_real_london_coordinates_alone_beat_the_census_under_a_random_split(london):
    placed = london.join(centre_coordinates(london))
    result = run_rf_classifier(placed, "IMD_decile", ["easting_m", "northing_m"], verbose=False)
    assert result["accuracy"] == pytest.approx(0.273, abs=0.01)
    assert result["mae_ordinal"] == pytest.approx(1.44, abs=0.05)
