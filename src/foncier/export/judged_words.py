"""Sentences of the report of a validation, in French and in English."""

from __future__ import annotations

from foncier.records import Text

TITLE = Text("Ce que vaut la liste", "What the list is worth")
HEADS = {
    "truths": Text("Les vérités", "The truths"),
    "picture": Text(
        "Fiabilité, par classe de confiance et par nature",
        "Reliability, by band of confidence and by kind",
    ),
    "kind": Text("Par nature", "By kind"),
    "band": Text("Par classe de confiance", "By band of confidence"),
    "calibration": Text("Confiance annoncée, part observée", "Confidence told, share seen"),
    "baselines": Text("À côté de règles plus simples", "Beside simpler rules"),
}
COLUMNS = {
    "kind": Text("Nature", "Kind"),
    "band": Text("Confiance", "Confidence"),
    "baseline": Text("Règle", "Rule"),
    "found": Text("Listés", "Listed"),
    "judged": Text("Jugés", "Judged"),
    "true": Text("Vrais", "True"),
    "precision": Text("Précision", "Precision"),
    "wanted": Text("Vrais connus", "True known"),
    "hit": Text("Trouvés", "Found"),
    "recall": Text("Rappel", "Recall"),
    "f1": Text("F1", "F1"),
    "told": Text("Annoncé", "Told"),
    "seen": Text("Observé", "Seen"),
    "interval": Text("Intervalle", "Interval"),
}
ALL = Text("Ensemble", "All")
NO_DATA = Text("sans donnée", "no data")
WITHOUT = Text("sans", "none")

READ = Text("{n} vérités lues dans {file}", "{n} truths read in {file}")
COUNTS = {
    "outside": Text("hors du secteur d'étude, non comptées", "outside the study area, not counted"),
    "repeated": Text("données plusieurs fois, comptées une fois", "told again, counted once"),
    "contradictory": Text(
        "sites aux verdicts contradictoires, tenus pour inconnus",
        "sites with contradictory verdicts, held as unknown",
    ),
    "unmatched": Text("sans site de la liste à cet endroit", "with no listed site at their place"),
}
JUDGED = Text(
    "{judged} sites jugés sur les {found} de la liste",
    "{judged} sites judged of the {found} listed",
)
COMPLETE = Text(
    "Ces vérités sont données pour complètes : un site de la liste dont aucune ne parle est faux.",
    "These truths are said to be complete: a listed site that none speaks of is false.",
)
NOTHING = Text(
    "**Aucun site jugé : rien ne peut être dit de la précision.**",
    "**No site judged: nothing can be said of the precision.**",
)
TOO_FEW = Text(
    "**{judged} sites jugés : trop peu pour citer une précision** ({low} à {high}).",
    "**{judged} sites judged: too few to quote a precision** ({low} to {high}).",
)
PRECISION = Text(
    "**Précision {share}, entre {low} et {high}** (intervalle de Wilson à 95 %).",
    "**Precision {share}, between {low} and {high}** (Wilson interval, 95%).",
)
ROUGH = Text(" C'est un ordre de grandeur.", " This is a rough idea.")
MORE = Text(
    " Il faudrait environ {more} visites de plus pour la connaître à 5 points près.",
    " About {more} more visits would tell it to within 5 points.",
)
NO_RECALL = Text(
    "Rappel inconnu : ces vérités ne parlent que de sites de la liste. Il faut des lieux choisis "
    "sans elle (relevé d'une rue, observatoire).",
    "Recall unknown: these truths speak of listed sites only. It takes places chosen without the "
    "list (a street walked, an observatory).",
)
RECALL = Text(
    "Rappel {share}, entre {low} et {high}, sur {wanted} sites connus sans la liste.",
    "Recall {share}, between {low} and {high}, of {wanted} sites known without it.",
)
OF_BAND = Text(
    "Le rappel d'une classe est celui d'une liste qui s'arrête à elle.",
    "The recall of a band is that of a list that stops at it.",
)
NO_CONFIDENCE = Text("Aucun site jugé ne porte de confiance.", "No judged site bears a confidence.")
RISING = Text(
    "La part de sites vrais monte à chaque classe de confiance.",
    "The share of true sites rises with every band of confidence.",
)
NOT_RISING = Text(
    "La part de sites vrais ne monte **pas** à chaque classe de confiance.",
    "The share of true sites does **not** rise with every band.",
)
AUC = Text("Aire sous la courbe ROC : {auc}.", "Area under the ROC curve: {auc}.")
NO_AUC = Text(
    "Aire sous la courbe ROC : inconnue, il faut des sites vrais et des sites faux.",
    "Area under the ROC curve: unknown, it takes true sites and false ones.",
)
BRIER = Text(
    " Score de Brier : {brier} (0 est parfait ; {base} en annonçant partout la part moyenne).",
    " Brier score: {brier} (0 is perfect; {base} by telling the mean share to all).",
)
FLATTERED = Text(
    "Une règle est jugée sur les seuls sites de la liste : ce que la liste a écarté n'a pas laissé "
    "de preuve, ce qui flatte la règle.",
    "A rule is judged on the listed sites only: what the list turned down left no evidence, which "
    "flatters the rule.",
)
