"""How certificates show whose they are: name, colour and logo, from the settings."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

from plg.settings import Settings

PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Brand:
    """accent: `#rrggbb`. logo: an SVG document; None where there is none, and the name stands in its place."""

    issuer: str
    accent: str
    logo: str | None


def of(settings: Settings) -> Brand:
    """Read anew each time: a changed logo needs no restart."""
    logo = _svg(settings.certificate_logo) if settings.certificate_logo else None
    return Brand(settings.product_name, settings.certificate_color, logo)


def _svg(path: Path) -> str:
    """The picture as SVG: a PNG is put in a frame of its own size (RFC 2083: width and height are the first eight
    bytes of its first chunk)."""
    content = path.read_bytes()
    if not content.startswith(PNG):
        return content.decode()
    width, height = int.from_bytes(content[16:20]), int.from_bytes(content[20:24])
    inside = f'href="data:image/png;base64,{base64.b64encode(content).decode()}"'
    size = f'width="{width}" height="{height}"'
    frame = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {size}>'
    return f"{frame}<image {size} {inside}/></svg>"
