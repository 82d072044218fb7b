"""Faces: the front door (who is asking), the layout of all pages, the widget's script and its one state request."""
