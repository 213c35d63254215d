import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier

from tools.modelling import (
    blocked_folds,
    boosting_classifier,
    compare_models,
    explain_forest,
    random_folds,
    run_boosting_classifier,
    run_rf_classifier,
)
from tools.provenance import footnote


@pytest.fixture(scope="module")
def boosted(town):
    return run_boosting_classifier(town, "decile", ["health", "noise"], n_rounds=20, verbose=False)


def test_boosting_is_judged_on_the_very_rows_on_which_the_forest_is(town, boosted):
    forest = run_rf_classifier(town, "decile", ["health", "noise"], n_estimators=5, verbose=False)
    assert boosted["y_test"].equals(forest["y_test"])
    assert boosted["X_train"].equals(forest["X_train"])
    assert boosted["majority_accuracy"] == forest["majority_accuracy"]


def test_boosting_learns_what_there_is_to_learn(boosted):
    assert boosted["accuracy"] > boosted["majority_accuracy"] + 0.1
    assert boosted["confusion"].to_numpy().sum() == len(boosted["y_test"])
    assert boosted["pred_probs"].sum(axis=1).to_numpy() == pytest.approx(1)


def test_one_thread_changes_the_time_and_not_the_answer(town):
    X, y = town[["health", "noise"]].to_numpy(), town["decile"].to_numpy()
    ours = boosting_classifier(n_rounds=3)
    theirs = HistGradientBoostingClassifier(**ours.get_params()).fit(X, y)
    np.testing.assert_allclose(clone(ours).fit(X, y).predict_proba(X), theirs.predict_proba(X))


def test_the_same_seed_gives_the_same_trees(town, boosted):
    again = run_boosting_classifier(town, "decile", ["health", "noise"], n_rounds=20, verbose=False)
    assert again["pred_probs"].equals(boosted["pred_probs"])


def test_the_printed_scores_name_the_model_and_the_rows(town, capsys):
    run_boosting_classifier(town, "decile", ["health"], n_rounds=2, what="buildings")
    printed = capsys.readouterr().out
    assert printed.startswith(
        "Boosted trees for decile from 1 feature: learnt from 320 buildings, tested on 80"
    )
    assert "right or next to it" in printed


def test_marks_of_provenance_travel_with_boosting_too(boosted):
    assert footnote(boosted) == footnote(boosted["confusion"]) == "Synthetic sample"


def test_boosting_stands_beside_the_forest_in_every_fold(town):
    schemes = {"random": random_folds(town, "decile"), "blocks": blocked_folds(town, 2000)}
    models = {"forest": ["health"], "boosted": ["health"], "commonest": "majority"}
    boosting = boosting_classifier(n_rounds=10)
    scores = compare_models(
        town, "decile", models, schemes, n_estimators=20, estimators={"boosted": boosting}
    )
    assert (scores.groupby(["scheme", "fold"])["n_test"].nunique() == 1).all()
    assert not hasattr(boosting, "classes_"), "the reader's own must not be fitted"
    boosted = scores[scores["model"] == "boosted"].set_index(["scheme", "fold"])
    forest = scores[scores["model"] == "forest"].set_index(["scheme", "fold"])
    assert not boosted["mae"].equals(forest["mae"])
    assert (boosted.groupby("scheme")["accuracy"].mean() > 0.4).all()


def test_a_fold_of_boosting_is_that_of_the_classifier_itself(town):
    scheme = {"random": random_folds(town, "decile")}
    model = boosting_classifier(n_rounds=5)
    scores = compare_models(town, "decile", {"own": ["health"]}, scheme, estimators={"own": model})
    train, test = next(scheme["random"].split())
    X, y = town[["health"]], town["decile"]
    predicted = clone(model).fit(X.iloc[train], y.iloc[train]).predict(X.iloc[test])
    assert scores.loc[0, "accuracy"] == pytest.approx((predicted == y.iloc[test]).mean())


def test_an_estimator_without_a_model_or_that_is_none_is_an_error(town):
    schemes = {"random": random_folds(town, "decile")}
    models = {"health": ["health"], "commonest": "majority"}
    with pytest.raises(ValueError, match="estimator for 'helth', which is none of the models: 'health'"):
        compare_models(town, "decile", models, schemes, estimators={"helth": boosting_classifier()})
    with pytest.raises(ValueError, match="majority baseline, which takes no estimator"):
        compare_models(town, "decile", models, schemes, estimators={"commonest": boosting_classifier()})
    with pytest.raises(ValueError, match="is a str, not a scikit-learn classifier"):
        compare_models(town, "decile", models, schemes, estimators={"health": "boosting"})


def test_shap_of_boosting_is_refused_with_the_reason(boosted):
    with pytest.raises(ValueError, match="OneThreadBoosting: SHAP values are computed here for the forest"):
        explain_forest(boosted)


def test_bands_that_are_ordered_categories_keep_their_order_and_names(town):
    bands = ["before the war", "between", "after", "of late", "never built"]
    table = town.assign(band=pd.Categorical.from_codes((town["decile"] - 1).clip(0, 3), bands, ordered=True))
    for run, size in ((run_rf_classifier, "n_estimators"), (run_boosting_classifier, "n_rounds")):
        result = run(table, "band", ["health"], verbose=False, **{size: 10})
        assert result["y_categories"] == bands
        assert result["confusion"].index.tolist() == result["confusion"].columns.tolist() == bands
        assert result["confusion"].loc["never built"].sum() == 0
        assert set(result["y_pred"]) <= set(bands[:4])
        assert 0 <= result["mae_ordinal"] < 1
        assert result["accuracy"] <= result["adjacent_accuracy"] <= 1
