"""One training step of pix2pix at the paper's size, 256 px and batch 1: ours, and a plain textbook loop in Keras.

    python benchmarks/pix2pix_step.py [--rounds 5] [--steps 4]

The textbook loop has the same networks from Keras' own layers, two gradient tapes and one `tf.function`, as tutorials
write it. The variants take turns within each round, so that a machine that slows down slows all of them; a ratio
compares steps of the same round. Prints the median over the rounds, what part of this machine's measured matrix rate
the arithmetic of a step reaches, the memory of each variant in a process of its own, and whether each goal is reached.
Then 200 steps of float32 and of bfloat16 from the same beginning: do their losses agree?
"""

import argparse
import resource
import subprocess
import sys
import time

import keras
import numpy as np
import tensorflow as tf
from keras import layers

import stylekit
from stylekit.methods.pix2pix import Pix2Pix
from stylekit.training.trainer import Trainer

SIDE = 256  # px
FLOAT32_GOAL, BFLOAT16_GOAL = 1.0, 1.6  # times as fast as the textbook, which is in float32


def main():
    variants = {"textbook": textbook, "ours": ours, "ours, bfloat16": ours_in_bfloat16}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=4, help="steps timed in each round")
    parser.add_argument("--agreement", type=int, default=200, help="steps whose losses are compared; 0: none")
    parser.add_argument("--memory", choices=variants, help="only take two steps of this one, and print the memory")
    options = parser.parse_args()

    if options.memory:
        seconds(variants[options.memory](*map(tf.constant, _pictures())), 2)
        print(f"{highest_memory():.2f} GB")
        return
    photos, paintings = (tf.constant(part) for part in _pictures())
    for name, build in variants.items():
        alone = subprocess.run([sys.executable, __file__, "--memory", name], capture_output=True, text=True, check=True)
        print(f"{name:16s} alone in a process: {alone.stdout.splitlines()[-1]} at most")
        variants[name] = build(photos, paintings)
        seconds(variants[name], 2)  # compiles
    times, rates = [], []
    for _ in range(options.rounds):
        times.append([seconds(step, options.steps) for step in variants.values()])
        rates.append([matrix_rate("float32"), matrix_rate("bfloat16")])
    times, rates = np.array(times), np.median(rates, axis=0)

    arithmetic = operations_of_a_step()
    print(f"TensorFlow {tf.__version__}; a step is {arithmetic / 1e9:.0f} billion operations of convolutions")
    print(f"matrix rate: {rates[0] / 1e9:.0f} in float32, {rates[1] / 1e9:.0f} in bfloat16, billion operations / s")
    print("variant            s/step   textbook/variant   part of the matrix rate")
    for i, name in enumerate(variants):
        median, faster = np.median(times[:, i]), np.median(times[:, 0] / times[:, i])
        part = arithmetic / median / rates[int("bfloat16" in name)]
        print(f"{name:16s} {median:8.3f}   {faster:16.2f}   {part:23.0%}")
    goal("float32 against the textbook", np.median(times[:, 0] / times[:, 1]), FLOAT32_GOAL)
    goal("bfloat16 against the textbook", np.median(times[:, 0] / times[:, 2]), BFLOAT16_GOAL)
    print(f"bfloat16 against our float32: {np.median(times[:, 1] / times[:, 2]):.2f} times as fast")
    if options.agreement:
        variants.clear()
        agreement(options.agreement)


def _pictures():
    """One photo and its painting, (1, 256, 256, 3) each."""
    photo = stylekit.photos(size=SIDE)[:1]
    painting = stylekit.filtered(photo, "brush")
    return [np.stack([stylekit.images.fit(domain[0], SIDE)]) for domain in (photo, painting)]


# --- the variants -----------------------------------------------------------------------------------------------------


def ours(photos, paintings):
    """A function that takes one step and returns its terms."""
    trainer = Trainer(Pix2Pix())
    return lambda: trainer.train_step(photos, paintings)


def ours_in_bfloat16(photos, paintings):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        return ours(photos, paintings)
    finally:
        keras.config.set_dtype_policy("float32")


def textbook(photos, paintings):
    generator, discriminator = textbook_generator(), textbook_discriminator()
    generator_optimizer = keras.optimizers.Adam(2e-4, beta_1=0.5)
    discriminator_optimizer = keras.optimizers.Adam(2e-4, beta_1=0.5)
    entropy = keras.losses.BinaryCrossentropy(from_logits=True)

    @tf.function
    def train_step(photos, paintings):
        with tf.GradientTape() as generator_tape, tf.GradientTape() as discriminator_tape:
            generated = generator(photos, training=True)
            real = discriminator([photos, paintings], training=True)
            fake = discriminator([photos, generated], training=True)
            l1 = tf.reduce_mean(tf.abs(paintings - generated))
            generator_loss = entropy(tf.ones_like(fake), fake) + 100 * l1
            discriminator_loss = entropy(tf.ones_like(real), real) + entropy(tf.zeros_like(fake), fake)
        gradients = generator_tape.gradient(generator_loss, generator.trainable_variables)
        generator_optimizer.apply_gradients(zip(gradients, generator.trainable_variables, strict=True))
        gradients = discriminator_tape.gradient(discriminator_loss, discriminator.trainable_variables)
        discriminator_optimizer.apply_gradients(zip(gradients, discriminator.trainable_variables, strict=True))
        return {"l1": l1, "discriminator": discriminator_loss}

    return lambda: train_step(photos, paintings)


