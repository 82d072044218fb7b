"""Everything that people read exists in English and in Spanish."""

import re
from functools import cache

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from flask_babel import gettext

from plg.app import create_app
from plg.settings import Settings
from tests.quality import source

_METHODS = [("**/templates/**.html", "jinja2"), ("**/templates/**.txt", "jinja2"), ("**.py", "python")]
_KEYWORDS = {
    "_": None,
    "N_": None,
    "_l": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|{\w*}")


def test_every_message_of_the_source_is_translated_to_spanish():
    spanish = {_key(message.id) for message in _spanish_messages() if _is_translated(message)}
    missing = {text: place for text, place in _source_messages().items() if text not in spanish}

    assert not missing, "\n" + "\n".join(f"{place}: {text!r}" for text, place in missing.items())


@pytest.mark.parametrize("room", source.PRODUCT)
def test_no_message_is_translated_twice(room):
    """Of two, nobody could tell which one is shown."""
    texts = [path.read_text() for path in source.files(room, suffix=".po") if "es" in path.parts]
    ids = re.findall(r'^(?:msgctxt .*\n)?msgid (?:".*"\n)+', "".join(texts), re.MULTILINE)
    twice = sorted({each for each in ids if each != 'msgid ""\n' and ids.count(each) > 1})

    assert not twice, "".join(twice)


def test_no_translation_is_marked_fuzzy():
    fuzzy = [message.id for message in _spanish_messages() if message.fuzzy]

    assert not fuzzy


def test_translations_keep_the_placeholders():
    broken = [
        (original, translated)
        for message in _spanish_messages()
        for original, translated in zip(_forms(message.id), _forms(message.string), strict=False)
        if translated and set(_PLACEHOLDER.findall(original)) != set(_PLACEHOLDER.findall(translated))
    ]

    assert not broken


def test_the_running_app_says_what_the_catalogues_say(tmp_path):
    translations = {}
    for message in _spanish_messages():
        if isinstance(message.id, str) and not message.context:
            translations.setdefault(message.id, set()).add(message.string)
    app = create_app(Settings(environment="test", data_dir=tmp_path))

    with app.test_request_context("/?lang=es"):
        silent = [text for text, spanish in translations.items() if gettext(text) not in spanish]

    assert len(translations) > 100
    assert not silent


@cache
def _source_messages():
    """The messages that the source asks for, each with the first place that does."""
    found = {}
    for package in source.PRODUCT:
        folder = source.REPOSITORY / package
        for name, line, message, _comments, _context in extract_from_dir(
            folder, method_map=_METHODS, keywords=_KEYWORDS, options_map={"**.html": {"silent": "false"}}
        ):
            found.setdefault(_key(message), f"{package}/{name}:{line}")
    return found


@cache
def _spanish_messages():
    catalogues = [path for path in source.files(*source.PRODUCT, suffix=".po") if "es" in path.parts]
    return [message for path in catalogues for message in _read(path) if message.id]


def _read(path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale="es")


def _is_translated(message) -> bool:
    return all(_forms(message.string)) and not message.fuzzy


def _forms(text) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def _key(message) -> str:
    return _forms(message)[0]
