"""Schema of the mutable built plots, which a study with ``[densification]`` looks for."""

from __future__ import annotations

from foncier.schemas.base import POLYGON, Column, Table

MUTABLE_PLOTS = Table(
    "mutable_plots",
    ("parcel_id",),
    (
        Column("parcel_id", "text", unique=True),
        Column("commune", "text", optional=True),
        Column("zone", "text", optional=True),
        Column("fabric", "text", optional=True, values=("dense", "groupee", "diffuse", "isolee")),
        Column("area_m2", "number", "m²", label_id="mutable_area_m2", low=0),
        Column("built_share", "number", "0–1", low=0),
        Column("allowed_share", "number", "0–1", low=0, high=1),
        Column("allowed_by", "text", values=("prescription", "study")),
        Column("vacant_ids", "text", optional=True),
        Column("listed_ids", "text", optional=True),
    ),
    POLYGON,
)
