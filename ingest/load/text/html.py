"""HTML: the main text of a page without its menus, advertisements and forms."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from ingest.document import Document
from ingest.load.base.builder import Builder
from ingest.load.base.encoding import decode
from ingest.load.base.source import Source
from ingest.load.text.html_flow import Flow

MIN_MAIN = 200
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_PROLOGUE = re.compile(r"^\s*(?:<\?xml[^>]*\?>\s*)?(?:<!DOCTYPE[^\[>]*\[.*?\]\s*>)?", re.DOTALL)
_UNREAD_TAGS = frozenset(
    ("script", "style", "noscript", "iframe", "svg", "head", "template", "object", "embed", "video")
    + ("audio", "canvas", "input", "map")
)
_DROPPED_TAGS = frozenset(
    ("nav", "aside", "footer", "button", "select", "dialog", "textarea", "menu")
)
_DROPPED_ROLES = frozenset(
    ("navigation", "banner", "contentinfo", "search", "complementary", "dialog", "alert", "menu")
    + ("menubar", "toolbar")
)
_FURNITURE = re.compile(
    r"(?:^|[\s_-])(?:ads?|adverts?|advertisement|advertising|sponsor(?:ed)?|promo|banner|cookies?"
    r"|consent|gdpr|nav|navbar|navigation|menu|sidebar|breadcrumbs?|share|sharing|social|related"
    r"|recommended|newsletter|subscribe|popup|modal|comments?|disqus|toolbar|footer|skip-link"
    r"|pagination|widget|outbrain|taboola|mw-editsection|navbox|noprint)(?:$|[\s_-])"
    r"|cookie-?(?:bot|banner|consent|notice)|onetrust",
    re.IGNORECASE,
)
# Boxes that ask for consent, by the names that the platforms give them; not "cmp-", which is also
# how a widespread content system names the parts of a page.
_CONSENT = re.compile(
    r"(?:^|[\s_-])(?:onetrust|ot-sdk|cookie-?bot|cybotcookiebot|usercentrics|didomi|qc-cmp2?|truste"
    r"|sp_message_container|fc-consent|cky|cookieyes|cookie-law-info|klaro|iubenda-cs|borlabs-?cookie"
    r"|cmplz|termly|osano-cm|axeptio|tarteaucitron|cmpbox|cookieconsent|cookie-?first)",
    re.IGNORECASE,
)
_DIALOGS = frozenset(("dialog", "alertdialog"))
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


def load(data: bytes, source: Source) -> Document:
    """A web page; its charset is the server's or the page's own. See ``decode`` for errors."""
    tree, assumed = parse(data, source)
    builder = Builder(assumed)
    named, metadata = _about(tree)
    hidden, furniture = prune(tree)
    if hidden:
        builder.omit(f"Hidden text was left out ({hidden:,} words).")
    if furniture:
        builder.omit(f"Menus, advertisements and the like were left out ({furniture:,} words).")
    main = main_part(tree)
    headings = [" ".join(heading.text_content().split()) for heading in main.iter("h1")]
    title = headings[0] if len(headings) == 1 else named
    Flow(builder).read(main)
    if not builder.blocks:
        raise source.unreadable(
            "the page holds no text; it may be made by scripts. Save it from the browser as PDF."
        )
    return builder.document(source, "text/html", title, metadata)


def parse(data: bytes, source: Source) -> tuple[Any, tuple[str, ...]]:
    """The page's tree without comments, and what was assumed of its encoding.

    Entities and references outside are not followed.
    """
    from lxml import etree, html

    named = _CHARSET.search(data[:4096])
    if named and not source.charset:
        source = replace(source, charset=named.group(1).decode("ascii"))
    decoded = decode(data, source)
    text = _PROLOGUE.sub("", decoded.text, count=1)
    parser = html.HTMLParser(remove_comments=True, remove_pis=True, no_network=True)
    try:
        return html.document_fromstring(text, parser=parser), decoded.assumed
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise source.unreadable(f"the page could not be parsed ({error}).") from error


def prune(tree: Any) -> tuple[int, int]:
    """Takes out what is not read: scripts, menus, furniture by role or class, hidden parts.

    A part that is most of the page stays, whatever its class says, unless it is a dialog. Gives
    how many words were hidden, and how many were furniture.
    """
    total = len(tree.text_content()) or 1
    hidden = furniture = 0
    for element in list(tree.iter("*")):
        if element.getparent() is None or element.tag in ("html", "body", "main", "article"):
            continue
        if element.tag in _UNREAD_TAGS:
            element.drop_tree()
        elif _is_hidden(element):
            hidden += len(element.text_content().split())
            element.drop_tree()
        elif (
            element.tag in _DROPPED_TAGS
            or _is_dialog(element)
            or (_is_furniture(element) and len(element.text_content()) * 2 < total)
        ):
            furniture += len(element.text_content().split())
            element.drop_tree()
    return hidden, furniture


def _is_hidden(element: Any) -> bool:
    # aria-hidden hides from a screen reader what everybody else sees: an icon, or text.
    decoration = element.get("aria-hidden") == "true" and len(element.text_content().split()) < 2
    hides = element.get("hidden") is not None or decoration
    return hides or _HIDDEN.search(element.get("style") or "") is not None


def _is_dialog(element: Any) -> bool:
    """Whether it is a box over the page, such as one that asks for consent."""
    names = f"{element.get('class') or ''} {element.get('id') or ''}"
    over = element.get("role") in _DIALOGS or element.get("aria-modal") == "true"
    return (over or _CONSENT.search(names) is not None) and element.find(".//main") is None


def _is_furniture(element: Any) -> bool:
    if element.get("role") in _DROPPED_ROLES:
        return True
    if element.tag == "form":
        return not any(
            len(part.text_content().split()) > 4 for part in element.iter("p", "li", "td")
        )
    if _runs_in_text(element):
        return False
    if element.tag == "header":
        return all(above.tag not in ("article", "main") for above in element.iterancestors())
    names = f"{element.get('class') or ''} {element.get('id') or ''}"
    if element.tag in ("div", "section", "ul", "ol", "p", "span", "a", "table"):
        return _FURNITURE.search(names) is not None or _is_link_list(element)
    return False


def _runs_in_text(element: Any) -> bool:
    """Whether it is a few words of a sentence: text stands next to it."""
    before = element.getprevious()
    around = (element.getparent().text if before is None else before.tail, element.tail)
    inline = element.tag in ("span", "a", "em", "strong", "b", "i", "small", "label")
    return inline and any(words and words.strip() for words in around)


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
    candidates = [e for e in body.iter("main", "article") if len(e.text_content()) > MIN_MAIN]
    candidates += [e for e in body.xpath(".//*[@role='main']") if len(e.text_content()) > MIN_MAIN]
    longest = max(candidates, key=lambda e: len(e.text_content()), default=body)
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
    names = {"author": "author", "article:published_time": "published", "date": "published"}
    metadata: dict[str, str] = {}
    for meta in tree.iter("meta"):
        key = names.get((meta.get("name") or meta.get("property") or "").lower())
        if key and meta.get("content"):
            metadata.setdefault(key, meta.get("content"))
    return named, metadata
