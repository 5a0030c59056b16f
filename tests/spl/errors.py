"""The one error of this package: what was met, and where in the search."""


class SplError(Exception):
    """The search uses something this interpreter does not implement, or does not mean what it seems to.

    `position` counts characters of the search after its macros were expanded.
    """

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(message if position is None else f"{message} (at character {position})")
        self.position = position
