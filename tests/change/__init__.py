"""Tests of change between years."""
