"""Packages of other systems as drafts of courses: Common Cartridge 1.1 to 1.3 and SCORM 1.2.

`importing` is the way in. `archive` and `xml` refuse what could do harm, `manifest` tells what a package is,
`cartridge` and `scorm` make a course of it, `content` the files of a draft, `report` names what became of each
element.
"""
