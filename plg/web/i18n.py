"""Languages of the pages and mails: which one a reader gets, and the catalogues, compiled in memory.

English is the source language: msgids are English. One catalogue holds the core's messages
(`plg/web/translations/<locale>/LC_MESSAGES/messages.po`); each wing brings a `translations` folder of its
own. Compiled files are not kept: `init_babel` compiles at start-up. To gather new msgids, from the
repository's root:

    pybabel extract -F plg/web/babel.cfg -k lazy_gettext --no-location --omit-header -o messages.pot plg
    pybabel update --no-fuzzy-matching --no-wrap -i messages.pot -d plg/web/translations

and the same with a wing's folder in place of `plg` and its own `translations`. Then fill in the empty msgstr.
Text that is a plain value (a label of the navigation) is marked with `N_("...")` and translated where it is
shown.
"""

from __future__ import annotations

import copy
import functools
import io
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlencode

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import get_currency_precision
from babel.support import NullTranslations, Translations
from flask import Flask, Response, has_request_context, request
from flask_babel import Babel, Domain, format_currency, get_locale

from plg.kit.texts import current_locale

LOCALES: Mapping[str, str] = {"en": "English", "es": "Español"}
COOKIE = "plg_lang"
CORE_TRANSLATIONS = Path(__file__).parent / "translations"

_YEAR_SECONDS = 365 * 24 * 3600


def N_(message: str) -> str:  # noqa: N802 - the name that gettext's tools look for
    """Mark a msgid that is translated later, where it is shown."""
    return message


@functools.lru_cache(maxsize=64)
def _compile(path: Path, locale: str, _changed_ns: int) -> Translations:
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=locale, abort_invalid=True))
    compiled.seek(0)
    return Translations(compiled)


def compile_catalogues(folders: Iterable[Path]) -> dict[str, NullTranslations]:
    """The messages of these `translations` folders by locale. Of two that translate the same msgid, the first
    wins. Raises babel's `PoFileError` where a catalogue cannot be read."""
    compiled: dict[str, NullTranslations] = {}
    for folder in folders:
        for locale in LOCALES:
            path = folder / locale / "LC_MESSAGES" / "messages.po"
            if not path.is_file():
                continue
            # A copy, because each app hangs fallbacks of its own on it.
            found = copy.copy(_compile(path, locale, path.stat().st_mtime_ns))
            if locale in compiled:
                compiled[locale].add_fallback(found)
            else:
                compiled[locale] = found
    return compiled


class _Catalogues(Domain):
    """Flask-Babel's source of messages, held in memory."""

    def __init__(self, by_locale: Mapping[str, NullTranslations]) -> None:
        super().__init__()
        self._by_locale = by_locale
        self._source = NullTranslations()

    def get_translations(self) -> NullTranslations:
        locale = get_locale()
        return self._by_locale.get(locale.language, self._source) if locale else self._source


def locale_of_reader(default: str, person_locale: Callable[[], str | None]) -> str:
    """`?lang=`, else the cookie that an earlier choice left, else what the person set, else the browser's
    Accept-Language, else the default."""
    if not has_request_context():
        return default
    for asked in (request.args.get("lang"), request.cookies.get(COOKIE)):
        if asked and asked in LOCALES:
            return asked
    if (theirs := _of_person(person_locale)) in LOCALES:
        return theirs
    # Werkzeug's best_match would take "en" for "es-MX, en;q=0.5".
    wanted = (language.split("-")[0].lower() for language in request.accept_languages.values())
    return next((code for code in wanted if code in LOCALES), default)


def _of_person(person_locale: Callable[[], str | None]) -> str:
    try:
        return person_locale() or ""
    except Exception:
        # The page that tells of a refused key or a lost database must not fail for the same reason.
        return ""


def init_babel(
    app: Flask,
    translation_dirs: Iterable[Path] = (CORE_TRANSLATIONS,),
    *,
    default: str = "en",
    person_locale: Callable[[], str | None] = lambda: None,
) -> Babel:
    """Give the app its languages: selection, catalogues, filters (`money`), and for templates `locale`,
    `locales` (code to its own name) and `locale_url(code)`. person_locale: the signed-in person's choice."""
    babel = Babel()
    babel.init_app(
        app, default_locale=default, locale_selector=lambda: locale_of_reader(default, person_locale)
    )
    babel.domain_instance = _Catalogues(compile_catalogues(translation_dirs))
    app.jinja_env.filters["money"] = format_money
    app.context_processor(lambda: {"locale": current_locale(), "locales": LOCALES, "locale_url": locale_url})
    app.after_request(_remember_choice)
    return babel


def locale_url(code: str) -> str:
    """This same page in another language."""
    query = urlencode([*((k, v) for k, v in request.args.items(multi=True) if k != "lang"), ("lang", code)])
    return f"{request.script_root}{request.path}?{query}"


def format_money(minor: int, currency: str) -> str:
    """An amount in minor units as the reader writes money: 1200, "eur" -> "€12.00" or "12,00 €"."""
    code = currency.upper()
    return format_currency(Decimal(minor).scaleb(-get_currency_precision(code)), code)


def _remember_choice(response: Response) -> Response:
    if response.mimetype == "text/html":
        response.content_language.add(current_locale())
        response.vary.update(("Accept-Language", "Cookie"))
    chosen = request.args.get("lang")
    if chosen and chosen in LOCALES and chosen != request.cookies.get(COOKIE):
        response.set_cookie(
            COOKIE, chosen, max_age=_YEAR_SECONDS, httponly=True, samesite="Lax", secure=request.is_secure
        )
    return response
