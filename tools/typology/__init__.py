"""Who lives in a class: certificates recoded, propensity indices, classes described, similar places, exports.

What a typology of buildings needs beside the clusters themselves. `tools.kmeans` finds them, `tools.maps`
draws what is found here.
"""

from tools.typology.describing import cluster_summary, clustergram_of
from tools.typology.exporting import export_buildings
from tools.typology.propensity import Propensity, propensities, propensity
from tools.typology.recoding import AGE_BANDS, CATEGORIES, recode_characteristics, recoding_counts
from tools.typology.similar import cosine_to, mean_profile, most_similar

__all__ = [
    "AGE_BANDS",
    "CATEGORIES",
    "Propensity",
    "cluster_summary",
    "clustergram_of",
    "cosine_to",
    "export_buildings",
    "mean_profile",
    "most_similar",
    "propensities",
    "propensity",
    "recode_characteristics",
    "recoding_counts",
]
