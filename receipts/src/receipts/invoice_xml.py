"""How an invoice is written as XML, in whatever syntax."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree
from xml.etree.ElementTree import Element


def in_xml(said: str) -> str:
    """Without characters that XML does not allow."""
    return "".join(one for one in said if one in "\t\n" or (one.isprintable() and one not in "\ufffe\uffff"))


def written(root: Element, prefixes: Mapping[str, str]) -> str:
    """The document, with each namespace under its usual prefix."""
    for prefix, namespace in prefixes.items():
        ElementTree.register_namespace(prefix, namespace)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"
