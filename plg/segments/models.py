"""Tables of segments."""

from plg.kit.db import db
from plg.kit.versions import Versioned


class SegmentVersion(Versioned, db.Model):
    """A published segment (definition: `named.Definition`), under its name."""

    __tablename__ = "segment_versions"
