"""Steps and drift that change over the training: registers that a host writes between two presentations."""

from collections.abc import Iterator

from bicall.emulator.configuration.description import Description, Schedule, with_values
from bicall.emulator.support.errors import BadInput

STEPS = ("potentiation", "depression_pre", "depression_post")


def pieces(description: Description, first: int, count: int) -> Iterator[tuple[Description, int]]:
    """The presentations `first` to first + count - 1, cut where a schedule changes.

    Returns:
        for each piece a description whose steps and drift are those that hold in it, and its number of presentations.
    """
    shown = description.presentation
    starts = {start for start, _ in (*shown.step_schedule, *shown.drift_schedule) if first < start < first + count}
    edges = [first, *sorted(starts), first + count]
    for begin, end in zip(edges, edges[1:], strict=False):
        steps, drift = factor(shown.step_schedule, begin), factor(shown.drift_schedule, begin)
        yield _scaled(description, steps, drift), end - begin


def held(description: Description, first: int, count: int) -> Description:
    """The description with the steps and the drift of the presentations `first` to first + count - 1, and no schedule.

    Raises:
        BadInput: they change meanwhile.
    """
    found = [piece for piece, _ in pieces(description, first, count)]
    if len(found) > 1:
        raise BadInput(
            f"configuration {description.name}: presentation.step_schedule or drift_schedule changes the rule within "
            f"presentations {first} to {first + count - 1}, must not here; compiled and plain can"
        )
    return with_values(found[0], presentation__step_schedule=(), presentation__drift_schedule=())


def factor(schedule: Schedule, presentation: int) -> float:
    """The factor that holds in a presentation; 1 before a schedule begins."""
    return next((factor for start, factor in reversed(schedule) if start <= presentation), 1.0)


def _scaled(description: Description, steps: float, drift: float) -> Description:
    values: dict[str, float] = {}
    if steps != 1:
        values |= {f"plasticity__{name}": steps * getattr(description.plasticity, name) for name in STEPS}
    if drift != 1:
        hidden = description.hidden_weight
        values["hidden_weight__drift_up_per_s"] = drift * hidden.drift_up_per_s
        values["hidden_weight__drift_down_per_s"] = drift * hidden.drift_down_per_s
    if drift not in (0, 1):  # longer periods rather than smaller steps, which would be lost to h's last bit
        values["time__drift_period_ticks"] = round(description.time.drift_period_ticks / drift)
    return with_values(description, **values) if values else description
