"""Items as a package: a manifest, an item a file, and a test that holds them in their order."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from academy.interchange.html_tree import Element, element, xml
from academy.interchange.qti import rules
from academy.interchange.qti.names import as_v3
from academy.interchange.qti.parts import RESPONSE, Parts, html
from academy.interchange.qti.reading import GENERAL
from academy.interchange.qti.writing import WRITERS
from academy.interchange.report import Notes
from academy.interchange.saying import written_of
from academy.questions import BaseQuestion

EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The time of every file, so that the same questions are the same bytes."""
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"


@dataclass(frozen=True)
class Version:
    """What differs between the versions of QTI beside the names."""

    item: str
    item_xsd: str
    manifest: str
    manifest_xsd: str
    schema: str
    number: str
    kind: str
    template: str
    v3: bool


QTI22: Final = Version(
    item="http://www.imsglobal.org/xsd/imsqti_v2p2",
    item_xsd="http://www.imsglobal.org/xsd/qti/qtiv2p2/imsqti_v2p2p2.xsd",
    manifest="http://www.imsglobal.org/xsd/imscp_v1p1",
    manifest_xsd="http://www.imsglobal.org/xsd/qti/qtiv2p2/qtiv2p2_imscpv1p2_v1p0.xsd",
    schema="QTIv2.2 Package",
    number="1.0.0",
    kind="xmlv2p2",
    template="http://www.imsglobal.org/question/qti_v2p2/rptemplates/{}",
    v3=False,
)
QTI30: Final = Version(
    item="http://www.imsglobal.org/xsd/imsqtiasi_v3p0",
    item_xsd="https://purl.imsglobal.org/spec/qti/v3p0/schema/xsd/imsqti_asiv3p0p1_v1p0.xsd",
    manifest="http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1",
    manifest_xsd="https://purl.imsglobal.org/spec/qti/v3p0/schema/xsd/imsqtiv3p0_imscpv1p2_v1p0.xsd",
    schema="QTI Package",
    number="3.0.0",
    kind="xmlv3p0",
    template="https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/{}.xml",
    v3=True,
)


def packed(questions: Sequence[BaseQuestion], language: str, notes: Notes, version: Version) -> bytes:
    """The package of the questions that QTI has."""
    written = written_of(questions, WRITERS, language, notes)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        _add(archive, "imsmanifest.xml", _document(_manifest(written, language, version)))
        _add(archive, "test.xml", _document(_test(written, language, version)))
        for question, parts in written:
            _add(archive, _href(question), _document(_item(question, parts, language, version)))
            for name, content in parts.files.items():
                _add(archive, f"items/{name}", content)
    return buffer.getvalue()


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name, EPOCH)
    info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
    archive.writestr(info, content)


def _document(root: Element) -> bytes:
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + xml(root).encode()


def _href(question: BaseQuestion) -> str:
    return f"items/{question.key}.xml"


def _name(question: BaseQuestion) -> str:
    """An identifier of XML begins with a letter."""
    return question.key if question.key[0].isalpha() else f"q-{question.key}"


def _space(version: Version) -> dict[str, str]:
    return {
        "xmlns": version.item,
        "xmlns:xsi": XSI,
        "xsi:schemaLocation": f"{version.item} {version.item_xsd}",
    }


def _item(question: BaseQuestion, parts: Parts, language: str, version: Version) -> Element:
    about = {
        "identifier": _name(question),
        "title": question.key,
        "label": question.key,
        "adaptive": "false",
        "timeDependent": "false",
    }
    outcomes = [
        element("outcomeDeclaration", _zero(), identifier="SCORE", cardinality="single", baseType="float")
    ]
    feedback = [
        *(["FEEDBACK"] if parts.feedback_of_choice else []),
        *(["GENERAL"] if question.feedback else []),
    ]
    cardinality = parts.responses[0].get("cardinality") if parts.responses else "single"
    for name in feedback:
        many = cardinality if name == "FEEDBACK" else "single"
        outcomes.append(
            element("outcomeDeclaration", identifier=name, cardinality=many, baseType="identifier")
        )
    modal = []
    if question.feedback:
        shown = {"outcomeIdentifier": "GENERAL", "identifier": GENERAL, "showHide": "show"}
        words = html(question.feedback, language)
        modal = [Element("modalFeedback", shown, [element("contentBody", *words)] if version.v3 else words)]
    body = element("itemBody", *parts.body)
    tree = Element(
        "assessmentItem",
        about,
        [*parts.responses, *outcomes, body, *_processing(parts, feedback, version), *modal],
    )
    if version.v3:
        tree = as_v3(_pictures_as_images(tree))
    tree.attributes = _space(version) | tree.attributes | {"xml:lang": language}
    return tree


