"""QGIS projects that a GeoPackage holds: read them, and point them to another file name."""

from __future__ import annotations

import binascii
import io
import re
import sqlite3
import zipfile
import zlib
from contextlib import closing
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from foncier.errors import FormatError
from foncier.export.qgis.forms import layer_id
from foncier.export.qgis.project import EPOCH, NAME

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
ONLINE = ("wms",)  # providers of backgrounds that the network serves
BROKEN = (zipfile.BadZipFile, binascii.Error, zlib.error, ValueError, TypeError)


def read_project(base: sqlite3.Connection, file: str) -> bytes:
    """Text of the project ``foncier`` of an open GeoPackage.

    Raises
    ------
    FormatError
        There is none, or it cannot be read; ``file`` is the name for the message.
    """
    query = "SELECT content FROM qgis_projects WHERE name = ?"
    row = base.execute(query, (NAME,)).fetchone()
    try:
        with zipfile.ZipFile(io.BytesIO(bytes.fromhex(_text(row[0])))) as archive:
            return archive.read(next(n for n in archive.namelist() if n.endswith(".qgs")))
    except (*BROKEN, StopIteration) as fault:
        raise FormatError("export.qgis.no_project", file=file) from fault


def rename_sources(path: Path, former: str) -> None:
    """Make the projects of a GeoPackage read the file itself, which was copied from ``former``.

    A project that cannot be read stays as it is.
    """
    old = re.compile(rb"(?<=\./)" + re.escape(former.encode()) + rb"(?=\|)")
    new = path.name.encode()
    with closing(sqlite3.connect(path, isolation_level=None)) as base:
        rows = base.execute("SELECT name, content FROM qgis_projects").fetchall()
        for name, content in rows:
            try:
                made = _edited(bytes.fromhex(_text(content)), lambda text: old.sub(new, text))
            except BROKEN:
                continue
            base.execute("UPDATE qgis_projects SET content = ? WHERE name = ?", (made.hex(), name))


def for_the_field(text: bytes, editable: tuple[str, ...]) -> bytes:
    """Text of a project in which only some layers can be edited, by their names.

    Each layer says what QFieldSync and QFieldCloud do with it: files are copied, the cloud takes
    the layers that can be edited offline, backgrounds of the network are left alone.

    Raises
    ------
    FormatError
        The project does not have these layers.
    """
    root = ET.fromstring(text)  # noqa: S314 (a project that foncier or QGIS wrote)
    ids = {layer_id(name) for name in editable}
    layers = root.findall("./projectlayers/maplayer")
    if not ids <= {layer.findtext("id") for layer in layers}:
        raise FormatError("export.qgis.no_entries")
    for layer in layers:
        if layer.findtext("id") in ids:
            _set_property(layer, "QFieldSync/cloud_action", "offline")
            continue
        layer.set("readOnly", "1")
        online = layer.findtext("provider") in ONLINE
        _set_property(layer, "QFieldSync/action", "no_action" if online else "copy")
        _set_property(layer, "QFieldSync/cloud_action", "no_action")
    whole: bytes = ET.tostring(root, encoding="utf-8")
    return DOCTYPE.encode() + whole


def _set_property(layer: ET.Element, name: str, value: str) -> None:
    """Set a custom property of a layer, as QGIS 3.22 and later write it."""
    holder = layer.find("customproperties")
    if holder is None:
        holder = ET.SubElement(layer, "customproperties")
    listed = holder.find("Option")
    if listed is None:
        listed = ET.SubElement(holder, "Option", type="Map")
    found = next((one for one in listed if one.get("name") == name), None)
    if found is None:
        found = ET.SubElement(listed, "Option", type="QString", name=name)
    found.set("value", value)


def _edited(archive: bytes, edit: Callable[[bytes], bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(buffer, "w") as new:
        for one in old.infolist():
            entry = zipfile.ZipInfo(one.filename, EPOCH)
            entry.create_system = 0
            entry.compress_type = zipfile.ZIP_DEFLATED
            content = old.read(one)
            new.writestr(entry, edit(content) if one.filename.endswith(".qgs") else content)
    return buffer.getvalue()


def _text(content: Any) -> str:
    return content.decode() if isinstance(content, bytes) else str(content)
