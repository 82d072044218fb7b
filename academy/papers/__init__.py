"""Certificates on paper: PDF files with the same facts as the page, in each language, and the sums by which one that
was handed out can be told from one that somebody changed. Owns `certificate_papers`; records and hears nothing."""

from academy.papers.emblem import emblem
from academy.papers.handing_out import Paper, certificate_of, hand_out, keep, known, made, picture, sums
from academy.papers.typesetting import PaperNotPrintable

__all__ = [
    "Paper",
    "PaperNotPrintable",
    "certificate_of",
    "emblem",
    "hand_out",
    "keep",
    "known",
    "made",
    "picture",
    "sums",
]
