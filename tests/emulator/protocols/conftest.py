"""The description that protocols are about."""

import pytest


@pytest.fixture(scope="session")
def rule():
    from emulator import description

    return description.load("protocol")
