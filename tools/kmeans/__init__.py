"""K-means with very many random starts on very many rows, and names for clusters that do not change."""

from tools.kmeans.estimator import Clusters, ManyStartsKMeans, kmeans_many_starts
from tools.kmeans.naming import name_clusters, order_centres

__all__ = ["Clusters", "ManyStartsKMeans", "kmeans_many_starts", "name_clusters", "order_centres"]
