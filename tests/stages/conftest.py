"""The tiny slot filling model, under the short names that the tests of the stages use."""

import pytest


@pytest.fixture(scope="package")
def tiny(tiny_of):
    """Task and config. Tests leave its run and version as they are."""
    return tiny_of("slot_filling")


@pytest.fixture(scope="package")
def finished_run(run_of):
    """Its finished run, with the best weights in memory."""
    return run_of("slot_filling")


@pytest.fixture(scope="package")
def finished(finished_run):
    """The folder of its finished run."""
    return finished_run.folder.path


@pytest.fixture(scope="package")
def published(version_of):
    """The folder of its published version."""
    return version_of("slot_filling")


@pytest.fixture(scope="package")
def parts(assembly_of):
    """The run's model, tokenizer and service in memory."""
    return assembly_of("slot_filling")
