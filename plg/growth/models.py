"""Tables of growth."""

from plg.kit.db import db
from plg.kit.versions import Versioned


class GrowthVersion(Versioned, db.Model):
    """A published `config.GrowthConfig`, under the one key `growth`."""

    __tablename__ = "growth_versions"
