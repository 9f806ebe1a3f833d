"""The results of a sweep's runs, a line of JSON each, so that an interrupted sweep goes on where it stopped."""

import json
import os
from pathlib import Path

from bicall.emulator.support.errors import BadInput


class ResultsFile:
    """Accuracies by the key of their run. Each is one line, appended in one write as soon as it is known.

    `accuracies` holds what the file holds.
    """

    def __init__(self, path: str | os.PathLike):
        """Read what is there; a last line that was cut off (a full disk, a lost machine) is dropped from the file.

        Raises:
            BadInput: the file cannot be read or written, or another line of it is damaged.
        """
        self.path = Path(path)
        self.accuracies: dict[str, float] = {}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with open(self.path, "ab+") as file:
                file.seek(0)
                content = file.read()
                whole = content.rfind(b"\n") + 1
                file.truncate(whole)
        except OSError as error:
            raise BadInput(f"results {self.path}: cannot be written ({error.strerror})") from None
        for number, line in enumerate(content[:whole].splitlines(), 1):
            try:
                record = json.loads(line)
                self.accuracies[record["key"]] = float(record["accuracy"])
            except (ValueError, KeyError, TypeError):
                raise BadInput(f"results {self.path}: line {number} is damaged; delete that line or the file") from None

    def add(self, key: str, accuracy: float, about: dict) -> None:
        """Append a result; `about` says for a reader what the key stands for."""
        line = json.dumps({"key": key, "accuracy": accuracy, **about}) + "\n"
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            os.write(handle, line.encode())
        finally:
            os.close(handle)
        self.accuracies[key] = accuracy
