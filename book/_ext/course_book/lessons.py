"""Lesson pages: what was measured, solutions that say so, and buttons that lead to the stored notebook."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from tools.course import page_lessons
from tools.course.lessons import Course

_FOLDER = "notebooks/"


def connect(app: Sphinx) -> None:
    """Connect each step to the build.

    Parameters
    ----------
    app : sphinx.application.Sphinx
        The build.
    """
    app.connect("doctree-read", name_solutions)
    app.connect("html-page-context", dress, priority=900)  # after the theme has made its buttons
    app.connect("build-finished", hand_out_stored_notebooks)


def name_solutions(app: Sphinx, doctree: nodes.document) -> None:
    """Let a folded solution say that it is one, rather than *Show code cell content*.

    Parameters
    ----------
    app : sphinx.application.Sphinx
        The build.
    doctree : docutils.nodes.document
        A page as read; its cells are changed in place.
    """
    for cell in doctree.findall(nodes.container):
        if "tag_solution" in cell["classes"] and cell.get("hide_mode"):
            cell["prompt_show"], cell["prompt_hide"] = "Show a solution", "Hide the solution"


def dress(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Put the measured line under a lesson's title, and keep only buttons that lead somewhere.

    Parameters
    ----------
    app : sphinx.application.Sphinx
        The build.
    page, template : str
        Names of page and template.
    context : dict
        What the template is given; changed in place.
    doctree : docutils.nodes.document or None
        None for pages that are not written by hand, such as the index.
    """
    is_lesson = page.startswith(_FOLDER)
    if is_lesson and context.get("body"):
        line = page_lessons.line_html(page.removeprefix(_FOLDER))
        context["body"] = context["body"].replace("</h1>", f"</h1>\n{line}", 1)
    stored = any((Course.here().root / page).with_suffix(suffix).exists() for suffix in (".md", ".ipynb"))
    context["header_buttons"] = [
        button
        for button in (_kept(button, is_lesson, stored) for button in context.get("header_buttons", []))
        if button is not None
    ]


def hand_out_stored_notebooks(app: Sphinx, exception: Exception | None) -> None:
    """Let the download button hand out the notebook as stored, without outputs.

    Parameters
    ----------
    app : sphinx.application.Sphinx
        The build.
    exception : Exception or None
        What has ended the build already.
    """
    if exception is not None or app.builder.format != "html":
        return
    for lesson in Course.here().lessons():
        if f"{_FOLDER}{lesson.name}" in app.env.found_docs:
            target = Path(app.outdir) / "_sources" / _FOLDER / lesson.path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(lesson.path, target)


def _kept(button: dict[str, Any], is_lesson: bool, stored: bool) -> dict[str, Any] | None:
    """Return the button as this page should have it, None for not at all."""
    label = button.get("label")
    if label == "source-file-button":
        return button if stored else None
    if label == "download-source-button":
        return {**button, "tooltip": "Download the notebook"} if is_lesson else None
    if "buttons" in button:
        inner = [kept for kept in (_kept(each, is_lesson, stored) for each in button["buttons"]) if kept]
        return {**button, "buttons": inner} if inner else None
    return button
