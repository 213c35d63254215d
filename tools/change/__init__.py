"""What changed between two years: from embeddings, pixel by pixel, and what to make of it."""

from tools.change.kernel import change_kernel

__all__ = ["change_kernel"]
