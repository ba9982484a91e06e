"""How a service says no."""


class Refused(Exception):
    """A request that cannot be done, with the sentence to show: what is wrong and what to do about it.

    field: the input it belongs to, where there is one. Views show it there; the API answers 422 with a field, else 409.
    """

    def __init__(self, sentence: str, *, field: str = "") -> None:
        self.sentence = str(sentence)
        self.field = field
        super().__init__(self.sentence)
