"""Templates escape every value by themselves, and their layout adds nothing to the page."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

import app
import evals
from app.formats.templates import Templates

PACKAGES = [Path(package.__file__).parent for package in (app, evals)]
FOLDERS = [p for package in PACKAGES for p in package.rglob("templates") if p.is_dir()]


def written(folder: Path, source: str) -> Templates:
    (folder / "page.html").write_text(source, encoding="utf-8")
    return Templates(folder)


def test_a_value_is_text_wherever_it_stands(tmp_path: Path) -> None:
    page = written(tmp_path, '<p title="{{ value }}">{{ value }}</p>')
    shown = page.render("page", value='<b>"x"</b> ${y} `z` \x00\u202e')
    assert (
        shown.count("&lt;b&gt;&quot;x&quot;&lt;/b&gt; &#36;&#123;y&#125; &#96;z&#96; ␀\ufffd") == 2
    )
    assert page.render("page", value=3) == '<p title="3">3</p>'


def test_what_is_html_already_stays(tmp_path: Path) -> None:
    page = written(tmp_path, "{% macro bold(x) %}<b>{{ x }}</b>{% endmacro %}{{ bold(value) }}")
    assert page.render("page", value=Markup("<i>&amp;</i>")) == "<b><i>&amp;</i></b>"
    assert page.render("page", value="&") == "<b>&amp;</b>"


def test_a_missing_value_is_an_error_and_not_nothing(tmp_path: Path) -> None:
    with pytest.raises(UndefinedError):
        written(tmp_path, "<p>{{ value }}</p>").render("page")


def test_lines_are_for_the_readers_of_a_template(tmp_path: Path) -> None:
    source = '<p class="a"\n   dir="auto">\n  one\n  two{% if x %}\n  three\n  {% endif %}\n</p>\n'
    assert written(tmp_path, source).render("page", x=True) == (
        '<p class="a" dir="auto">one twothree</p>'
    )
    assert written(tmp_path, "<pre>{{ x }}</pre>").render("page", x="a\n  b") == (
        "<pre>a\n  b</pre>"
    )


def every_template() -> Iterator[tuple[Path, str]]:
    for folder in FOLDERS:
        yield from ((folder, file.stem) for file in sorted(folder.glob("*.html")))


@pytest.mark.parametrize(("folder", "name"), every_template(), ids=lambda value: str(value)[-40:])
def test_no_template_marks_a_value_as_safe(folder: Path, name: str) -> None:
    """What is HTML already says so in Python, where it is made; a template cannot know."""
    source = (folder / f"{name}.html").read_text(encoding="utf-8")
    assert "safe" not in source.replace("noopener", "")
    assert "autoescape" not in source
