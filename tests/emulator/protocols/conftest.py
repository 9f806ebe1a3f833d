"""The description that protocols are about."""

import pytest


@pytest.fixture(scope="session")
def rule():
    from bicall.emulator.rule import description

    return description.load("protocol")
