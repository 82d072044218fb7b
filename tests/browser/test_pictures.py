"""README's pictures stay light."""

from tests.browser.conftest import PICTURES


def test_every_picture_is_smaller_than_150_kilobytes() -> None:
    sizes = {picture.name: picture.stat().st_size for picture in PICTURES.glob("*.png")}
    assert sizes and max(sizes.values()) < 150_000, sizes
