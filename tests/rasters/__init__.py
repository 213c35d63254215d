"""Grids and zonal means."""
