"""The helper package behind *Places as Vectors: satellite embeddings in practice*."""
