"""Filters that work with lines: ink, woodcut and cartoon.

A filter takes a picture, (h, w, 3) float32 in [0, 1], and a NumPy generator. It returns an array of the same kind,
which may leave [0, 1] a little.
"""

import numpy as np

from stylekit.filters.areas import kuwahara
from stylekit.filters.ground import blend, blur, flow, follow, grey, noise, paper, ramp, tone, unit, vivid


def xdog(light, sigma, sharpening=18.0, threshold=0.6, softness=10.0):
    """Extended difference of Gaussians: 1 where the paper stays white, down to 0 in lines and dark areas.

    Winnemoeller, Kyprianidis and Olsen 2012, equations 5 and 7.

    Args:
        light: (h, w) in [0, 1].
        sigma: width of a line, px.
        sharpening: weight of the difference, >= 0.
        threshold: what is sharper than this stays white.
        softness: steepness of the fall to black; the higher, the harder the edge.

    Returns:
        (h, w) array in [0, 1].
    """
    sharpened = (1 + sharpening) * blur(light, sigma) - sharpening * blur(light, 1.6 * sigma)
    return np.where(sharpened >= threshold, 1, 1 + np.tanh(softness * (sharpened - threshold))).clip(0, 1)


def ink(picture, rng):
    """Draw with brush and blue-black ink on rice paper: lines and blots by XDoG, and one thin grey wash."""
    scale = unit(picture)
    shape = picture.shape[:2]
    light = grey(tone(picture))
    fibre = noise(shape, 1.2 * scale, rng)
    uneven = light + 0.05 * noise(shape, 20 * scale, rng)
    line = 1 - xdog(uneven, max(0.9 * scale, 0.5), 14.0, 0.36, 12.0)
    wash = ramp(-blur(uneven, 1.5 * scale), -0.62, -0.56) * (0.5 + 0.08 * fibre)
    sheet = paper(shape, 1.2 * scale, (0.95, 0.925, 0.86), rng, 0.015)
    black = np.array([0.06, 0.07, 0.13], "float32")
    return blend(blend(sheet, np.array([0.42, 0.46, 0.55], "float32"), wash), black, line)


def woodcut(picture, rng):
    """Print from two blocks: lines carved along the forms, thick in the shade and thin in the light, over a warm tint.

    The lines are noise that is smeared along the flow (Cabral and Leedom 1993) and thresholded at the picture's tone;
    the outline is XDoG.
    """
    scale = unit(picture)
    shape = picture.shape[:2]
    light = grey(tone(picture))
    directions, _ = flow(blur(picture, 1.5 * scale), 4 * scale + 0.5, rng)
    carved = follow(noise(shape, 1.5 * scale, rng), directions, 14 * scale, max(scale, 0.7))
    carved = carved / (carved.std() + 1e-6)
    smooth = blur(light, scale)
    cut = 0.12 + 0.82 * smooth + 0.2 * carved
    edge = max(0.06, 0.05 / scale)
    block = 1 - ramp(cut, 0.42 - edge, 0.42 + edge)
    outline = 1 - xdog(light, max(0.7 * scale, 0.5), 14.0, 0.05, 12.0)
    sheet = paper(shape, 1.5 * scale, (0.95, 0.88, 0.72), rng, 0.02)
    tint = ramp(0.62 - smooth + 0.05 * carved, -0.04, 0.04)
    sheet = blend(sheet, np.array([0.85, 0.47, 0.24], "float32"), 0.85 * tint)
    return blend(sheet, np.array([0.11, 0.09, 0.1], "float32"), np.maximum(block, outline))


def cartoon(picture, rng):
    """Draw flat bright colours in few tones with dark outlines.

    Winnemoeller, Olsen and Gooch 2006, "Real-time video abstraction", with a Kuwahara filter as the abstraction.
    """
    scale = unit(picture)
    scene = tone(picture)
    directions, anisotropy = flow(scene, 2 * scale + 0.5)
    flat = kuwahara(scene, max(4 * scale, 1.5), directions, anisotropy, 10.0)
    flat = kuwahara(flat, max(3 * scale, 1.5), directions, anisotropy, 10.0)
    light = grey(flat)
    steps = 5
    offset = rng.uniform(-0.12, 0.12)  # each seed changes the tone at other places
    scaled = light * steps + offset
    stepped = (np.floor(scaled) + ramp(scaled % 1, 0.42, 0.58) + 0.5 - offset) / (steps + 0.6)
    colours = np.clip(flat * (stepped / (light + 0.05))[..., None], 0, 1)
    colours = vivid(colours, 1.6)
    line = 1 - xdog(blur(grey(scene), 0.4 * scale), max(0.8 * scale, 0.5), 22.0, 0.16, 9.0)
    return blend(colours, np.array([0.05, 0.03, 0.09], "float32"), line)
