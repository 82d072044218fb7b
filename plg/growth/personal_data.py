"""The personal data that growth holds: none in tables of its own."""

from plg.kit.wing import PersonalCopy

COPIES = (
    PersonalCopy(
        "growth.columns", ("events", "person_merges"), "When which person did what, as numbers in files"
    ),
)
