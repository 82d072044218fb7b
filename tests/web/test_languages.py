"""Which language a reader gets, and how numbers and money are written in it."""

import re
from pathlib import Path

import pytest
from flask import Flask, render_template_string
from flask_babel import force_locale

from plg.web.i18n import CORE_TRANSLATIONS, compile_catalogues, init_babel
from plg.web.pages.addresses import local_path

ROOT = Path(__file__).parents[2]
CATALOGUE = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "Skip to content"
msgstr "otra cosa"

msgid "Only in the wing"
msgstr "Solo en el ala"

msgid "one lesson"
msgid_plural "%(num)d lessons"
msgstr[0] "una lección"
msgstr[1] "%(num)d lecciones"

#, fuzzy
msgid "Half done"
msgstr "A medias"
"""


@pytest.fixture
def wing(tmp_path: Path) -> Path:
    file = tmp_path / "es" / "LC_MESSAGES" / "messages.po"
    file.parent.mkdir(parents=True)
    file.write_text(CATALOGUE)
    return tmp_path


def page(app: Flask, text: str, path: str = "/", person: str | None = None, **options: object) -> str:
    init_babel(app, person_locale=lambda: person)
    app.add_url_rule("/", "page", lambda: render_template_string(text))
    client = app.test_client()
    if cookie := options.pop("cookie", None):
        client.set_cookie("plg_lang", str(cookie))
    return client.get(path, **options).text


@pytest.mark.parametrize(
    ("path", "cookie", "person", "browser", "locale"),
    [
        ("/?lang=es", "en", "en", "en", "es"),
        ("/", "es", "en", "en", "es"),
        ("/", None, "es", "en", "es"),
        ("/", None, None, "es-MX,en;q=0.5", "es"),
        ("/", None, None, "fr", "en"),
        ("/", None, None, "", "en"),
        ("/?lang=xx", "yy", "zz", "es", "es"),
    ],
)
def test_a_choice_beats_the_person_beats_the_browser(path, cookie, person, browser, locale):
    headers = {"Accept-Language": browser}

    assert page(Flask("x"), "{{ locale }}", path, person, headers=headers, cookie=cookie) == locale


def test_money_is_written_as_the_reader_writes_it():
    text = "{{ 120050 | money('eur') }}|{{ 500 | money('jpy') }}"

    assert page(Flask("x"), text) == "€1,200.50|¥500"
    assert page(Flask("x"), text, "/?lang=es").replace("\xa0", " ") == "1.200,50 €|500 JPY"


def test_spanish_speaks_to_the_reader_as_tu():
    formal = re.compile(
        r"\b(usted|Abra|Busque|Cobre|Cópiela|Copie|Elija|Envíe|Envíela|Escriba|Espere|Guarde|Haga|Introduzca"
        r"|Inténtelo|Marque|Mire|Pregunte|Pruébelo|Pulse|Registre|Revise|Revísela|Seleccione|Tómese)\b"
    )
    texts = [*ROOT.glob("*/translations/es/**/*.po"), *ROOT.glob("plg/*/translations/es/**/*.po")]
    texts += ROOT.glob("plg/demo/product_folder/**/*.es.md")
    told = [path.read_text("utf-8") for path in texts]
    told += [_spanish(path) for path in ROOT.glob("plg/demo/product_folder/**/*.yaml")]

    assert len(told) > 7
    assert [found for text in told for found in formal.findall(text)] == []


def _spanish(path):
    """The Spanish texts of a file that has both languages."""
    return "\n".join(re.findall(r"\bes: (.*?)(?:, en:|$)", path.read_text("utf-8"), re.MULTILINE))


def test_the_link_to_another_language_keeps_the_rest_of_the_address():
    assert page(Flask("x"), "{{ locale_url('es') }}", "/?a=1&lang=en&a=2") == "/?a=1&amp;a=2&amp;lang=es"


def test_catalogues_of_wings_are_merged_and_the_core_wins(wing):
    spanish = compile_catalogues([CORE_TRANSLATIONS, wing])["es"]

    assert spanish.gettext("Skip to content") == "Saltar al contenido"
    assert spanish.gettext("Only in the wing") == "Solo en el ala"
    assert spanish.ngettext("one lesson", "%(num)d lessons", 3) == "%(num)d lecciones"
    assert spanish.gettext("nobody translated this") == "nobody translated this"


def test_a_fuzzy_translation_is_not_shown(wing):
    assert compile_catalogues([wing])["es"].gettext("Half done") == "Half done"


def test_a_locale_can_be_forced_outside_of_a_request():
    app = Flask("x")
    init_babel(app)

    with app.app_context(), force_locale("es"):
        assert render_template_string("{{ _('Skip to content') }}") == "Saltar al contenido"


def test_a_path_of_this_site_may_be_gone_on_to():
    assert local_path("/workspace?a=1#b", "/") == "/workspace?a=1#b"
    assert local_path(None, "/home") == "/home"
    assert local_path("/a\x7f", "/home") == "/home"


def test_a_page_is_shown_even_where_nobody_can_tell_who_reads_it():
    app = Flask("x")
    init_babel(app, person_locale=lambda: 1 / 0)
    app.add_url_rule("/", "page", lambda: render_template_string("{{ locale }}"))

    assert app.test_client().get("/", headers={"Accept-Language": "es"}).text == "es"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("path", ["/nowhere", "/signup", "/workspace"])
def test_a_refused_key_is_told_on_a_page_too(app, path):
    headers = {"Accept": "text/html", "Authorization": "Bearer sk_unknown"}

    answer = app.test_client().get(path, headers=headers)

    assert answer.status_code in (302, 401, 404)
