"""A package in SCORM 1.2, written by us: a page that finds the API as the standard says, and speaks it."""

from __future__ import annotations

from collections.abc import Mapping

from tests.academy.package_samples import zipped

SCO = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Safety</title>
<link rel="stylesheet" href="look.css"></head>
<body><h1>Safety at work</h1><p id="place"></p><p id="said"></p>
<button id="on">Next page</button> <button id="end">Finish with 85 points</button>
<script src="sco.js"></script></body></html>"""

SCRIPT = """
var API = null;  // content declares such variables of its own
function find(win) {
  while (win.API == null && win.parent != null && win.parent != win) win = win.parent;
  return win.API;
}
var api = find(window), page = 1;
function show() { document.getElementById("place").textContent = "Page " + page; }
function say(words) { document.getElementById("said").textContent = words; }
if (!api || api.LMSInitialize("") !== "true") say("no API");
else {
  page = parseInt(api.LMSGetValue("cmi.core.lesson_location") || "1", 10);
  say(api.LMSGetValue("cmi.core.entry") + " " + api.LMSGetValue("cmi.suspend_data"));
  if (api.LMSGetValue("cmi.core.lesson_status") === "not attempted")
    api.LMSSetValue("cmi.core.lesson_status", "incomplete");
  show();
}
document.getElementById("on").onclick = function () {
  page += 1;
  api.LMSSetValue("cmi.core.lesson_location", String(page));
  api.LMSSetValue("cmi.suspend_data", "seen " + page);
  api.LMSSetValue("cmi.core.exit", "suspend");
  api.LMSCommit("");
  show();
};
document.getElementById("end").onclick = function () {
  var n = api.LMSGetValue("cmi.interactions._count");
  api.LMSSetValue("cmi.interactions." + n + ".id", "q1");
  api.LMSSetValue("cmi.interactions." + n + ".type", "choice");
  api.LMSSetValue("cmi.interactions." + n + ".result", "correct");
  api.LMSSetValue("cmi.core.score.raw", "85");
  api.LMSSetValue("cmi.core.lesson_status", "completed");
  api.LMSSetValue("cmi.core.exit", "");
  say(api.LMSFinish(""));
};
"""


def item(title: str, resource: str = "", inside: str = "", rules: str = "") -> str:
    """An item of the tree. rules: such as `<adlcp:masteryscore>`."""
    reference = f' identifierref="{resource}"' if resource else ""
    return f'<item identifier="i-{resource}"{reference}><title>{title}</title>{rules}{inside}</item>'


def resource(key: str, href: str, kind: str = "sco") -> str:
    """A resource with its first file."""
    return (
        f'<resource identifier="{key}" type="webcontent" adlcp:scormtype="{kind}" href="{href}">'
        f'<file href="{href}"/></resource>'
    )


ITEM = item("Safety at work", "sco", rules="<adlcp:masteryscore>80</adlcp:masteryscore>")
RESOURCE = resource("sco", "sco/index.html")


def manifest(items: str = ITEM, resources: str = RESOURCE, version: str = "1.2") -> str:
    """An imsmanifest.xml as SCORM 1.2 has it."""
    return f"""<?xml version="1.0"?>
<manifest identifier="m" version="1.0" xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2"
  xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2">
  <metadata><schema>ADL SCORM</schema><schemaversion>{version}</schemaversion></metadata>
  <organizations default="o"><organization identifier="o"><title>Seguridad</title>
  {items}</organization></organizations>
  <resources>{resources}</resources>
</manifest>"""


def package(**changes: str) -> dict[str, bytes | str]:
    """The files of the package."""
    return {
        "imsmanifest.xml": manifest(**changes),
        "sco/index.html": SCO,
        "sco/sco.js": SCRIPT,
        "sco/look.css": "body { font: 16px sans-serif; padding: 1rem }",
    }


def scorm_package(files: Mapping[str, bytes | str] | None = None) -> bytes:
    """The package as a ZIP file."""
    return zipped(files or package()).getvalue()
