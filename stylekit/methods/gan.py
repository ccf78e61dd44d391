"""What the GANs here share: two players with an optimiser each, and the moment in which both of them learn."""

from keras import ops

from stylekit.training import distribution


class GAN:
    """A generator's side and a discriminator's, for methods to build on.

    A method sets `generator_optimizer` and `discriminator_optimizer`, and what `kept` names; if it has an `objective`,
    the weights of that are kept, too. Its `step` weighs both losses under a tape, and lets `learn` do the rest.
    """

    kept = ("generator", "discriminator")  # attributes with variables that a step changes, beside the optimisers

    @property
    def generator_variables(self):
        """What G's optimiser moves."""
        return self.generator.trainable_variables

    @property
    def discriminator_variables(self):
        """What D's optimiser moves."""
        return self.discriminator.trainable_variables

    def build_optimizers(self):
        """Make the optimisers' own variables now, because a compiled step cannot."""
        self.generator_optimizer.build(self.generator_variables)
        self.discriminator_optimizer.build(self.discriminator_variables)

    def parts(self):
        """What a checkpoint must hold so that training can go on: dict name -> trackable."""
        weights = self.objective.weights.variables if hasattr(self, "objective") else {}
        return self._owners() | {f"weight_{name}": variable for name, variable in weights.items()}

    def variables(self):
        """Every variable that a step changes."""
        return [variable for owner in self._owners().values() for variable in owner.variables]

    def _owners(self):
        return {name: getattr(self, name) for name in (*self.kept, "generator_optimizer", "discriminator_optimizer")}

    def learn(self, tape, generator_loss, discriminator_loss, only=None):
        """Move G, then D, each by its own loss, both with gradients of the same moment.

        tape: a persistent one that watched both losses, scalars. only: "generator" or "discriminator" to leave the
        other as it is.
        """
        if only != "discriminator":
            variables = self.generator_variables
            self.generator_optimizer.apply(distribution.gradients(tape, generator_loss, variables), variables)
        if only != "generator":
            variables = self.discriminator_variables
            self.discriminator_optimizer.apply(distribution.gradients(tape, discriminator_loss, variables), variables)


def means(terms, discriminator_loss):
    """What a step reports: each term's mean over the batch, and D's loss, a scalar. terms: dict name -> (batch,)."""
    return {name: ops.mean(term) for name, term in terms.items()} | {"discriminator": discriminator_loss}
