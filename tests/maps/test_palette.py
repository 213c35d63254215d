"""The course's colours can be read, and told apart, by people who see colours differently."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from tools.maps import palette

# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB.
COLOUR_VISION = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def linear(colour: str) -> np.ndarray:
    rgb = np.array(to_rgb(colour))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def oklab(rgb: np.ndarray) -> np.ndarray:
    lms = np.array(
        [
            [0.4122215, 0.5363325, 0.0514460],
            [0.2119035, 0.6806995, 0.1073970],
            [0.0883025, 0.2817188, 0.6299787],
        ]
    )
    mix = np.array(
        [
            [0.2104543, 0.7936178, -0.0040720],
            [1.9779985, -2.4285922, 0.4505937],
            [0.0259040, 0.7827718, -0.8086758],
        ]
    )
    return mix @ np.cbrt(lms @ np.clip(rgb, 0, 1))


def seen(colour: str, vision: str) -> np.ndarray:
    return oklab(np.asarray(COLOUR_VISION[vision]) @ linear(colour))


def contrast(a: str, b: str) -> float:
    bright = sorted(float(np.dot([0.2126, 0.7152, 0.0722], linear(c))) for c in (a, b))
    return (bright[1] + 0.05) / (bright[0] + 0.05)


@pytest.mark.parametrize("theme", [palette.LIGHT, palette.DARK], ids=["light", "dark"])
@pytest.mark.parametrize("text", ["ink", "muted", "accent", "accent_strong", "note"])
def test_text_reads_at_four_and_a_half_to_one(theme, text):
    assert contrast(theme[text], theme["paper"]) >= 4.5
    assert contrast(theme[text], theme["surface"]) >= 4.5


@pytest.mark.parametrize("theme", [palette.LIGHT, palette.DARK], ids=["light", "dark"])
def test_text_reads_on_its_own_tint(theme):
    assert contrast(theme["accent"], theme["accent_soft"]) >= 4.5
    assert contrast(theme["note"], theme["note_soft"]) >= 4.5


def test_both_themes_fill_the_same_roles():
    assert list(palette.LIGHT) == list(palette.DARK)


@pytest.mark.parametrize("vision", COLOUR_VISION)
def test_the_first_seven_classes_stay_apart(vision):
    colours = [seen(c, vision) for c in palette.CATEGORICAL[:7]]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(colours, 2)) > 0.11


@pytest.mark.parametrize("vision", COLOUR_VISION)
def test_all_classes_stay_distinguishable(vision):
    colours = [seen(c, vision) for c in palette.CATEGORICAL]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(colours, 2)) > 0.04


@pytest.mark.parametrize("vision", COLOUR_VISION)
def test_the_first_five_colours_for_dots_stay_apart_and_are_seen_on_white(vision):
    assert sorted(palette.MARKS) == sorted(palette.CATEGORICAL)
    colours = [seen(c, vision) for c in palette.MARKS[:5]]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(colours, 2)) > 0.11
    assert min(contrast(c, palette.LIGHT["paper"]) for c in palette.MARKS[:7]) > 2.8


@pytest.mark.parametrize("vision", COLOUR_VISION)
def test_the_sequential_ramp_only_darkens(vision):
    lightness = [seen(c, vision)[0] for c in palette.SEQUENTIAL]
    assert np.all(np.diff(lightness) < -0.03)


@pytest.mark.parametrize("vision", COLOUR_VISION)
def test_the_diverging_ramp_is_lightest_in_the_middle(vision):
    lightness = np.array([seen(c, vision)[0] for c in palette.DIVERGING])
    middle = len(lightness) // 2
    assert np.all(np.diff(lightness[: middle + 1]) > 0)
    assert np.all(np.diff(lightness[middle:]) < 0)
    assert np.linalg.norm(seen(palette.DIVERGING[0], vision) - seen(palette.DIVERGING[-1], vision)) > 0.08


def test_colours_are_written_as_lower_case_hex():
    every = [*palette.LIGHT.values(), *palette.DARK.values(), *palette.CATEGORICAL, *palette.SEQUENTIAL]
    assert all(re.fullmatch("#[0-9a-f]{6}", c) for c in [*every, *palette.DIVERGING, palette.MISSING])
