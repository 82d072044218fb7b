"""What the host product's pages load from their own host: scripts, a style sheet, a film."""

from __future__ import annotations

import io
import wave

from flask import Flask, Response, request


def serve_own_files(app: Flask) -> None:
    @app.get("/page.js")
    def own_script() -> Response:
        """Notes whatever goes wrong on the page, as a host's error reporter would."""
        return Response(
            "window.faults = [];"
            "addEventListener('error', (e) => faults.push(String(e.message)));"
            "addEventListener('unhandledrejection', (e) => faults.push(String(e.reason)));"
            "addEventListener('securitypolicyviolation', (e) => faults.push('CSP ' + e.violatedDirective));",
            mimetype="text/javascript",
        )

    @app.get("/page.css")
    def own_style() -> Response:
        css = (
            ":root{color-scheme:light dark;font:16px/1.5 Georgia,serif;text-align:center}"
            "body{margin:2rem;background:Canvas}"
            "main{display:grid;gap:1.5rem;max-width:40rem;margin:auto}button{background:red;border:5px dotted lime}"
        )
        return Response(css, mimetype="text/css")

    @app.get("/film.webm")
    def film() -> Response:
        """Three seconds of silence; browsers tell the kind of a film by its first bytes."""
        sound = io.BytesIO()
        with wave.open(sound, "wb") as silence:
            silence.setparams((1, 2, 8000, 0, "NONE", ""))
            silence.writeframes(bytes(48_000))
        return Response(sound.getvalue(), mimetype="audio/wav")

    @app.get("/film.vtt")
    def captions() -> Response:
        return Response("WEBVTT\n\n00:00.000 --> 00:03.000\nHello\n", mimetype="text/vtt")

    asked: list[str] = []

    @app.get("/player")
    def player() -> str:
        asked.append(request.path)
        return f"<!doctype html><title>Player</title><p>A player, asked {len(asked)} times</p>"

    @app.get("/spa.js")
    def single_page() -> Response:
        """An app that throws its whole page away at each navigation, and draws what is there late."""
        return Response(
            "window.go = (path, html, late = 0) => { history.pushState(null, '', path);"
            "  document.body.innerHTML = '<main><h1>' + path + '</h1></main>';"
            "  setTimeout(() => { document.querySelector('main').innerHTML += html }, late) };",
            mimetype="text/javascript",
        )
