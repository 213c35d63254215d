"""What a check of this machine found, in words for a person."""

from __future__ import annotations

from dataclasses import asdict, dataclass

INSTALL = 'python -m pip install -e ".[book]" -c constraints.txt'
"""What puts right an environment that is incomplete."""


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Parameters
    ----------
    check : str
        What was looked at.
    ok : bool
        Whether the course can run.
    detail : str
        What was seen.
    fix : str
        What to do; empty when all is well.

    Examples
    --------
    >>> Finding("Python", True, "3.11.7").as_dict()
    {'check': 'Python', 'ok': True, 'detail': '3.11.7', 'fix': ''}
    """

    check: str
    ok: bool
    detail: str
    fix: str = ""

    def as_dict(self) -> dict[str, object]:
        """Return the finding as plain values."""
        return asdict(self)
