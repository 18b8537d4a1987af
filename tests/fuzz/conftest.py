"""What pytest does not collect: the guided search needs atheris, which is no dependency."""

collect_ignore = ["guided.py"]
