"""What a Factur-X file says of itself (XMP): that it is PDF/A-3, and which invoice is in it (Factur-X 1.0, 6.2.2)."""

from __future__ import annotations

from datetime import datetime
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

EMBEDDED = "factur-x.xml"
CONFORMANCE = "EN 16931"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_DC = "http://purl.org/dc/elements/1.1/"
_XMP = "http://ns.adobe.com/xap/1.0/"
_PDF = "http://ns.adobe.com/pdf/1.3/"
_PDFA = "http://www.aiim.org/pdfa/ns/id/"
_EXTENSION = "http://www.aiim.org/pdfa/ns/extension/"
_SCHEMA = "http://www.aiim.org/pdfa/ns/schema#"
_PROPERTY = "http://www.aiim.org/pdfa/ns/property#"
_FX = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
_PREFIXES = {
    "rdf": _RDF,
    "dc": _DC,
    "xmp": _XMP,
    "pdf": _PDF,
    "pdfaid": _PDFA,
    "pdfaExtension": _EXTENSION,
    "pdfaSchema": _SCHEMA,
    "pdfaProperty": _PROPERTY,
    "fx": _FX,
    "x": "adobe:ns:meta/",
}
_TOLD = {
    "DocumentType": ("INVOICE", "what kind of document is inside"),
    "DocumentFileName": (EMBEDDED, "the name of the file that is inside"),
    "Version": ("1.0", "the version of Factur-X that it follows"),
    "ConformanceLevel": (CONFORMANCE, "the profile of Factur-X that it follows"),
}


def metadata(title: str, producer: str, made: datetime) -> str:
    """The packet's content; title, producer and time are those of the PDF's own dictionary."""
    root = Element("{adobe:ns:meta/}xmpmeta")
    rdf = SubElement(root, f"{{{_RDF}}}RDF")
    _said(rdf, _PDFA, {"part": "3", "conformance": "B"})
    described = _said(rdf, _PDF, {"Producer": producer})
    for name in ("CreateDate", "ModifyDate"):
        SubElement(described, f"{{{_XMP}}}{name}").text = made.isoformat(timespec="seconds")
    alternatives = SubElement(SubElement(described, f"{{{_DC}}}title"), f"{{{_RDF}}}Alt")
    default = SubElement(alternatives, f"{{{_RDF}}}li", {"{http://www.w3.org/XML/1998/namespace}lang": "x-default"})
    default.text = title
    _said(rdf, _FX, {name: value for name, (value, _) in _TOLD.items()})
    _extension(_said(rdf, _FX, {}))
    for prefix, namespace in _PREFIXES.items():
        ElementTree.register_namespace(prefix, namespace)
    return ElementTree.tostring(root, encoding="unicode")


def _said(rdf: Element, namespace: str, values: dict[str, str]) -> Element:
    description = SubElement(rdf, f"{{{_RDF}}}Description", {f"{{{_RDF}}}about": ""})
    for name, value in values.items():
        SubElement(description, f"{{{namespace}}}{name}").text = value
    return description


def _extension(description: Element) -> None:
    """PDF/A wants every name described that is not its own."""
    resource = {f"{{{_RDF}}}parseType": "Resource"}
    bag = SubElement(SubElement(description, f"{{{_EXTENSION}}}schemas"), f"{{{_RDF}}}Bag")
    schema = SubElement(bag, f"{{{_RDF}}}li", resource)
    for name, value in (("schema", "Factur-X PDFA Extension Schema"), ("namespaceURI", _FX), ("prefix", "fx")):
        SubElement(schema, f"{{{_SCHEMA}}}{name}").text = value
    properties = SubElement(SubElement(schema, f"{{{_SCHEMA}}}property"), f"{{{_RDF}}}Seq")
    for name, (_, meaning) in _TOLD.items():
        one = SubElement(properties, f"{{{_RDF}}}li", resource)
        for field, value in (("name", name), ("valueType", "Text"), ("category", "external"), ("description", meaning)):
            SubElement(one, f"{{{_PROPERTY}}}{field}").text = value
