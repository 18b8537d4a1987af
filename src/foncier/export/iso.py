"""ISO 19115/19139 metadata of a result, with the elements that INSPIRE requires."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, register_namespace, tostring

import pyproj
import shapely

from foncier.i18n import localize
from foncier.results.labels import FICTIONAL

if TYPE_CHECKING:
    from pathlib import Path

    from foncier.i18n import Lang
    from foncier.model import ResultTables

GMD, GCO = "http://www.isotc211.org/2005/gmd", "http://www.isotc211.org/2005/gco"
CODES = "http://standards.iso.org/iso/19139/resources/gmxCodelists.xml"
LANGUAGES = {"fr": "fre", "en": "eng"}
# Namespace of the identifiers of results: the same study has the same identifier in each edition.
IDENTIFIERS = uuid.uuid5(uuid.NAMESPACE_URL, "foncier")
THEMES = {"fr": "Usage des sols", "en": "Land use"}  # INSPIRE, annex III, theme 4
# Name and date of publication of the documents that the record cites.
THESAURUS = ("GEMET - INSPIRE themes, version 1.0", "2008-06-01")
REGULATION = {
    "fr": "Règlement (UE) n° 1089/2010 de la Commission du 23 novembre 2010",
    "en": "Commission Regulation (EU) No 1089/2010 of 23 November 2010",
}
REGULATION_DATE = "2010-12-08"


def metadata(result: ResultTables, *, lang: Lang) -> str:
    """Metadata of a result as an ISO 19139 document, valid against ``gmd.xsd``.

    What is not known (publisher, date) is written as unknown (``gco:nilReason``). The conformity
    with the regulation of INSPIRE is written as not evaluated.

    Parameters
    ----------
    result
        Title, date, publisher, area, sources with licence and date, rules with their threshold.
    lang
        ``fr`` or ``en``.
    """
    register_namespace("gmd", GMD)
    register_namespace("gco", GCO)
    root = Element(_gmd("MD_Metadata"))
    _text(root, "fileIdentifier", identifier(result))
    _text(root, "language", LANGUAGES[lang])
    _code(root, "characterSet", "MD_CharacterSetCode", "utf8")
    _code(root, "hierarchyLevel", "MD_ScopeCode", "dataset")
    _party(root, "contact", result)
    _day(root, "dateStamp", result)
    _text(root, "metadataStandardName", "ISO 19115:2003/19139")
    _text(root, "metadataStandardVersion", "1.0")
    _reference_system(root, result)
    _identification(root, result, lang)
    _distribution(root, result)
    _quality(root, result, lang)
    indent(root, " ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def write_metadata(result: ResultTables, path: Path, *, lang: Lang) -> None:
    """Write the metadata of a result to a file, for a catalogue such as GeoNetwork."""
    path.write_text(metadata(result, lang=lang), encoding="utf-8")


def identifier(result: ResultTables) -> str:
    """Identifier of the data of a study: the same in each edition and language."""
    return str(uuid.uuid5(IDENTIFIERS, "|".join((result.title, *sorted(result.communes)))))


def degrees(result: ResultTables) -> tuple[float, float, float, float]:
    """West, south, east, north of the study area in degrees (WGS 84)."""
    move = pyproj.Transformer.from_crs(result.candidates.crs, "EPSG:4326", always_xy=True)
    return move.transform_bounds(*shapely.bounds(result.area))


def _reference_system(root: Element, result: ResultTables) -> None:
    crs = result.candidates.crs
    epsg = crs.to_epsg()
    system = _nested(
        root,
        "referenceSystemInfo",
        "MD_ReferenceSystem",
        "referenceSystemIdentifier",
        "RS_Identifier",
    )
    _text(system, "code", f"EPSG:{epsg}" if epsg else crs.name)


def _identification(root: Element, result: ResultTables, lang: Lang) -> None:
    about = _nested(root, "identificationInfo", "MD_DataIdentification")
    fictional = f"{FICTIONAL[lang]} – " if result.demo else ""
    cited = _nested(about, "citation", "CI_Citation")
    _text(cited, "title", f"{fictional}{result.title}")
    dated = _nested(cited, "date", "CI_Date")
    _day(dated, "date", result)
    _code(dated, "dateType", "CI_DateTypeCode", "publication")
    _text(_nested(cited, "identifier", "MD_Identifier"), "code", identifier(result))
    _text(about, "abstract", f"{fictional}{localize('export.iso.abstract', lang)}")
    _party(about, "pointOfContact", result)
    _keywords(about, result, lang)
    _constraints(about, result, lang)
    kind = "MD_SpatialRepresentationTypeCode"
    _code(about, "spatialRepresentationType", kind, "vector")
    _text(about, "language", LANGUAGES[lang])
    _code(about, "characterSet", "MD_CharacterSetCode", "utf8")
    topic = SubElement(_nested(about, "topicCategory"), _gmd("MD_TopicCategoryCode"))
    topic.text = "planningCadastre"
    _extent(about, result)


def _keywords(about: Element, result: ResultTables, lang: Lang) -> None:
    """Theme of INSPIRE, with its thesaurus, then the communes."""
    themes = _nested(about, "descriptiveKeywords", "MD_Keywords")
    _text(themes, "keyword", THEMES[lang])
    _code(themes, "type", "MD_KeywordTypeCode", "theme")
    _citation(_nested(themes, "thesaurusName"), *THESAURUS)
    places = _nested(about, "descriptiveKeywords", "MD_Keywords")
    for commune in result.communes:
        _text(places, "keyword", commune)
    _code(places, "type", "MD_KeywordTypeCode", "place")


def _constraints(about: Element, result: ResultTables, lang: Lang) -> None:
    """Conditions of use: the licences of the sources; no limit to public access."""
    licences = sorted({r.licence for r in result.reports if r.licence})
    use = localize("export.iso.licences", lang, licences=licences)
    unknown = localize("export.iso.no_licence", lang)
    limits = _nested(about, "resourceConstraints", "MD_LegalConstraints")
    _code(limits, "useConstraints", "MD_RestrictionCode", "otherRestrictions")
    _text(limits, "otherConstraints", use if licences else unknown)
    access = _nested(about, "resourceConstraints", "MD_LegalConstraints")
    _code(access, "accessConstraints", "MD_RestrictionCode", "otherRestrictions")
    _text(access, "otherConstraints", localize("export.iso.access", lang))


def _extent(about: Element, result: ResultTables) -> None:
    box = _nested(about, "extent", "EX_Extent", "geographicElement", "EX_GeographicBoundingBox")
    west, south, east, north = degrees(result)
    for name, value in (
        ("westBoundLongitude", west),
        ("eastBoundLongitude", east),
        ("southBoundLatitude", south),
        ("northBoundLatitude", north),
    ):
        SubElement(SubElement(box, _gmd(name)), _gco("Decimal")).text = f"{value:.5f}"


def _distribution(root: Element, result: ResultTables) -> None:
    given = _nested(root, "distributionInfo", "MD_Distribution")
    form = _nested(given, "distributionFormat", "MD_Format")
    _text(form, "name", "GeoPackage")
    _text(form, "version", "1.2")
    if result.contact.url:
        online = _nested(given, "transferOptions", "MD_DigitalTransferOptions", "onLine")
        _link(_nested(online, "CI_OnlineResource"), result.contact.url)


def _quality(root: Element, result: ResultTables, lang: Lang) -> None:
    """Scope, conformity with INSPIRE (not evaluated), then lineage: rules, weights, sources."""
    quality = _nested(root, "dataQualityInfo", "DQ_DataQuality")
    _code(_nested(quality, "scope", "DQ_Scope"), "level", "MD_ScopeCode", "dataset")
    report = _nested(quality, "report", "DQ_DomainConsistency", "result", "DQ_ConformanceResult")
    _citation(_nested(report, "specification"), REGULATION[lang], REGULATION_DATE)
    _text(report, "explanation", localize("export.iso.not_evaluated", lang))
    SubElement(report, _gmd("pass"), {_gco("nilReason"): "unknown"})
    lineage = _nested(quality, "lineage", "LI_Lineage")
    _text(lineage, "statement", localize("export.iso.abstract", lang))
    for description in _steps(result, lang):
        step = _nested(lineage, "processStep", "LI_ProcessStep")
        _text(step, "description", description)
    for source in result.reports:
        day = source.vintage.isoformat() if source.vintage else ""
        known = (source.layer, source.source, source.licence, day, f"SHA-256 {source.sha256}")
        described = _nested(lineage, "source", "LI_Source")
        _text(described, "description", " | ".join(filter(None, known)))


def _steps(result: ResultTables, lang: Lang) -> list[str]:
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
    return [f"foncier, {result.profile.name} ({result.profile.source})", *rules, *weights, *missing]


def _party(parent: Element, name: str, result: ResultTables) -> None:
    """Publisher; an unknown one is said to be unknown."""
    contact = result.contact
    party = _nested(parent, name, "CI_ResponsibleParty")
    if contact.organisation:
        _text(party, "organisationName", contact.organisation)
    else:
        SubElement(party, _gmd("organisationName"), {_gco("nilReason"): "unknown"})
    if contact.email or contact.url:
        info = _nested(party, "contactInfo", "CI_Contact")
        if contact.email:
            address = _nested(info, "address", "CI_Address")
            _text(address, "electronicMailAddress", contact.email)
        if contact.url:
            _link(_nested(info, "onlineResource", "CI_OnlineResource"), contact.url)
    _code(party, "role", "CI_RoleCode", "pointOfContact")


def _citation(parent: Element, title: str, published: str) -> None:
    cited = _nested(parent, "CI_Citation")
    _text(cited, "title", title)
    dated = _nested(cited, "date", "CI_Date")
    SubElement(_nested(dated, "date"), _gco("Date")).text = published
    _code(dated, "dateType", "CI_DateTypeCode", "publication")


def _link(parent: Element, address: str) -> None:
    SubElement(_nested(parent, "linkage"), _gmd("URL")).text = address


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
