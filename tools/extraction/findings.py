"""What is odd about points: found all at once, told in one table; kept, dropped or refused as asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tools.sources import DataError
from tools.sources.errors import suggest

if TYPE_CHECKING:
    from numpy.typing import NDArray

POLICIES = ("keep", "drop", "refuse")
_SHOWN = 5


def checked_policies(**policies: str) -> None:
    """Refuse a policy that is none.

    Parameters
    ----------
    **policies : str
        By the argument's name.

    Raises
    ------
    ValueError
        If one is not "keep", "drop" or "refuse".

    Examples
    --------
    >>> checked_policies(on_outside="forget")
    Traceback (most recent call last):
    ...
    ValueError: on_outside='forget': valid: keep, drop, refuse
    """
    for name, policy in policies.items():
        if policy not in POLICIES:
            raise ValueError(f"{name}={policy!r}: {suggest(str(policy), POLICIES)}")


@dataclass
class Findings:
    """What was found of some points, one line a finding.

    Parameters
    ----------
    keys : pandas.Series
        The points' identifiers, to name a few by.

    Examples
    --------
    >>> findings = Findings(pd.Series(["a", "b", "a"]))
    >>> findings.note("points", 3, "as given")
    >>> findings.judge("repeated", np.array([False, False, True]), "drop", "keys that came before")
    array([False, False,  True])
    >>> ", ".join(map(str, findings.table().loc["repeated"]))
    '1, dropped, keys that came before: a'
    """

    keys: pd.Series
    _lines: list[tuple[str, int, str, str]] = field(default_factory=list)

    def note(self, what: str, number: int, words: str = "") -> None:
        """Write down a number that calls for no decision.

        Parameters
        ----------
        what : str
            Name of the line.
        number : int
            How many.
        words : str, optional
            What it means.
        """
        self._lines.append((what, int(number), "", words))

    def judge(
        self,
        what: str,
        odd: NDArray[np.bool_],
        policy: str,
        words: str,
        *,
        shown: NDArray[np.bool_] | None = None,
        kept: str = "kept",
    ) -> NDArray[np.bool_]:
        """Write down which points are odd in one way, and tell which are to be dropped for it.

        Parameters
        ----------
        what : str
            Name of the line, in the plural: it begins the error where the points are refused.
        odd : array of bool, shape (n,)
            Which points.
        policy : {"keep", "drop", "refuse"}
            What to do about them.
        words : str
            What is odd about them.
        shown : array of bool, shape (n,), optional
            Which points to count and to name, where those are more than are dropped.
        kept : str, optional
            What keeping means.

        Returns
        -------
        array of bool, shape (n,)
            `odd` where the policy is to drop, else False throughout.

        Raises
        ------
        DataError
            If there are such points and they are refused.
        """
        named = odd if shown is None else shown
        number = int(named.sum())
        words = f"{words}: {self._some(named)}" if number else words
        if number and policy == "refuse":
            raise DataError(
                f"{number:,} of {len(self.keys):,} points were refused, since they are {words}. Correct "
                "them, or choose to keep or to drop such points"
            )
        drops = odd if policy == "drop" else np.zeros(len(odd), bool)
        action = {"keep": kept, "drop": "dropped", "refuse": "would be refused"}[policy]
        self._lines.append((what, number, action if number else "", words))
        return drops

    def table(self) -> pd.DataFrame:
        """Return all lines.

        Returns
        -------
        pandas.DataFrame
            Index ``found``; columns ``number``, ``done`` (what was done about them) and ``which`` (what they
            are, and the first few).
        """
        columns = ["found", "number", "done", "which"]
        return pd.DataFrame(self._lines, columns=columns).set_index("found")

    def _some(self, which: NDArray[np.bool_]) -> str:
        return first_few(self.keys[which])


def first_few(names: Iterable[object]) -> str:
    """Return a few names in a line, and how many more there are.

    Parameters
    ----------
    names : iterable
        Of anything.

    Returns
    -------
    str

    Examples
    --------
    >>> first_few("abcdefg"), first_few("aab")
    ('a, b, c, d, e and 2 more', 'a, b')
    """
    different = list(dict.fromkeys("(no key)" if pd.isna(name) else str(name) for name in names))
    more = f" and {len(different) - _SHOWN:,} more" if len(different) > _SHOWN else ""
    return ", ".join(different[:_SHOWN]) + more
