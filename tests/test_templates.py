"""Promises about every template: strict, safe under the content security policy, addressed by path."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import StrictUndefined

from dashboard.ui.htmx import address
from tests.ui.kit import kit_app

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "templates"
NAMES = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))
REGIONS = [name for name in NAMES if Path(name).name.startswith("_")]
VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "path", "rect", "line", "circle"}
FORBIDDEN = {
    "autoescape is never switched off": re.compile(r"\|\s*safe\b|autoescape\s+false|Markup\("),
    "style stands in app.css": re.compile(r"\sstyle\s*=|<style\b"),
    "scripts stand in app.js": re.compile(
        r"\son[a-z]+\s*=|javascript:|<script(?![^>]*(\ssrc=|type=\"application/json\"))"
    ),
    "htmx attributes that need eval": re.compile(
        r"hx-on|hx-vals\s*=\s*[\"']?js:|hx-vals\s*=\s*[\"']?javascript:|hx-trigger=\"[^\"]*\["
    ),
    "headers are inherited only when it is said": re.compile(r"hx-headers\s*="),
    "nothing comes from another host": re.compile(r"(src|href|action)=\"(https?:)?//"),
}


class Roots(HTMLParser):
    """The elements at the top level of a template."""

    def __init__(self) -> None:
        super().__init__()
        self.depth = 0
        self.found: list[dict[str, str | None]] = []
        self.loose: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self.depth:
            self.found.append(dict(attrs))
        self.depth += tag not in VOID

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.depth -= tag not in VOID

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag not in VOID

    def handle_data(self, data: str) -> None:
        if not self.depth and data.strip():
            self.loose.append(data.strip())


def source(name: str) -> str:
    return (TEMPLATES / name).read_text()


def without_comments(text: str) -> str:
    return re.sub(r"\{#.*?#\}", "", text, flags=re.DOTALL)


def markup_of(text: str) -> str:
    """What is left without Jinja: values become a word, so that attributes stay attributes."""
    bodiless = re.sub(r"\{%-?\s*(macro|call)\b.*?\{%-?\s*end\1\s*-?%\}", "", without_comments(text), flags=re.DOTALL)
    return re.sub(r"\{\{.*?\}\}", "value", re.sub(r"\{%.*?%\}", "", bodiless, flags=re.DOTALL), flags=re.DOTALL)


def named_in_code() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "dashboard").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and re.fullmatch(r"[\w/]+\.html", node.value)
            ):
                yield str(path.relative_to(ROOT)), node.value


@pytest.mark.parametrize("name", NAMES)
def test_every_template_compiles_and_undefined_names_are_errors(name: str) -> None:
    environment = kit_app().jinja_env
    assert environment.undefined is StrictUndefined
    environment.get_template(name)


@pytest.mark.parametrize("name", NAMES)
def test_nobody_can_smuggle_code_or_style_into_a_page(name: str) -> None:
    text = without_comments(source(name))
    broken = [f"{rule}: {found[0]!r}" for rule, pattern in FORBIDDEN.items() if (found := pattern.search(text))]
    assert not broken


@pytest.mark.parametrize("name", REGIONS)
def test_a_region_has_one_root_whose_id_is_its_address(name: str) -> None:
    roots = Roots()
    roots.feed(markup_of(source(name)))
    assert len(roots.found) == 1, f"{name} needs one root element"
    assert not [text for text in roots.loose if text != "value"], f"{name} has text beside its root"
    found = roots.found[0].get("id") or ""
    assert found == address(name) or found.startswith(f"{address(name)}-value"), f'{name} needs id="{address(name)}"'


@pytest.mark.parametrize("name", [name for name in NAMES if name not in REGIONS and "/" in name])
def test_a_page_extends_a_layout(name: str) -> None:
    folder = name.split("/", maxsplit=1)[0]
    if folder in {"layouts", "macros", "shared"}:
        assert "{% extends" not in source(name)
    else:
        assert re.match(r"(\{#.*?#\}\s*)?\{% extends \"layouts/(page|bare)\.html\" %\}", source(name), re.DOTALL)


def test_every_template_a_page_names_exists() -> None:
    missing = [f"{file}: {name}" for file, name in named_in_code() if name not in NAMES]
    assert not missing


def test_every_template_another_one_names_exists() -> None:
    pattern = re.compile(r"\{%-?\s*(?:extends|include|import|from)\s+\"([^\"]+)\"")
    missing = [f"{name}: {used}" for name in NAMES for used in pattern.findall(source(name)) if used not in NAMES]
    assert not missing


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("macros/")])
def test_a_macro_file_begins_by_listing_its_macros(name: str) -> None:
    heading = re.match(r"\{#(.*?)#\}", source(name), re.DOTALL)
    assert heading
    for macro in re.findall(r"\{% macro ([a-z]\w*)", source(name)):
        assert f"{macro}(" in heading[1], f"{name}: say what {macro} takes"
