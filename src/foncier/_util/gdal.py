"""GDAL confined while a file is read: the listed drivers and no other, no connection."""

from __future__ import annotations

import ctypes
import shutil
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyogrio
from pyogrio import _ogr

from foncier._util.scratch import scratch_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rasterio.io import DatasetReader

# Drivers of the formats that foncier reads. None of them opens another data set, runs a pipeline or
# a query of its file, or fetches a schema, once `foncier.readers.other_formats` has prepared a GML
# or a MapInfo table; KML is read by one or the other.
DRIVERS = frozenset(
    {"EDIGEO", "ESRI Shapefile", "FlatGeobuf", "GML", "GPKG", "GeoJSON", "KML", "LIBKML"}
    | {"MapInfo File", "MEM", "Memory"}
)
# A proxy that libcurl refuses before it opens a connection, and no file of an address is opened.
NO_NETWORK: Mapping[str, str] = {
    "GDAL_HTTP_PROXY": "none://none",
    "GDAL_HTTPS_PROXY": "none://none",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": "{noext}",
    "CPL_VSIL_CURL_ALLOWED_FILENAME": "none",
}
# For rasters, whose driver is forced: no file beside the raster is opened (overviews, masks and
# statistics may be of any format, and name other files).
RASTER: Mapping[str, str] = {
    **NO_NETWORK,
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_PAM_ENABLED": "NO",
}

WORLD_FILES = (".tfw", ".TFW", ".tifw", ".wld")


class OutsideReferenceError(OSError):
    """A file refers to an ``address`` or to another file; neither was opened."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


class _Confinement:
    """State of GDAL in this process: how many readings are going on, and what it was before."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.readings = 0
        self.former: dict[str, Any] = {}
        self.asked = threading.local()
        self._hook: Any = None

    def enter(self) -> None:
        with self.lock:
            if not self.readings:
                self._hook = self._hook or _install(self._refuse)
                unlisted = sorted(set(pyogrio.list_drivers()) - DRIVERS)
                options = {**NO_NETWORK, "GDAL_SKIP": ",".join(unlisted)}
                self.former = {name: pyogrio.get_gdal_config_option(name) for name in options}
                pyogrio.set_gdal_config_options(options)
                _ogr._register_drivers()  # drops the drivers of GDAL_SKIP
            self.readings += 1

    def leave(self) -> None:
        with self.lock:
            self.readings -= 1
            if not self.readings:
                pyogrio.set_gdal_config_options(self.former)
                _ogr._register_drivers()  # registers them again

    def addresses(self) -> list[str]:
        """Addresses that GDAL asked for in this thread."""
        if not hasattr(self.asked, "addresses"):
            self.asked.addresses = []
        found: list[str] = self.asked.addresses
        return found

    def _refuse(self, address: bytes) -> bool:
        if self.readings:
            self.addresses().append(address.decode("utf-8", "replace"))
        return bool(self.readings)


_confinement = _Confinement()


@contextmanager
def confined() -> Iterator[None]:
    """Read files with the drivers of `DRIVERS` only and without network; then GDAL is as before.

    Readings may be nested and run in several threads. Other uses of GDAL in the process are
    confined too while one of them lasts.

    Raises
    ------
    OutsideReferenceError
        GDAL asked for a connection, which was refused.

    Examples
    --------
    >>> with confined():
    ...     "OGR_VRT" in pyogrio.list_drivers()
    False
    >>> "OGR_VRT" in pyogrio.list_drivers()
    True
    """
    _confinement.enter()
    asked = _confinement.addresses()
    before = len(asked)
    try:
        yield
    finally:
        _confinement.leave()
        found = asked[before:]
        del asked[before:]
        if found:
            raise OutsideReferenceError(found[0])


@contextmanager
def open_geotiff(path: Path) -> Iterator[DatasetReader]:
    """Open a GeoTIFF alone: of the files beside it only a world file is read.

    Raises
    ------
    OutsideReferenceError
        The file says that its overviews are in another one.
    """
    import rasterio  # noqa: PLC0415 (slow to import)

    world = next((w for w in map(path.with_suffix, WORLD_FILES) if w.is_file()), None)
    with ExitStack() as stack:
        options = dict(RASTER)
        if world is not None:
            folder = stack.enter_context(scratch_folder())
            path, _ = (place(file, folder / file.name) for file in (path, world))
            del options["GDAL_DISABLE_READDIR_ON_OPEN"]
        stack.enter_context(rasterio.Env(**options))
        raster = stack.enter_context(rasterio.open(path, driver="GTiff"))
        other = raster.tags(ns="OVERVIEWS").get("OVERVIEW_FILE")
        if other is not None:
            raise OutsideReferenceError(other)
        yield raster


def place(file: Path, there: Path) -> Path:
    """Place a file somewhere else, where other files are not beside it: a link, else a copy."""
    try:
        there.symlink_to(file.resolve())
    except (OSError, NotImplementedError):  # Windows asks for a right
        shutil.copyfile(file, there)
    return there


class _Answer(ctypes.Structure):
    """Answer of an HTTP request, CPLHTTPResult of GDAL."""

    _fields_ = (
        ("status", ctypes.c_int),
        ("content_type", ctypes.c_void_p),
        ("error", ctypes.c_void_p),
        ("length", ctypes.c_int),
        ("allocated", ctypes.c_int),
        ("data", ctypes.c_void_p),
        ("headers", ctypes.c_void_p),
        ("parts", ctypes.c_int),
        ("part", ctypes.c_void_p),
    )


_Hook = ctypes.CFUNCTYPE(
    ctypes.c_void_p,
    ctypes.c_char_p,
    *[ctypes.c_void_p] * 6,  # address, options, progress, …
)


def _install(refuse: Any) -> Any:
    """Have GDAL ask ``refuse`` before each HTTP request; return what must stay in memory.

    Where the functions of GDAL cannot be reached, `NO_NETWORK` still refuses the connection, but
    nothing says which file asked for it.
    """
    library = _library()
    if library is None:
        return True
    library.CPLCalloc.restype = library.CPLStrdup.restype = ctypes.c_void_p
    library.CPLCalloc.argtypes = (ctypes.c_size_t, ctypes.c_size_t)
    library.CPLStrdup.argtypes = (ctypes.c_char_p,)
    library.CPLHTTPSetFetchCallback.argtypes = (_Hook, ctypes.c_void_p)
    library.CPLHTTPSetFetchCallback.restype = None

    def answer(address: bytes, *_others: Any) -> int | None:
        if not refuse(address):
            return None  # GDAL does it itself
        memory: int = library.CPLCalloc(1, 2 * ctypes.sizeof(_Answer))
        answered = _Answer.from_address(memory)
        answered.status, answered.error = 1, library.CPLStrdup(b"no connection")
        return memory

    hook = _Hook(answer)
    library.CPLHTTPSetFetchCallback(hook, None)
    return hook


def _library() -> ctypes.CDLL | None:
    """Return the GDAL of pyogrio, through the module that is linked to it or from its wheel."""
    module = Path(str(_ogr.__file__))
    beside = module.parent.parent / "pyogrio.libs"
    for path in (module, *sorted(beside.glob("*gdal*"))):
        try:
            library = ctypes.CDLL(str(path))
            library.CPLHTTPSetFetchCallback  # noqa: B018  # AttributeError where it is not there
        except (OSError, AttributeError):
            continue
        return library
    return None
