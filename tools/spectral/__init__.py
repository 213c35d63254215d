"""Water by spectral clustering: millions of pixels by Nyström, and clusters told by their spectra."""

from tools.spectral.cut import normalised_cut
from tools.spectral.estimator import NystromSpectralClustering
from tools.spectral.matching import match_labels, relabel

__all__ = ["NystromSpectralClustering", "match_labels", "normalised_cut", "relabel"]
