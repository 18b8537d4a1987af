"""Pipeline: orchestrates the steps. Only this package imports all others."""
