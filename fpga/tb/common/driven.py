"""Signals that a bench drives: written when their value changes, because reads and writes are what a simulation's time goes to."""


class Driven:
    def __init__(self, signal, value: int = 0):
        self.signal, self.value = signal, value
        signal.value = value

    def set(self, value: int) -> None:
        if value != self.value:
            self.signal.value = self.value = value
