"""Badges as pictures: drawn for each course, and with the credential inside, where other programs find it."""

import contextlib
import io
import json
import zlib

import png
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openbadgeslib import baking as judge

from academy.badges import baking
from academy.badges.baking import NothingBakedError
from tests.academy.test_badge_credentials import ONCE, credential, earn

BY_JUDGE = {
    "png": lambda file: judge.extract_png(file, keyword=judge.ITXT_KEYWORD_OB3),
    "svg": lambda file: judge.extract_svg(file, element=judge.SVG_ELEMENT_OB3, text_fallback=True),
}
SVG = '<svg xmlns="http://www.w3.org/2000/svg"><path/></svg>'


def small_png():
    drawn = io.BytesIO()
    png.from_array([[0, 255], [255, 0]], "L").write(drawn)
    return drawn.getvalue()


@ONCE
@pytest.mark.parametrize("kind", ["png", "svg"])
def test_another_library_finds_the_credential_in_the_picture(client, school, kind):
    told = credential(client, earned := earn(school))
    answer = client.get(f"/certificates/{earned.code}/badge.{kind}")

    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{earned.code}.{kind}"'
    assert json.loads(BY_JUDGE[kind](answer.data)) == told
    assert json.loads(baking.out_of(answer.data)) == told


@ONCE
def test_the_picture_that_a_credential_names_is_there(client, school):
    told = credential(client, earn(school))
    address = told["credentialSubject"]["achievement"]["image"]["id"]

    answer = client.get(address.removeprefix("http://127.0.0.1:8000"))

    width, height, _rows, _info = png.Reader(bytes=answer.data).read()
    assert (width, height) == (512, 512)
    assert answer.mimetype == "image/png"


@ONCE
def test_a_badge_has_the_companys_colour_and_the_courses_title(make_app, school):
    first = make_app(certificate_color="#123456", product_name="Facturo").test_client()
    second = make_app(certificate_color="#fedcba", product_name="Facturo").test_client()
    earned = earn(school)

    dark, light = (each.get(f"/certificates/{earned.code}/badge.svg").text for each in (first, second))

    assert "#123456" in dark and "#fedcba" in light
    assert "#ffffff" in dark and "#17211e" in light


@given(st.text(max_size=200))
def test_any_text_comes_back_from_both_kinds_of_picture(text):
    text = text.encode("utf-8", "replace").decode()
    told = {"name": text}

    assert json.loads(baking.out_of(baking.into_png(small_png(), told))) == told
    spoken = "".join(letter for letter in text if letter.isprintable())
    assert json.loads(baking.out_of(baking.into_svg(SVG.encode(), {"name": spoken}))) == {"name": spoken}


@given(st.binary(max_size=300))
def test_whatever_is_sent_is_read_or_refused(content):
    for file in (content, b"\x89PNG\r\n\x1a\n" + content, b"<svg>" + content):
        with contextlib.suppress(NothingBakedError):
            assert isinstance(baking.out_of(file), str)


def test_a_picture_that_holds_two_credentials_holds_none():
    twice = baking.into_png(baking.into_png(small_png(), {"name": "one"}), {"name": "two"})
    credentials = "".join(f'<o:credential xmlns:o="{baking.NAMESPACE}">{n}</o:credential>' for n in "ab")

    for file in (twice, SVG.replace("<path/>", credentials).encode(), small_png(), SVG.encode()):
        with pytest.raises(NothingBakedError):
            baking.out_of(file)


def test_a_compressed_credential_is_read_and_a_bomb_is_not_unpacked():
    def packed(text):
        content = baking.KEYWORD + b"\0\1\0es\0cr\0" + zlib.compress(text)
        return small_png()[:33] + baking._chunk(b"iTXt", content) + small_png()[33:]

    assert baking.out_of(packed(b"{}")) == "{}"
    assert len(baking.out_of(packed(b"x" * 50_000_000))) <= baking.LARGEST + 1


@pytest.mark.parametrize(
    "entity",
    [
        '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE svg [<!ENTITY x "boom"><!ENTITY y "&x;&x;&x;">]>',
        '<!DOCTYPE svg SYSTEM "http://127.0.0.1:9/x.dtd">',
    ],
)
def test_an_svg_names_nothing_outside_of_itself(entity):
    inside = f'<o:credential xmlns:o="{baking.NAMESPACE}">&x;</o:credential>'
    with pytest.raises(NothingBakedError):
        baking.out_of((entity + SVG.replace("<path/>", inside)).encode())


@ONCE
def test_the_api_gives_the_credential_to_those_with_a_key(client, school, secret_key):
    told = credential(client, earned := earn(school))
    path = f"/v1/academy/certificates/{earned.code}/credential"

    assert client.get(path).status_code == 401
    answer = client.get(path, headers={"Authorization": f"Bearer {secret_key}"})
    assert answer.get_json() == told
    assert answer.mimetype == "application/vc+ld+json"
