"""Packages as other systems write them, made in the tests: real ZIP files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

PNG = b"\x89PNG\r\n\x1a\n" + b"picture" * 50
CC = "http://www.imsglobal.org/xsd/imsccv1p{minor}/imscp_v1p1"


def zipped(files: Mapping[str, bytes | str]) -> io.BytesIO:
    """A ZIP file of these."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as writing:
        for name, content in files.items():
            writing.writestr(name, content)
    packed.seek(0)
    return packed


def manifest(
    items: str, resources: str, *, minor: int = 1, title: str = "Facturar bien", about: str = ""
) -> str:
    """The manifest of a Common Cartridge 1.<minor>."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<manifest identifier="m" xmlns="{CC.format(minor=minor)}"
  xmlns:lom="http://ltsc.ieee.org/xsd/imsccv1p{minor}/LOM/manifest">
  <metadata><schema>IMS Common Cartridge</schema><schemaversion>1.{minor}.0</schemaversion>
    <lom:lom><lom:general><lom:title><lom:string>{escape(title)}</lom:string></lom:title>
    <lom:description><lom:string>{escape(about)}</lom:string></lom:description></lom:general></lom:lom></metadata>
  <organizations><organization identifier="o" structure="rooted-hierarchy"><item identifier="root">
    {items}
  </item></organization></organizations>
  <resources>{resources}</resources>
</manifest>"""


def item(title: str, resource: str = "", inside: str = "") -> str:
    """An item of the tree."""
    reference = f" identifierref={quoteattr(resource)}" if resource else ""
    return f'<item identifier="i-{escape(resource)}"{reference}><title>{escape(title)}</title>{inside}</item>'


def resource(key: str, href: str, kind: str = "webcontent", *more: str) -> str:
    """A resource with its files."""
    files = "".join(f"<file href={quoteattr(each)}/>" for each in (href, *more))
    return f'<resource identifier="{key}" type="{kind}" href={quoteattr(href)}>{files}</resource>'


def qti(items: str, facts: str = "") -> str:
    """An assessment of a cartridge."""
    return f"""<questestinterop xmlns="http://www.imsglobal.org/xsd/ims_qtiasiv1p2">
  <assessment ident="a" title="Final test"><qtimetadata>{facts}</qtimetadata>
  <section ident="s">{items}</section></assessment></questestinterop>"""


def fact(label: str, entry: str) -> str:
    """A field of its metadata."""
    return f"<qtimetadatafield><fieldlabel>{label}</fieldlabel><fieldentry>{entry}</fieldentry></qtimetadatafield>"


def question(profile: str, text: str, answer: str, scored: str, *, more: str = "", title: str = "") -> str:
    """An item: scored is the condition of the whole score."""
    return f"""<item ident="{profile}-{abs(hash(text)) % 1000}" title={quoteattr(title)}>
  <itemmetadata><qtimetadata>{fact("cc_profile", f"cc.{profile}.v0p1")}</qtimetadata></itemmetadata>
  <presentation><material><mattext texttype="text/html">{escape(text)}</mattext></material>{answer}</presentation>
  <resprocessing><outcomes><decvar maxvalue="100" minvalue="0" varname="SCORE"/></outcomes>
  <respcondition continue="No"><conditionvar>{scored}</conditionvar><setvar action="Set">100</setvar></respcondition>
  </resprocessing>{more}</item>"""


def options(cardinality: str = "Single", **labels: str) -> str:
    """What is chosen from."""
    listed = "".join(
        f'<response_label ident="{ident}"><material><mattext>{escape(words)}</mattext></material></response_label>'
        for ident, words in labels.items()
    )
    box = f"<render_choice>{listed}</render_choice>"
    return f'<response_lid ident="r" rcardinality="{cardinality}">{box}</response_lid>'


FIELD = '<response_str ident="r" rcardinality="Single"><render_fib/></response_str>'


def equal(*idents: str) -> str:
    """That the answer is one of these."""
    return "".join(f'<varequal respident="r">{escape(ident)}</varequal>' for ident in idents)


QUESTIONS = {
    "choice": question("multiple_choice", "<p>Which <b>tax</b>?</p>", options(a="VAT", b="Tip"), equal("a"),
                       title="Tax"),
    "several": question(
        "multiple_response", "Which are numbers?", options("Multiple", a="1", b="2", c="x"),
        f"<and>{equal('a', 'b')}<not>{equal('c')}</not></and>",
    ),
    "truth": question("true_false", "VAT is a tax.", options(t="True", f="False"), equal("t")),
    "blank": question("fib", "The tax is called …", FIELD, f"<or>{equal('VAT', 'IVA*')}</or>"),
    "pattern": question("pattern_match", "Name it", FIELD, '<varsubstring respident="r">added</varsubstring>'),
    "essay": question("essay", "Tell", FIELD, "<other/>"),
}  # fmt: skip


def cartridge(minor: int = 1) -> dict[str, bytes | str]:
    """A cartridge with one of everything."""
    tests = f"imsqti_xmlv1p2/imscc_xmlv1p{minor}/assessment"
    items = [
        item("Empezar", inside=item("Primera factura", "page") + item("Tabla de tipos", "table")),
        item(
            "Seguir",
            inside=item("Agencia Tributaria", "link") + item("Debate", "talk") + item("Final", "test"),
        ),
    ]
    resources = [
        resource("page", "pages/first.html", "webcontent", "pages/img/shop.png"),
        resource("table", "files/tipos.csv"),
        resource("link", "link.xml", f"imswl_xmlv1p{minor}"),
        resource("talk", "talk.xml", f"imsdt_xmlv1p{minor}"),
        resource("test", "test.xml", tests),
    ]
    page = """<html><head><title>x</title><script>steal()</script></head><body onload="steal()"><h1>Hola</h1>
      <p>La <b>factura</b> y el <a href="../files/tipos.csv">tipo</a>: <img src="img/shop.png" alt="Tienda"></p>
      <ul><li>uno</li><li>dos <a href="javascript:steal()">mal</a></li></ul></body></html>"""
    facts = fact("cc_maxattempts", "3") + fact("qmd_timelimit", "20")
    return {
        "imsmanifest.xml": manifest("".join(items), "".join(resources), minor=minor, about="Un curso breve"),
        "pages/first.html": page,
        "pages/img/shop.png": PNG,
        "files/tipos.csv": "tipo,iva\n",
        "link.xml": '<webLink xmlns="x"><title>AEAT</title><url href="https://aeat.example/"/></webLink>',
        "talk.xml": "<topic><title>?</title></topic>",
        "test.xml": qti("".join(QUESTIONS.values()), facts),
        "left/over.js": "alert(1)",
    }
