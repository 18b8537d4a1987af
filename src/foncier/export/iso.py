"""ISO 19115/19139 metadata: title, date, extent, lineage, licences, parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, register_namespace, tostring

import pyproj
import shapely

from foncier.i18n import localize
from foncier.results.labels import FICTIONAL

if TYPE_CHECKING:
    from foncier.i18n import Lang
    from foncier.model import ResultTables

GMD, GCO = "http://www.isotc211.org/2005/gmd", "http://www.isotc211.org/2005/gco"
CODES = "http://standards.iso.org/iso/19139/resources/gmxCodelists.xml"
LANGUAGES = {"fr": "fre", "en": "eng"}


def metadata(result: ResultTables, *, lang: Lang) -> str:
    """Metadata of a result as an ISO 19139 document.

    Parameters
    ----------
    result
        Title, date, area, sources with licence and date, rules with their threshold.
    lang
        ``fr`` or ``en``.
    """
    register_namespace("gmd", GMD)
    register_namespace("gco", GCO)
    root = Element(_gmd("MD_Metadata"))
    _text(root, "language", LANGUAGES[lang])
    _code(root, "characterSet", "MD_CharacterSetCode", "utf8")
    _code(root, "hierarchyLevel", "MD_ScopeCode", "dataset")
    _day(root, "dateStamp", result)
    _text(root, "metadataStandardName", "ISO 19115:2003/19139")
    system = _nested(
        root,
        "referenceSystemInfo",
        "MD_ReferenceSystem",
        "referenceSystemIdentifier",
        "RS_Identifier",
    )
    epsg = result.candidates.crs.to_epsg()
    _text(system, "code", f"EPSG:{epsg}" if epsg else result.candidates.crs.name)
    _identification(root, result, lang)
    _lineage(root, result, lang)
    indent(root, " ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _identification(root: Element, result: ResultTables, lang: Lang) -> None:
    about = _nested(root, "identificationInfo", "MD_DataIdentification")
    citation = _nested(about, "citation", "CI_Citation")
    fictional = f"{FICTIONAL[lang]} – " if result.demo else ""
    _text(citation, "title", f"{fictional}{result.title}")
    dated = _nested(citation, "date", "CI_Date")
    _day(dated, "date", result)
    _code(dated, "dateType", "CI_DateTypeCode", "publication")
    _text(about, "abstract", f"{fictional}{localize('export.iso.abstract', lang)}")
    licences = sorted({r.licence for r in result.reports if r.licence})
    if licences:
        limits = _nested(about, "resourceConstraints", "MD_LegalConstraints")
        _code(limits, "useConstraints", "MD_RestrictionCode", "license")
        words = localize("export.iso.licences", lang, licences=licences)
        _text(limits, "otherConstraints", words)
    _text(about, "language", LANGUAGES[lang])
    west, south, east, north = _degrees(result)
    box = _nested(about, "extent", "EX_Extent", "geographicElement", "EX_GeographicBoundingBox")
    for name, value in (
        ("westBoundLongitude", west),
        ("eastBoundLongitude", east),
        ("southBoundLatitude", south),
        ("northBoundLatitude", north),
    ):
        SubElement(SubElement(box, _gmd(name)), _gco("Decimal")).text = f"{value:.5f}"


def _lineage(root: Element, result: ResultTables, lang: Lang) -> None:
    lineage = _nested(root, "dataQualityInfo", "DQ_DataQuality", "lineage", "LI_Lineage")
    rules = [
        f"{rule.name} = {rule.threshold:g} {rule.unit}".strip() + f" [{kind}] ({rule.source})"
        for kind, rules in result.profile.rules.items()
        for rule in rules
    ]
    weights = [
        f"{c.name}: {c.worst:g} – {c.best:g} {c.unit}".strip() + f" × {c.weight:g}"
        for c in result.criteria
    ]
    missing = [gap.cost[lang] for gap in result.missing]
    steps = [
        f"foncier, {result.profile.name} ({result.profile.source})",
        *rules,
        *weights,
        *missing,
    ]
    for description in steps:
        step = _nested(lineage, "processStep", "LI_ProcessStep")
        _text(step, "description", description)
    for report in result.reports:
        source = _nested(lineage, "source", "LI_Source")
        day = report.vintage.isoformat() if report.vintage else ""
        known = (report.layer, report.source, report.licence, day, f"SHA-256 {report.sha256}")
        _text(source, "description", " | ".join(filter(None, known)))


def _degrees(result: ResultTables) -> tuple[float, float, float, float]:
    move = pyproj.Transformer.from_crs(result.candidates.crs, "EPSG:4326", always_xy=True)
    return move.transform_bounds(*shapely.bounds(result.area))


def _gmd(name: str) -> str:
    return f"{{{GMD}}}{name}"


def _gco(name: str) -> str:
    return f"{{{GCO}}}{name}"


def _nested(parent: Element, *names: str) -> Element:
    for name in names:
        parent = SubElement(parent, _gmd(name))
    return parent


def _text(parent: Element, name: str, text: str) -> None:
    SubElement(SubElement(parent, _gmd(name)), _gco("CharacterString")).text = text


def _code(parent: Element, name: str, kind: str, value: str) -> None:
    attributes = {"codeList": f"{CODES}#{kind}", "codeListValue": value}
    SubElement(SubElement(parent, _gmd(name)), _gmd(kind), attributes).text = value


def _day(parent: Element, name: str, result: ResultTables) -> None:
    element = SubElement(parent, _gmd(name))
    if result.edition:
        SubElement(element, _gco("Date")).text = result.edition.isoformat()
    else:
        element.set(_gco("nilReason"), "unknown")
