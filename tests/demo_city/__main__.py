"""Draw the embedded study again: ``python -m foncier.demo``."""

from tests.demo_city.city import generate
from tests.demo_city.writing import write

from foncier.demo import study_folder

if __name__ == "__main__":
    write(generate(), study_folder())
