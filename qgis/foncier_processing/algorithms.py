"""The commands of foncier as algorithms: their parameters, and the arguments they become."""

import html
from pathlib import Path

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingOutputFolder,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)
from qgis.PyQt.QtGui import QIcon

from . import command
from .loading import load
from .words import word

FOLDER = QgsProcessingParameterFile.Folder
FORMATS = ("xlsx", "flatgeobuf", "geojson")


class Algorithm(QgsProcessingAlgorithm):
    """One command of foncier; ``COMMAND`` is its name there, here and in the catalogue."""

    COMMAND = ""

    def name(self):
        """Return the name after ``foncier:``."""
        return self.COMMAND

    def displayName(self):
        """Return the name in the toolbox."""
        return word(self.COMMAND)

    def shortHelpString(self):
        """Return the help of the dialog."""
        return word(f"{self.COMMAND}_help")

    def icon(self):
        """Return the icon in the toolbox."""
        return QIcon(str(Path(__file__).parent / "icon.svg"))

    def createInstance(self):
        """Return a new instance; QGIS asks for one for each run."""
        return type(self)()

    def folder(self, name, words, *, optional=False):
        """Add a parameter: a folder that exists."""
        self.addParameter(
            QgsProcessingParameterFile(name, word(words), behavior=FOLDER, optional=optional)
        )

    def text(self, name, words, *, optional=True):
        """Add a parameter: a text."""
        self.addParameter(QgsProcessingParameterString(name, word(words), optional=optional))

    def yes_no(self, name, words, *, default=False):
        """Add a parameter: yes or no."""
        self.addParameter(QgsProcessingParameterBoolean(name, word(words), default))

    def destination(self, name, words, *, optional=False):
        """Add a parameter: a folder to write to; where optional, the command has its own."""
        self.addParameter(
            QgsProcessingParameterFolderDestination(
                name, word(words), optional=optional, createByDefault=not optional
            )
        )

    def option(self, parameters, context, name, flag):
        """Return an option of the command with the text of a parameter; nothing when empty."""
        value = self.parameterAsString(parameters, name, context).strip()
        return [flag, value] if value else []


class Check(Algorithm):
    """Read the layers of a study and say what is wrong."""

    COMMAND = "check"

    def initAlgorithm(self, _configuration=None):
        """Declare the parameters."""
        self.folder("STUDY", "study")

    def processAlgorithm(self, parameters, context, feedback):
        """Run the command."""
        command.run(["check", self.parameterAsString(parameters, "STUDY", context)], feedback)
        return {}


class Fetch(Algorithm):
    """Download the public layers of a study."""

    COMMAND = "fetch"

    def initAlgorithm(self, _configuration=None):
        """Declare the parameters."""
        self.folder("STUDY", "study")
        self.text("ONLY", "only")
        self.yes_no("REFRESH", "refresh")
        self.yes_no("DRY_RUN", "dry_run")

    def processAlgorithm(self, parameters, context, feedback):
        """Run the command."""
        arguments = ["fetch", self.parameterAsString(parameters, "STUDY", context)]
        arguments += self.option(parameters, context, "ONLY", "--only")
        for name, flag in (("REFRESH", "--refresh"), ("DRY_RUN", "--dry-run")):
            if self.parameterAsBool(parameters, name, context):
                arguments.append(flag)
        command.run(arguments, feedback)
        return {}


class Run(Algorithm):
    """Run a study, and load its result with its project."""

    COMMAND = "run"

    def __init__(self):
        super().__init__()
        self.loaded = ""

    def initAlgorithm(self, _configuration=None):
        """Declare the parameters."""
        self.folder("STUDY", "study_or_demo", optional=True)
        self.text("PROJECT", "project")
        self.yes_no("LOAD", "load", default=True)
        self.destination("RESULT", "result")

    def processAlgorithm(self, parameters, context, feedback):
        """Run the command."""
        study = self.parameterAsString(parameters, "STUDY", context)
        result = self.parameterAsString(parameters, "RESULT", context)
        arguments = ["run", *([study] if study else []), "--out", result]
        arguments += self.option(parameters, context, "PROJECT", "--project")
        command.run(arguments, feedback)
        self.loaded = result if self.parameterAsBool(parameters, "LOAD", context) else ""
        return {"RESULT": result}

    def postProcessAlgorithm(self, _context, _feedback):
        """Load the result, in the thread of the desktop."""
        if self.loaded:
            load(self.loaded)
        return {}


class Explain(Algorithm):
    """Say why a parcel or an opportunity is listed or not, as a page."""

    COMMAND = "explain"

    def initAlgorithm(self, _configuration=None):
        """Declare the parameters."""
        self.folder("RESULT", "result")
        self.text("ID", "id", optional=False)
        page = QgsProcessingParameterFileDestination("PAGE", word("page"), "HTML (*.html)")
        self.addParameter(page)

    def processAlgorithm(self, parameters, context, feedback):
        """Run the command and write what it says as a page."""
        result = self.parameterAsString(parameters, "RESULT", context)
        asked = self.parameterAsString(parameters, "ID", context).strip()
        said = command.run(["explain", result, asked], feedback)
        page = self.parameterAsFileOutput(parameters, "PAGE", context)
        head = f'<meta charset="utf-8"><title>{html.escape(asked)}</title>'
        text = f"<!doctype html>{head}<pre>{html.escape(said)}</pre>"
        Path(page).write_text(text, encoding="utf-8")
        return {"PAGE": page}


class Validate(Algorithm):
    """Choose the sites to visit, and measure how reliable a result is."""

    COMMAND = "validate"

    def initAlgorithm(self, _configuration=None):
        """Declare the parameters."""
        self.folder("RESULT", "result")
        number = QgsProcessingParameterNumber.Integer
        visits = QgsProcessingParameterNumber("PLAN", word("visits"), number, 30, minValue=1)
        self.addParameter(visits)
        truth = QgsProcessingParameterFile("TRUTH", word("truth"), optional=True)
        self.addParameter(truth)
        self.destination("REPORT", "report", optional=True)

    def processAlgorithm(self, parameters, context, feedback):
        """Run the command."""
        result = self.parameterAsString(parameters, "RESULT", context)
        visits = self.parameterAsInt(parameters, "PLAN", context)
        arguments = ["validate", result, "--plan", str(visits)]
        arguments += self.option(parameters, context, "TRUTH", "--truth")
        arguments += self.option(parameters, context, "REPORT", "--out")
        command.run(arguments, feedback)
        return {}


class Export(Algorithm):
    """Write a result in other formats."""

    COMMAND = "export"

    def initAlgorithm(self, _configuration=None):
        """Declare the parameters."""
        self.folder("RESULT", "result")
        self.addParameter(
            QgsProcessingParameterEnum(
                "FORMATS", word("formats"), FORMATS, allowMultiple=True, defaultValue=[0]
            )
        )
        self.destination("OUT", "out", optional=True)
        self.addOutput(QgsProcessingOutputFolder("FOLDER", word("out")))

    def processAlgorithm(self, parameters, context, feedback):
        """Run the command."""
        result = self.parameterAsString(parameters, "RESULT", context)
        chosen = self.parameterAsEnums(parameters, "FORMATS", context)
        to = ",".join(FORMATS[number] for number in chosen)
        out = self.option(parameters, context, "OUT", "--out")
        command.run(["export", result, "--to", to, *out], feedback)
        return {"FOLDER": out[1] if out else result}


ALGORITHMS = (Check, Fetch, Run, Explain, Validate, Export)
