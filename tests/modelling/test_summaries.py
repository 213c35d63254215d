import math

import numpy as np
import pandas as pd
import pytest

from tools.modelling import comparison_table, paired_differences, summarise


def as_scores(accuracies, scheme="random"):
    """Scores of models with the given accuracies a fold; the error falls as the accuracy rises."""
    return pd.DataFrame(
        {
            "scheme": scheme,
            "model": model,
            "fold": fold,
            "accuracy": accuracy,
            "mae": 2 - accuracy,
            "quadratic_kappa": accuracy / 2,
            "n_train": 80,
            "n_test": 20,
        }
        for model, values in accuracies.items()
        for fold, accuracy in enumerate(values)
    )


def test_a_summary_holds_mean_spread_and_corrected_error():
    row = summarise(as_scores({"forest": [0.1, 0.2, 0.3, 0.4, 0.5]})).iloc[0]
    sd = np.std([0.1, 0.2, 0.3, 0.4, 0.5], ddof=1)
    assert row["accuracy"] == pytest.approx(0.3)
    assert row["accuracy_sd"] == pytest.approx(sd)
    assert row["accuracy_se"] == pytest.approx(sd * math.sqrt(1 / 5 + 20 / 80))
    assert row["mae"] == pytest.approx(1.7)
    assert (row["folds"], row["n_test"], row["n_train"]) == (5, 100, 80)


def test_models_and_schemes_keep_the_order_in_which_they_were_compared():
    scores = pd.concat([as_scores({"z": [0.1, 0.2], "a": [0.3, 0.4]}, s) for s in ("random", "blocks")])
    assert summarise(scores)[["scheme", "model"]].to_numpy().tolist() == [
        ["random", "z"],
        ["random", "a"],
        ["blocks", "z"],
        ["blocks", "a"],
    ]
    table = comparison_table(scores)
    assert table.index.tolist() == ["z", "a"]
    assert table["accuracy"].columns.tolist() == ["random", "blocks"]


def test_an_undefined_kappa_in_one_fold_does_not_blank_the_others():
    scores = as_scores({"forest": [0.2, 0.4, 0.6]})
    scores.loc[0, "quadratic_kappa"] = np.nan
    assert summarise(scores).loc[0, "quadratic_kappa"] == pytest.approx(0.25)


def test_a_single_fold_has_a_mean_and_no_error():
    scores = as_scores({"forest": [0.2]})
    assert math.isnan(summarise(scores).loc[0, "accuracy_se"])
    assert comparison_table(scores).loc["forest", ("accuracy", "random")] == "0.200"


def test_the_table_reads_mean_plus_minus_error():
    table = comparison_table(as_scores({"forest": [0.2, 0.3, 0.4]}), ["accuracy", "mae", "quadratic_kappa"])
    assert table.loc["forest"].tolist() == ["0.300 ± 0.076", "1.70 ± 0.08", "0.15 ± 0.04"]
    assert table.columns.get_level_values("measure").tolist() == [
        "accuracy",
        "mean error (classes)",
        "quadratic kappa",
    ]


def test_a_constant_advantage_is_certain_however_much_the_folds_differ():
    scores = as_scores({"census": [0.1, 0.5, 0.9], "both": [0.15, 0.55, 0.95]})
    found = paired_differences(scores, "census").set_index("measure")
    assert found.loc["accuracy", "difference"] == pytest.approx(0.05)
    assert found.loc["accuracy", "se"] == pytest.approx(0, abs=1e-12)
    assert found.loc["accuracy", "better_in"] == 3


def test_a_smaller_error_is_better():
    found = paired_differences(as_scores({"census": [0.2, 0.3], "both": [0.3, 0.2]}), "census")
    row = found.set_index("measure").loc["mae"]
    assert row["difference"] == pytest.approx(0)
    assert row["better_in"] == 1


def test_folds_are_matched_by_number_not_by_position():
    scores = as_scores({"census": [0.1, 0.5], "both": [0.2, 0.6]})
    shuffled = scores.iloc[[1, 0, 2, 3]]
    found = paired_differences(shuffled, "census").set_index("measure")
    assert found.loc["accuracy", "se"] == pytest.approx(0, abs=1e-12)


def test_an_unknown_reference_lists_the_models():
    with pytest.raises(ValueError, match="no model 'x' to compare to; there are census, both"):
        paired_differences(as_scores({"census": [0.1], "both": [0.2]}), "x")


def test_a_reference_that_lacks_a_fold_is_an_error():
    scores = as_scores({"census": [0.1, 0.2], "both": [0.2, 0.3]}).iloc[1:]
    with pytest.raises(ValueError, match="'census' was not scored in every fold of 'random'"):
        paired_differences(scores, "census")


def test_unknown_measures_and_other_tables_are_errors():
    with pytest.raises(ValueError, match="accuracy, mae, quadratic_kappa"):
        comparison_table(as_scores({"a": [0.1]}), ["f1"])
    with pytest.raises(ValueError, match="No column 'scheme'"):
        summarise(pd.DataFrame({"a": [1]}))
