"""Painters who work in areas of colour: oil, watercolour and stained glass."""

import numpy as np
from scipy import ndimage
from skimage import segmentation, transform

from stylekit.painters import ground
from stylekit.painters.ground import blend, blur, flow, follow, grey, lit, noise, paper, ramp, tone, unit, vivid


def kuwahara(picture, radius, directions, anisotropy, sharpness=6.0):
    """Flat patches with firm edges: of eight sectors round a pixel, the calmest ones give it its colour.

    radius: of the neighbourhood, in px; it is stretched along directions where anisotropy is high.
    Returns (h, w, 3). Anisotropic Kuwahara filter, Kyprianidis, Kang and Doellner 2009, on a ring of samples.
    """
    height, width = picture.shape[:2]
    y, x = np.mgrid[:height, :width].astype("float32")
    stretch = 1 + 0.8 * anisotropy
    along = directions * (radius * stretch)[..., None]
    across = np.stack([-directions[..., 1], directions[..., 0]], -1) * (radius / stretch)[..., None]
    picture = blur(picture, radius / 8)

    def sample(angle, distance):
        cosine, sine = np.float32(distance * np.cos(angle)), np.float32(distance * np.sin(angle))
        row = np.clip(np.rint(y + cosine * along[..., 0] + sine * across[..., 0]), 0, height - 1).astype("int32")
        column = np.clip(np.rint(x + cosine * along[..., 1] + sine * across[..., 1]), 0, width - 1).astype("int32")
        return picture[row, column]

    rings = (0.35, 0.7, 1.0)
    spokes = []  # sum and sum of squares over the samples of each of 16 spokes; a sector is three neighbouring spokes
    for angle in np.arange(16) * np.pi / 8:
        samples = [sample(angle, distance) for distance in rings]
        spokes.append((sum(samples), sum(s * s for s in samples)))
    total, weights = 0.0, 0.0
    count = 3 * len(rings) + 1
    for k in range(0, 16, 2):
        sector = spokes[k - 1], spokes[k], spokes[k + 1]
        mean = (sum(s[0] for s in sector) + picture) / count
        variance = np.maximum((sum(s[1] for s in sector) + picture * picture) / count - mean * mean, 0).sum(-1)
        weight = 1 / (1e-3 + np.sqrt(variance)) ** sharpness
        total, weights = total + weight[..., None] * mean, weights + weight
    return total / weights[..., None]


def oil(picture, rng):
    """An old master's oil: firm patches of warm, deep colour, bristle marks along the forms, linen under the paint."""
    scale = unit(picture)
    scene = vivid(tone(picture), 1.5, 1.15)
    directions, anisotropy = flow(scene, 2.5 * scale + 0.5, rng)
    painted = kuwahara(scene, max(4.5 * scale, 1.5), directions, anisotropy, 8.0)
    light = grey(painted)
    painted = painted ** np.array([1.0, 1.12, 1.4], "float32")  # old varnish: golden lights, brown shadows
    painted = blend(painted, np.array([0.12, 0.07, 0.04], "float32"), 0.5 * ramp(-light, -0.45, 0.0))
    bristles = follow(noise(light.shape, 1.2 * scale, rng), directions, 7 * scale, max(scale, 0.7))
    relief = 2.2 * bristles + 0.35 * ground.weave(light.shape, 2.2 * scale, rng) * (1 - 0.6 * light)
    return lit(painted, relief, 0.55)


