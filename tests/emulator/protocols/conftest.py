"""The description that protocols are about."""

import pytest


@pytest.fixture(scope="session")
def rule():
    from bicall.emulator.configuration import description

    return description.load("protocol")
