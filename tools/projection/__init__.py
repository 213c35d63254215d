"""Many dimensions on a page: UMAP of as many rows as there are, and how far to believe it."""

from tools.projection.judging import class_separation, view_trustworthiness
from tools.projection.view import umap_view

__all__ = ["class_separation", "umap_view", "view_trustworthiness"]
