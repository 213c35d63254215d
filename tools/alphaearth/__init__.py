"""AlphaEarth's public files: their layout, and pixels read from it as cubes and at points."""

from tools.alphaearth.cube import open_cube
from tools.alphaearth.points import sample_points

__all__ = ["open_cube", "sample_points"]
