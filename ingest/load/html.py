"""HTML: the main text of a page without its menus, advertisements and forms."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from ingest.document import Document
from ingest.load.builder import Builder
from ingest.load.html_flow import Flow
from ingest.load.source import Source, decode

MIN_MAIN = 200
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_PROLOGUE = re.compile(r"^\s*(?:<\?xml[^>]*\?>\s*)?(?:<!DOCTYPE[^\[>]*\[.*?\]\s*>)?", re.DOTALL)
_DROPPED_TAGS = frozenset(
    ("script", "style", "nav", "aside", "footer", "button", "noscript", "iframe", "svg", "head")
    + ("template", "select", "dialog", "object", "embed", "video", "audio", "canvas", "input")
    + ("textarea", "menu", "map")
)
_DROPPED_ROLES = frozenset(
    ("navigation", "banner", "contentinfo", "search", "complementary", "dialog", "alert", "menu")
    + ("menubar", "toolbar")
)
_FURNITURE = re.compile(
    r"(?:^|[\s_-])(?:ads?|adverts?|advertisement|advertising|sponsor(?:ed)?|promo|banner|cookies?"
    r"|consent|gdpr|nav|navbar|navigation|menu|sidebar|breadcrumbs?|share|sharing|social|related"
    r"|recommended|newsletter|subscribe|popup|modal|comments?|disqus|toolbar|footer|skip-link"
    r"|pagination|widget|outbrain|taboola|mw-editsection|navbox|noprint)(?:$|[\s_-])",
    re.IGNORECASE,
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


def load(data: bytes, source: Source) -> Document:
    """A web page; its charset is the server's or the page's own. See ``decode`` for errors."""
    tree = parse(data, source)
    builder = Builder()
    named, metadata = _about(tree)
    prune(tree)
    main = main_part(tree)
    headings = [" ".join(heading.text_content().split()) for heading in main.iter("h1")]
    title = headings[0] if len(headings) == 1 else named
    Flow(builder).read(main)
    if not builder.blocks:
        raise source.unreadable(
            "the page holds no text; it may be made by scripts. Save it from the browser as PDF."
        )
    return builder.document(source, "text/html", title, metadata)


def parse(data: bytes, source: Source) -> Any:
    """The page's tree, without comments; entities and references outside are not followed."""
    from lxml import etree, html

    named = _CHARSET.search(data[:4096])
    if named and not source.charset:
        source = replace(source, charset=named.group(1).decode("ascii"))
    text = _PROLOGUE.sub("", decode(data, source), count=1)
    parser = html.HTMLParser(remove_comments=True, remove_pis=True, no_network=True)
    try:
        return html.document_fromstring(text, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise source.unreadable(f"the page could not be parsed ({error}).") from error


def prune(tree: Any) -> None:
    """Takes out what is not read: scripts, menus, furniture by role or class, hidden parts.

    A part that is most of the page stays, whatever its class says.
    """
    total = len(tree.text_content()) or 1
    for element in list(tree.iter("*")):
        if element.getparent() is None or element.tag in ("html", "body", "main", "article"):
            continue
        minor = _is_furniture(element) and len(element.text_content()) * 2 < total
        if minor or element.tag in _DROPPED_TAGS or _is_hidden(element):
            element.drop_tree()


def _is_hidden(element: Any) -> bool:
    return (
        element.get("hidden") is not None
        or element.get("aria-hidden") == "true"
        or _HIDDEN.search(element.get("style") or "") is not None
    )


def _is_furniture(element: Any) -> bool:
    if element.get("role") in _DROPPED_ROLES or element.tag == "form":
        return True
    if element.tag == "header":
        return all(above.tag not in ("article", "main") for above in element.iterancestors())
    names = f"{element.get('class') or ''} {element.get('id') or ''}"
    if element.tag in ("div", "section", "ul", "ol", "p", "span", "a", "table"):
        return _FURNITURE.search(names) is not None or _is_link_list(element)
    return False


def _is_link_list(element: Any) -> bool:
    """A list of links and nothing else is a menu."""
    if element.tag not in ("ul", "ol"):
        return False
    links = element.findall(".//a")
    words = len(element.text_content().strip())
    linked = sum(len(link.text_content().strip()) for link in links)
    return len(links) > 2 and linked > 0.9 * words and words / len(links) < 40


def main_part(tree: Any) -> Any:
    """The element that holds the text: ``main``, the longest ``article``, else the body."""
    body = tree.find("body")
    body = tree if body is None else body
    found = [e for e in body.iter("main", "article") if len(e.text_content()) > MIN_MAIN]
    found += [e for e in body.xpath(".//*[@role='main']") if len(e.text_content()) > MIN_MAIN]
    longest = max(found, key=lambda e: len(e.text_content()), default=body)
    enough = len(longest.text_content()) * 3 > len(body.text_content())
    return longest if enough else body


def main_body(tree: Any) -> Any:
    """The body of a book's chapter without scripts and pictures, otherwise whole."""
    for element in list(tree.iter("script", "style", "svg", "head")):
        element.drop_tree()
    body = tree.find("body")
    return tree if body is None else body


def _about(tree: Any) -> tuple[str, dict[str, str]]:
    """The title that the page gives itself, and its metadata."""
    named = " ".join((tree.findtext(".//title") or "").split())
    wanted = {"author": "author", "article:published_time": "published", "date": "published"}
    metadata: dict[str, str] = {}
    for meta in tree.iter("meta"):
        key = wanted.get((meta.get("name") or meta.get("property") or "").lower())
        if key and meta.get("content"):
            metadata.setdefault(key, meta.get("content"))
    return named, metadata
