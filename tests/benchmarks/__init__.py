"""Benchmarks: ours beside the usual way, in one run, so that the ratio means something on any machine."""
