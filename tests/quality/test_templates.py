"""Pages hold no inline code or style, so that the strict Content-Security-Policy breaks none of them."""

import re

import pytest

from tests.quality import source

_COMMENTS = re.compile(r"{#.*?#}|<!--.*?-->", re.DOTALL)
_OWN_MARKUP = {"plg/web/templates/icons.html"}  # the drawings are constants of that very file
_INLINE = {
    "inline <script>": re.compile(
        r"<script(?![^>]*\bsrc\s*=)(?![^>]*type=\"application/(?:ld\+)?json\")[^>]*>", re.I
    ),
    "<style>": re.compile(r"<style\b", re.I),
    "style attribute": re.compile(r"<[a-z][^<>]*\sstyle\s*=", re.I | re.DOTALL),
    "event handler": re.compile(r"<[a-z][^<>]*\son[a-z]+\s*=", re.I | re.DOTALL),
    "javascript: link": re.compile(r"[\"']\s*javascript:", re.I),
    "markup marked safe": re.compile(r"\|\s*safe\b"),
}


def test_no_page_holds_inline_code_or_style():
    found = [fault for path in _pages() for fault in _faults(source.name(path), path.read_text("utf-8"))]

    assert _pages(), "no templates were read"
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("markup", "fault"),
    [
        ("<script>go()</script>", "inline <script>"),
        ("<p>\n<a href='/' class='x'\n style='color:red'>", "style attribute"),
        ("<button onclick='go()'>", "event handler"),
        ("<a href='javascript:go()'>", "javascript: link"),
        ("{{ body | safe }}", "markup marked safe"),
    ],
)
def test_inline_code_is_seen(markup, fault):
    assert [fault in line for line in _faults("page.html", markup)] == [True]


def test_a_script_of_its_own_file_and_a_comment_are_no_fault():
    markup = "<script type=module src='/static/x.js' nonce></script>{# <script> #}<p data-on='x' class='a'>"

    assert _faults("page.html", markup) == []


def _pages():
    """Templates of pages; those of mails are inlined for mail programs and never served as pages."""
    templates = source.files(*source.PRODUCT, suffix=".html")
    return [path for path in templates if "templates" in path.parts and "mail" not in path.parts]


def _faults(name, text):
    markup = text.replace("| safe", "") if name in _OWN_MARKUP else text
    markup = _COMMENTS.sub(lambda match: "\n" * match.group().count("\n"), markup)
    return [
        f"{name}:{markup.count(chr(10), 0, found.start()) + 1}: {what}"
        for what, pattern in _INLINE.items()
        for found in pattern.finditer(markup)
    ]