def watercolour(picture, rng):
    """Washes on cold-pressed paper: pale clear colour, dark rims where a wash dried, granulation in the tooth.

    Bousseau, Kaplan, Thollot and Sillion 2006, "Interactive watercolor rendering": every effect is a change of
    pigment density d in C' = C (1 - (1 - C)(d - 1)).
    """
    scale = unit(picture)
    shape = picture.shape[:2]
    scene = vivid(tone(picture), 1.5, 1.0)
    scene = _wobble(scene, 1.3 * scale, 6 * scale, rng)
    directions, anisotropy = flow(scene, 2 * scale + 0.5)
    wash = kuwahara(scene, max(5 * scale, 1.5), directions, 0.5 * anisotropy, 10.0)
    light = grey(wash)[..., None]
    steps = 5
    stepped = (np.floor(light * steps) + ramp(light * steps % 1, 0.35, 0.65)) / steps  # layers of wash
    wash = np.clip(wash + (stepped - light) * 0.7, 0, 1)
    wash = 1 - (1 - wash) * 0.82  # watercolour never gets as dark as oil
    rim = np.linalg.norm(np.stack([ndimage.sobel(stepped[..., 0], 0), ndimage.sobel(stepped[..., 0], 1)]), axis=0)
    rim = np.clip(blur(rim, 0.5 * scale) * scale, 0, 1)
    tooth = noise(shape, 1.3 * scale, rng)
    cloud = noise(shape, 14 * scale, rng) + 0.5 * noise(shape, 6 * scale, rng)
    density = 1 + 0.9 * rim + 0.2 * cloud + 0.16 * tooth
    wash = np.clip(wash * (1 - (1 - wash) * (density[..., None] - 1)), 0, 1)
    sheet = paper(shape, 1.3 * scale, (0.985, 0.97, 0.935), rng, 0.0)
    bare = ramp(grey(wash) + 0.04 * tooth + 0.03 * cloud, 0.8, 0.93)  # the lights are the paper itself
    return lit(blend(wash * sheet, sheet, bare), tooth, 0.08)


def _wobble(picture, amount, size, rng):
    """Every edge shaken by a hand: up to about amount px, in waves of size px."""
    shape = picture.shape[:2]
    y, x = np.mgrid[: shape[0], : shape[1]].astype("float32")
    places = [y + amount * noise(shape, size, rng), x + amount * noise(shape, size, rng)]
    channels = [ndimage.map_coordinates(picture[..., c], places, order=1, mode="nearest") for c in range(3)]
    return np.stack(channels, -1)


def stained_glass(picture, rng):
    """Pieces of glowing glass between lead lines: SLIC superpixels (Achanta et al. 2012), each one clear colour."""
    scale = unit(picture)
    shape = picture.shape[:2]
    small = [max(16, round(n / max(scale, 1))) for n in shape]  # pieces are cut at one size, whatever the picture's
    scene = transform.resize(blur(picture, scale), small, order=1) if scale > 1 else blur(picture, scale)
    scene = scene + 0.03 * noise(small, 12, rng)[..., None]  # no seed cuts the pieces like another
    pieces = int(np.clip(small[0] * small[1] / 150, 6, 400))
    labels = segmentation.slic(ground.to_lab(np.clip(scene, 0, 1)), pieces, compactness=14, sigma=0, convert2lab=False,
                               start_label=0)  # fmt: skip
    labels = transform.resize(labels, shape, order=0, preserve_range=True, anti_aliasing=False).astype(int)
    index = np.arange(labels.max() + 1)
    glass = vivid(tone(picture), 2.0, 1.2)
    colours = np.stack([ndimage.mean(glass[..., c], labels, index) for c in range(3)], -1)
    colours = np.nan_to_num(colours) * rng.uniform(0.85, 1.15, (len(index), 1))
    colours = np.clip(vivid(colours[None].astype("float32"), 1.35)[0] * 0.92 + 0.05, 0.03, 1)
    edges = segmentation.find_boundaries(labels, mode="inner").astype("float32")
    depth = ndimage.distance_transform_edt(edges == 0).astype("float32") / scale
    ripple = noise(shape, 5 * scale, rng)
    glow = 0.86 + 0.22 * ramp(depth, 0, 6) + 0.05 * ripple
    window = lit(np.clip(colours[labels].astype("float32") * glow[..., None], 0, 1), ripple * scale, 0.25)
    width = max(0.75 * scale, 0.5)
    line = blur(edges, width)
    lead = ramp(line, 0.10, 0.32)
    came = lit(np.broadcast_to(np.array([0.09, 0.085, 0.1], "float32"), picture.shape), line * 6 * scale, 0.5)
    return blend(window, came, lead)
