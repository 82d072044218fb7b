"""The command line about the log, on a log that is well."""

from tests.support.story import happened


def test_there_is_nothing_to_renumber(app, plg):
    happened(app, "x")
    answer = plg("events", "renumber")
    assert answer.exit_code == 0
    assert answer.stdout == "Nothing to do: the log carries this database's own numbers.\n"


def test_the_doctor_finds_nothing_wrong_with_the_log(app, plg, worker):
    happened(app, "x")
    worker()
    found = plg("doctor").output
    assert "the oldest unread event is 0 s old" in found
    assert "renumber" not in found
