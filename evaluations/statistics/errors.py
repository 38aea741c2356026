"""What the statistics refuse."""


class StatisticsError(ValueError):
    """The numbers given cannot be what they are said to be: a count above n, a NaN."""


class TooFew(StatisticsError):
    """There are not enough observations to say anything; carries how many would be needed."""

    def __init__(self, message: str, needed: int) -> None:
        super().__init__(message)
        self.needed = needed
