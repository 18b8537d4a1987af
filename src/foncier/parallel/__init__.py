"""Executors of independent jobs: serial, processes of this machine, dask."""
