"""The personal data that exports hold: what has left, in files."""

from plg.kit.wing import PersonalCopy

COPIES = (
    PersonalCopy(
        "exports.run_due",
        ("events", "people"),
        "Files of events and people in a folder or an object store; those of an export that was deleted stay there",
    ),
)
