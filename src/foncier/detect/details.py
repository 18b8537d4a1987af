"""The details of tests in English: a measure words them in French, from a short list of words."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foncier.detect import fabric
from foncier.detect.measures import frontage, parcel, shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

KNOWN = (
    *parcel.KIND_WORDS.values(),
    parcel.NO_ZONE,
    *fabric.WORDS.values(),
    *frontage.WORDS,
    shape.SUPPLIED,
)
ENGLISH = {text.fr: text.en for text in KNOWN}


@cache
def english(detail: str) -> str:
    """Detail of a test in English; what a source wrote (a label, a zone) stays as it wrote it.

    Examples
    --------
    >>> english("parc ou square « Square Bon »"), english("bâti isolé"), english("AUc")
    ('park or square “Square Bon”', 'isolated buildings', 'AUc')
    """
    kind, opened, label = detail.partition(" « ")
    if opened and kind in ENGLISH:
        return f"{ENGLISH[kind]} “{label.removesuffix(' »')}”"
    return ENGLISH.get(detail, detail)


def in_english(details: NDArray[np.object_]) -> NDArray[np.object_]:
    """Details of many tests in English, None where there is none; few are different."""
    place, known = pd.factorize(details)
    told = np.array([*(english(one) for one in known), None], dtype=object)
    return np.asarray(told[place], dtype=object)
