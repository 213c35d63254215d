"""Forests that predict classes of areas, and honest ways to judge them.

`run_rf_classifier` asks once and kindly; `compare_models` asks the same of several models under several ways
of holding areas back, beside baselines; `comparison_table` and `paired_differences` say what came of it.
"""

from tools.modelling.blocks import blocked_folds, describe_folds
from tools.modelling.boosting import boosting_classifier, run_boosting_classifier
from tools.modelling.centres import centre_coordinates
from tools.modelling.compare import BASELINES, compare_models
from tools.modelling.explain import Explanation, explain_forest
from tools.modelling.folds import Folds, grouped_folds, random_folds
from tools.modelling.forest import ForestResult, run_rf_classifier
from tools.modelling.ordinal import adjacent_accuracy, mean_absolute_error_ordinal, quadratic_weighted_kappa
from tools.modelling.report import classification_report_table
from tools.modelling.summaries import MEASURES, comparison_table, paired_differences, summarise

__all__ = [
    "BASELINES",
    "MEASURES",
    "Explanation",
    "Folds",
    "ForestResult",
    "adjacent_accuracy",
    "blocked_folds",
    "boosting_classifier",
    "centre_coordinates",
    "classification_report_table",
    "compare_models",
    "comparison_table",
    "describe_folds",
    "explain_forest",
    "grouped_folds",
    "mean_absolute_error_ordinal",
    "paired_differences",
    "quadratic_weighted_kappa",
    "random_folds",
    "run_boosting_classifier",
    "run_rf_classifier",
    "summarise",
]
