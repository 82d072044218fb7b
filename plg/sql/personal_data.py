"""The personal data that SQL holds: the copy that queries read."""

from plg.kit.wing import PersonalCopy

COPIES = (
    PersonalCopy(
        "sql.keep_copy",
        ("events", "people"),
        "Files of events and people below `data_dir`, until a day after the last query",
    ),
)
