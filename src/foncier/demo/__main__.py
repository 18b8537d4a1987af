"""Draw the embedded study again: ``python -m foncier.demo``."""

from foncier.demo import generate, study_folder, write

if __name__ == "__main__":
    write(generate(), study_folder())
