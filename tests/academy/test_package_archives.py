"""Packages that could do harm are refused before anything of them is kept, with every reason."""

from __future__ import annotations

import io
import random
import stat
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from academy.packages import archive as archives
from academy.packages import importing
from academy.packages.archive import Archive, PackageFaulty, target
from academy.packages.xml import read_xml
from tests.academy.package_samples import cartridge, zipped


def refusal(packed: io.BytesIO) -> dict[str, str]:
    with pytest.raises(PackageFaulty) as found:
        importing.inspect(packed)
    told: dict[str, str] = {}
    for fault in found.value.errors:
        told[fault.field] = "; ".join(filter(None, [told.get(fault.field), fault.message]))
    return told


def with_entry(name: str, content: bytes = b"x", **attributes: object) -> io.BytesIO:
    """A cartridge with one more entry, which is written as a harmful tool would write it."""
    packed = zipped(cartridge())
    with zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED) as writing:
        info = zipfile.ZipInfo(name)
        info.compress_type = zipfile.ZIP_DEFLATED
        for attribute, value in attributes.items():
            setattr(info, attribute, value)
        writing.writestr(info, content)
    packed.seek(0)
    return packed


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../../etc/passwd", "leads out of the package"),
        ("pages/../../x", "leads out of the package"),
        ("..\\x", "leads out of the package"),
        ("/etc/passwd", "is an absolute path"),
        ("C:/windows/x", "is an absolute path"),
        ("\\\\host\\share", "is an absolute path"),
        ("a\\b", "holds a backslash or a control character"),
        ("a\nb", "holds a backslash or a control character"),
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(name, reason):
    assert reason in refusal(with_entry(name))[name]


def test_links_are_refused():
    link = (stat.S_IFLNK | 0o777) << 16
    assert refusal(with_entry("pages/x", b"/etc/passwd", external_attr=link)) == {
        "pages/x": "is a link or a device, not a file"
    }


def test_every_fault_is_named_at_once():
    packed = with_entry("../one")
    with zipfile.ZipFile(packed, "a") as writing:
        writing.writestr("/two", b"x")
    packed.seek(0)
    assert refusal(packed) == {"../one": "leads out of the package", "/two": "is an absolute path"}


def test_a_bomb_is_refused_by_its_ratio():
    assert refusal(with_entry("zeros.bin", bytes(3_000_000))) == {
        "zeros.bin": "unpacks to more than 200 times its size"
    }


def test_a_bomb_is_refused_by_what_it_unpacks_to(monkeypatch):
    monkeypatch.setattr(archives, "MAX_UNPACKED", 2_000)
    assert "unpacks to more than" in refusal(with_entry("big.txt", b"abcdefgh" * 300))[""]


def test_a_bomb_is_refused_by_its_count(monkeypatch):
    monkeypatch.setattr(archives, "MAX_FILES", 5)
    assert refusal(zipped(cartridge())) == {"": "holds more than 5 files"}


def test_a_file_that_unpacks_to_more_than_it_says_is_refused():
    packed = zipped(cartridge() | {"files/tipos.csv": "a" * 500})
    lying = packed.getvalue().replace(struct.pack("<L", 500), struct.pack("<L", 5))
    assert "cannot be unpacked" in refusal(io.BytesIO(lying))["files/tipos.csv"]


def test_a_file_that_is_there_twice_is_refused():
    with pytest.warns(UserWarning, match="Duplicate"):
        packed = with_entry("link.xml")
    assert refusal(packed) == {"link.xml": "is there twice"}


def test_encrypted_files_are_refused():
    packed = bytearray(zipped({"imsmanifest.xml": "x"}).getvalue())
    for mark, place in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        packed[packed.index(mark) + place] |= 1
    assert refusal(io.BytesIO(bytes(packed))) == {"imsmanifest.xml": "is encrypted"}


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06", b"PK\x03\x04" + b"\0" * 40])
def test_what_is_no_zip_file_is_refused(content):
    assert "ZIP" in refusal(io.BytesIO(content))[""]


@given(st.binary(max_size=60), st.integers(0, 5_000))
def test_a_damaged_package_is_refused_or_read_but_never_breaks(damage, place):
    content = bytearray(zipped(cartridge()).getvalue())
    content[place : place + len(damage)] = damage
    try:
        importing.inspect(io.BytesIO(bytes(content)))
    except PackageFaulty as refusal:
        assert refusal.errors


@pytest.mark.parametrize(
    "declared",
    [
        '<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]><m>&x;</m>',
        '<!DOCTYPE m [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><m>&b;</m>',
        '<!DOCTYPE m SYSTEM "http://127.0.0.1/x.dtd"><m/>',
    ],
)
def test_entities_and_document_types_are_refused(declared):
    with pytest.raises(PackageFaulty, match="declares a document type or entities"):
        read_xml("imsmanifest.xml", declared.encode())


def test_xml_without_end_is_refused():
    with pytest.raises(PackageFaulty, match="nests deeper"):
        read_xml("x.xml", b"<a>" * 5_000 + b"</a>" * 5_000)


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_reference_leaves_the_package(base, href):
    found = target(base.strip("/"), href)
    assert found is None or not found.startswith(("/", "../"))


def test_files_are_read_in_pieces():
    content = random.Random(1).randbytes(600_000)
    with Archive(zipped({"big.bin": content})) as archive:
        pieces = list(archive.pieces("big.bin"))
    assert len(pieces) > 1 and max(map(len, pieces)) == archives.PIECE
    assert b"".join(pieces) == content


def test_a_folder_with_a_link_is_refused(tmp_path):
    (tmp_path / "imsmanifest.xml").write_text("<manifest/>")
    (tmp_path / "secrets.txt").symlink_to("/etc/passwd")
    with pytest.raises(PackageFaulty) as found:
        importing.inspect(tmp_path)
    assert found.value.errors[0].message == "is a link, not a file"
