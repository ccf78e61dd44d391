"""The terms of every step of a training."""

import json
from pathlib import Path

import numpy as np

from stylekit.files import write_whole


class History:
    """The loss terms of every step: `history["style"]` is an array, one number a step, at `history.steps`.

    `history.history` is what Keras' own has: dict name -> list. Keras' knows one number an epoch, and can neither be
    written to a file nor be cut back to the step of a checkpoint, so it could not be resumed exactly.

    Attributes:
        steps: List of int.
        terms: Dict term -> list of float, one for each step.
        validation: Dict "val_" + term -> list of float, one for each epoch that was validated.
        validated: List of int, the steps after which the epochs ended.
    """

    def __init__(self):
        self.steps, self.terms = [], {}
        self.validated, self.validation = [], {}

    @property
    def history(self):
        """Dict name -> list of float, validation terms included."""
        return self.terms | self.validation

    def append(self, step, terms):
        """Note the terms of a step, dict name -> number."""
        self.steps.append(step)
        for name, value in terms.items():
            self.terms.setdefault(name, []).append(float(value))

    def validate(self, step, terms):
        """Note the validation terms after a step, dict "val_" + name -> number."""
        self.validated.append(step)
        for name, value in terms.items():
            self.validation.setdefault(name, []).append(float(value))

    def __getitem__(self, name):
        return np.array(self.history[name], "float32")

    def __len__(self):
        return len(self.steps)

    def cut(self, step):
        """Forget everything after `step`: a run resumed from there writes it anew."""
        keep, kept = (sum(s <= step for s in steps) for steps in (self.steps, self.validated))
        self.steps, self.validated = self.steps[:keep], self.validated[:kept]
        self.terms = {name: values[:keep] for name, values in self.terms.items()}
        self.validation = {name: values[:kept] for name, values in self.validation.items()}

    def save(self, path):
        """Write the history to a JSON file."""
        names = ("steps", "terms", "validated", "validation")
        write_whole(path, json.dumps({name: getattr(self, name) for name in names}).encode())

    @classmethod
    def load(cls, path):
        """A history from a file that `save` wrote."""
        history = cls()
        record = json.loads(Path(path).read_text())
        history.steps, history.terms = record["steps"], record["terms"]
        history.validated, history.validation = record.get("validated", []), record.get("validation", {})
        return history