def _zero() -> Element:
    return element("defaultValue", element("value", "0"))


def _pictures_as_images(root: Element) -> Element:
    parts = [each if isinstance(each, str) else _pictures_as_images(each) for each in root.parts]
    if root.name != "object":
        return Element(root.name, root.attributes, parts)
    size = {name: root.get(name) for name in ("width", "height")}
    return Element("img", {"src": root.get("data"), "alt": root.text()} | size)


def _processing(parts: Parts, feedback: list[str], version: Version) -> Iterator[Element]:
    """A template alone where it says everything, else rules."""
    if parts.template and not feedback:
        yield element("responseProcessing", template=version.template.format(parts.template))
        return
    told = list(parts.rules)
    if parts.template:
        told.append(rules.matched(RESPONSE) if parts.template == "match_correct" else rules.summed(RESPONSE))
    if "FEEDBACK" in feedback:
        told.append(rules.shown("FEEDBACK", element("variable", identifier=RESPONSE)))
    if "GENERAL" in feedback:
        told.append(rules.shown("GENERAL", element("baseValue", GENERAL, baseType="identifier")))
    if told:
        yield element("responseProcessing", *told)


def _test(written: list[tuple[BaseQuestion, Parts]], language: str, version: Version) -> Element:
    refs = [element("assessmentItemRef", identifier=_name(each), href=_href(each)) for each, _ in written]
    section = element("assessmentSection", *refs, identifier="section", title="Questions", visible="true")
    part = element(
        "testPart", section, identifier="part", navigationMode="nonlinear", submissionMode="simultaneous"
    )
    tree = element("assessmentTest", part, identifier="test", title="Questions")
    tree = as_v3(tree) if version.v3 else tree
    tree.attributes = _space(version) | tree.attributes
    return tree


def _manifest(written: list[tuple[BaseQuestion, Parts]], language: str, version: Version) -> Element:
    about = element("metadata", element("schema", version.schema), element("schemaversion", version.number))
    refs = [element("dependency", identifierref=f"item-{_name(each)}") for each, _ in written]
    test = element(
        "resource", element("file", href="test.xml"), *refs, identifier="test",
        type=f"imsqti_test_{version.kind}", href="test.xml",
    )  # fmt: skip
    items = [_resource(question, parts, language, version) for question, parts in written]
    tree = element("manifest", about, element("organizations"), element("resources", test, *items))
    tree.attributes = {
        "xmlns": version.manifest,
        "xmlns:xsi": XSI,
        "xsi:schemaLocation": f"{version.manifest} {version.manifest_xsd}",
        "identifier": "package",
    }
    return tree


def _resource(question: BaseQuestion, parts: Parts, language: str, version: Version) -> Element:
    files = [
        element("file", href=each) for each in (_href(question), *(f"items/{name}" for name in parts.files))
    ]
    return element(
        "resource", *_metadata(question, language), *files, identifier=f"item-{_name(question)}",
        type=f"imsqti_item_{version.kind}", href=_href(question),
    )  # fmt: skip


def _metadata(question: BaseQuestion, language: str) -> list[Element]:
    """Tags as the keywords of LOM."""
    tags = [*question.tags, *([f"difficulty-{question.difficulty}"] if question.difficulty else [])]
    if not tags:
        return []
    words = [element("keyword", element("string", tag, language="x-none")) for tag in tags]
    general = element("general", *words)
    return [element("metadata", Element("lom", {"xmlns": "http://ltsc.ieee.org/xsd/LOM"}, [general]))]