def textbook_generator():
    """The U-Net of 256 px in Keras' own layers."""
    pictures = layers.Input((SIDE, SIDE, 3))
    x, seen = pictures, []
    for i, channels in enumerate((64, 128, 256, 512, 512, 512, 512, 512)):
        x = layers.Conv2D(channels, 4, 2, "same", use_bias=False)(x)
        x = layers.BatchNormalization()(x) if i else x
        x = layers.LeakyReLU(0.2)(x)
        seen.append(x)
    for i, (channels, skip) in enumerate(zip((512, 512, 512, 512, 256, 128, 64), reversed(seen[:-1]), strict=True)):
        x = layers.BatchNormalization()(layers.Conv2DTranspose(channels, 4, 2, "same", use_bias=False)(x))
        x = layers.Dropout(0.5)(x) if i < 3 else x
        x = layers.Concatenate()([layers.ReLU()(x), skip])
    return keras.Model(pictures, layers.Conv2DTranspose(3, 4, 2, "same", activation="tanh")(x))


def textbook_discriminator():
    """The PatchGAN of 70 px in Keras' own layers."""
    photos, paintings = layers.Input((SIDE, SIDE, 3)), layers.Input((SIDE, SIDE, 3))
    x = layers.Concatenate()([photos, paintings])
    for channels in (64, 128, 256):
        x = layers.Conv2D(channels, 4, 2, "same", use_bias=False)(x)
        x = layers.LeakyReLU(0.2)(layers.BatchNormalization()(x) if channels > 64 else x)
    x = layers.Conv2D(512, 4, use_bias=False)(layers.ZeroPadding2D()(x))
    x = layers.LeakyReLU(0.2)(layers.BatchNormalization()(x))
    return keras.Model([photos, paintings], layers.Conv2D(1, 4)(layers.ZeroPadding2D()(x)))


def goal(what, faster, wanted):
    print(f"{what}: {faster:.2f} times as fast, wanted {wanted}: {'reached' if faster >= wanted else 'MISSED'}")


# --- measuring --------------------------------------------------------------------------------------------------------


def seconds(step, steps):
    """Seconds of one step, the mean of some."""
    start = time.perf_counter()
    for _ in range(steps):
        terms = step()
    float(terms["l1"])  # waits for the last step
    return (time.perf_counter() - start) / steps


def matrix_rate(dtype, side=2048):
    """Operations a second that this machine reaches in one large product of matrices."""
    a = tf.cast(tf.random.stateless_normal((side, side), (0, 1)), dtype)

    @tf.function
    def product():
        return tf.reduce_sum(tf.matmul(a, a))

    float(product())
    start = time.perf_counter()
    for _ in range(4):
        total = product()
    float(total)
    return 4 * 2 * side**3 / (time.perf_counter() - start)


def operations_of_a_step():
    """Multiplications and additions of all convolutions of a step, forwards and backwards.

    A pass through a convolution backwards costs two forward ones, for its weights and for what came in. G runs once
    each way; D forwards over the real and the fake painting, backwards over both for itself, and once more over the
    fake one, towards what came in, for G.
    """
    generator, discriminator = textbook_generator(), textbook_discriminator()
    return 3 * forward_operations(generator) + (2 + 4 + 1) * forward_operations(discriminator)


def forward_operations(network):
    total = 0
    for layer in network.layers:
        if isinstance(layer, (layers.Conv2D, layers.Conv2DTranspose)):
            places = layer.input.shape if isinstance(layer, layers.Conv2DTranspose) else layer.output.shape
            total += 2 * int(np.prod(layer.kernel.shape)) * places[1] * places[2]
    return total


def highest_memory():
    """GB of this process at its highest."""
    unit = 1 if sys.platform == "darwin" else 1024  # Linux counts in kB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def agreement(steps):
    """Print the mean terms of the last half of a training, of two seeds in float32 and in bfloat16.

    They agree where the two types, means over the seeds, differ by no more than two seeds of one type do.
    """
    photos = stylekit.photos(size=320)
    batches = stylekit.Batches(photos, stylekit.filtered(photos, "brush"), crop=SIDE, batch_size=1, paired=True, seed=1)
    names = ("adversarial", "l1", "discriminator")
    print(f"the last {steps // 2} of {steps} steps  " + "  ".join(f"{name:>13s}" for name in names))
    found = []
    for policy, seed in (("float32", 0), ("float32", 1), ("mixed_bfloat16", 0), ("mixed_bfloat16", 1)):
        keras.config.set_dtype_policy(policy)
        history = Trainer(Pix2Pix(seed=seed), seed=seed).fit(batches, steps, progress=False)
        means = [history[name][steps // 2 :].mean() for name in names]
        print(f"{policy:15s} seed {seed}       " + "  ".join(f"{float(mean):13.3f}" for mean in means), flush=True)
        found.append(means)
    keras.config.set_dtype_policy("float32")
    found = np.array(found).reshape(2, 2, len(names))  # type, seed, term
    apart, noise = np.abs(np.diff(found.mean(1), axis=0))[0], np.abs(np.diff(found, axis=1)).max(0)[0]
    for name, difference, usual in zip(names, apart, noise, strict=True):
        verdict = "agree" if difference <= usual else "DIFFER"
        print(f"{name}: the types differ by {difference:.3f}, seeds by up to {usual:.3f}: they {verdict}")


if __name__ == "__main__":
    main()
