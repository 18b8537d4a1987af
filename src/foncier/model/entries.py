"""Tables of `saisies.gpkg`: what people write about the sites of a result."""

from __future__ import annotations

from foncier.model.verdicts import VISIT_VERDICTS
from foncier.schemas.base import POINT, Column, Table
from foncier.schemas.results import KINDS, SITE_STATUSES

ENTRIES = "saisies.gpkg"
PHOTOS = "photos"  # folder of the pictures, beside the file
LAYERS = VISITS, STATUSES = "visites", "avis"
WRITTEN = ("verdict", "date", "note", "photo", "author")  # by the visitor; the rest is computed
STATUS_WRITTEN = ("site_status", "date", "note", "author")

# One row a visit, planned or made. ``outline_wkt`` is the outline of the site in the legal CRS of
# the study: by it the row follows the site when ids change.
VISIT_ENTRIES = Table(
    VISITS,
    (),
    (
        Column("visit_id", "text", optional=True),
        Column("opportunity_id", "text", optional=True),
        Column("verdict", "text", optional=True, values=VISIT_VERDICTS),
        Column("date", "date", optional=True),
        Column("note", "text", optional=True),
        Column("photo", "text", optional=True),
        Column("author", "text", optional=True),
        Column("kind", "text", optional=True, values=KINDS),
        Column("name", "text", optional=True),
        Column("address", "text", optional=True),
        Column("parcel_ids", "text", optional=True),
        Column("confidence", "number", "0–1", optional=True, low=0, high=1),
        Column("reason", "text", optional=True),
        Column("weight", "number", label_id="design_weight", optional=True, low=0),
        Column("outline_wkt", "text", optional=True),
    ),
    POINT,
)

# One row each time that somebody notes the status of a site: the latest one counts.
STATUS_ENTRIES = Table(
    STATUSES,
    (),
    (
        Column("status_id", "text", optional=True),
        Column("opportunity_id", "text", optional=True),
        Column("site_status", "text", optional=True, values=SITE_STATUSES),
        Column("date", "date", label_id="status_date", optional=True),
        Column("note", "text", optional=True),
        Column("author", "text", optional=True),
        Column("outline_wkt", "text", optional=True),
    ),
)
