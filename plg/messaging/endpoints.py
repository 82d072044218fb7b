"""Messaging has no pages of its own; its blueprint lends the app the templates of mails."""

from flask import Blueprint

bp = Blueprint("messaging", __name__, template_folder="templates")
