"""Imports that take long: they need little memory, and whoever waits is told how far they are."""

from __future__ import annotations

import os
import tracemalloc
import zipfile

import pytest

from academy import course_media, drafts
from academy.packages import importing
from plg.kit.db import db
from tests.academy.package_samples import cartridge
from tests.academy.test_cartridges import imported, pages


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_package_of_a_hundred_megabytes_does_not_fill_memory(app, tmp_path):
    noise, package = os.urandom(1_000_000), tmp_path / "films.imscc"
    with zipfile.ZipFile(package, "w") as packing:
        for name, content in pages(a='<a href="a.mp4">film</a>', b='<a href="b.mp4">film</a>').items():
            packing.writestr(name, content)
        for name in ("a.mp4", "b.mp4"):
            with packing.open(name, "w") as film:
                film.write(b"\0\0\0\x18ftypmp42")
                for number in range(50):
                    film.write(noise[number:] + noise[:number])
    with app.app_context():
        tracemalloc.start()
        try:
            made = importing.make_draft(package, by="tests")
            db.session.commit()
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        files = drafts.check(made.files).course.files
        assert all(course_media.is_kept(about.digest) for about in files.values())
    assert sum(about.size for about in files.values()) > 100_000_000
    assert peak < 20_000_000


def test_whoever_waits_is_told_how_far_it_is():
    heard = []
    imported(cartridge(), heard=lambda *each: heard.append(each))
    for name in ("checking", heard[-1][0]):
        steps = [(done, whole) for what, done, whole in heard if what == name]
        assert steps == sorted(steps) and steps[-1][0] == steps[-1][1] > 0
    assert heard[-1][0] != "checking" and heard[-1][1:] == (2, 2)
