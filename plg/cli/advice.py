"""What to do about the errors that anybody may meet: wrong settings, no database, no folder."""

from __future__ import annotations

import tomllib

from pydantic import ValidationError
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

NOT_MIGRATED = "The database is not set up for this version yet. Run `plg db upgrade`."


def advice(error: Exception) -> str | None:
    """What is wrong and what to do; None for an error that is a mistake of plg's own."""
    if isinstance(error, DBAPIError):
        return _of_database(error)
    if isinstance(error, ValidationError) and error.title == "Settings":
        faults = [f"PLG_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors()]
        return "The settings have faults.\n  " + "\n  ".join(faults)
    if isinstance(error, tomllib.TOMLDecodeError):
        return f"plg.toml (or the file that PLG_CONFIG names) cannot be read: {error}."
    if isinstance(error, (ArgumentError, NoSuchModuleError)) or _is_driver(error):
        return "PLG_DATABASE_URL must begin with postgresql:// or be empty (SQLite in PLG_DATA_DIR)."
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}."
    return None


def _of_database(error: DBAPIError) -> str | None:
    said = str(error.orig).strip()
    if "no such table" in said or "no such column" in said or _sqlstate(error) in {"42P01", "42703"}:
        return NOT_MIGRATED
    if "unable to open" in said or "connection" in said or _sqlstate(error)[:2] in {"08", "28", "3D"}:
        return f"The database cannot be reached: {said}\nPLG_DATABASE_URL says where it is; `plg doctor` checks it."
    return None


def _sqlstate(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""


def _is_driver(error: Exception) -> bool:
    return isinstance(error, ModuleNotFoundError) and error.name in {
        "MySQLdb",
        "pyodbc",
        "oracledb",
        "psycopg2",
    }
