"""Tests of the steps from a region to its embeddings."""
