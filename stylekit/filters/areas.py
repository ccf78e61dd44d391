"""Filters that work with areas of colour: oil, watercolour and stained glass.

A filter takes a picture, (h, w, 3) float32 in [0, 1], and a NumPy generator. It returns an array of the same kind,
which may leave [0, 1] a little.
"""

import numpy as np
from scipy import ndimage
from skimage import segmentation, transform

from stylekit.filters import ground
from stylekit.filters.ground import blend, blur, flow, follow, grey, lit, noise, paper, ramp, tone, unit, vivid

# factors for red, green and blue that tint clear glass: amber, rose, sky, sea green
JEWELS = np.array([[1.25, 0.95, 0.35], [1.25, 0.6, 0.7], [0.5, 0.85, 1.35], [0.55, 1.2, 0.85]])


def kuwahara(picture, radius, directions, anisotropy, sharpness=6.0):
    """Turn a picture into flat patches with firm edges: the calmest of eight sectors around a pixel give its colour.

    The anisotropic Kuwahara filter of Kyprianidis, Kang and Doellner 2009, on a ring of samples.

    Args:
        picture: (h, w, 3) in [0, 1].
        radius: of the neighbourhood, px; it is longer along `directions` where `anisotropy` is high.
        directions: (h, w, 2) unit vectors (dy, dx).
        anisotropy: (h, w) in [0, 1].
        sharpness: exponent > 0; the higher, the more the calmest sector counts.

    Returns:
        (h, w, 3) array in [0, 1].
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
    spokes = []  # 16 times: sum and sum of squares of a spoke's samples; a sector is three neighbouring spokes
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
    """Paint in oil, like an old master: firm patches of warm deep colour, bristle marks along the forms, linen."""
    scale = unit(picture)
    scene = vivid(tone(picture), 1.5, 1.15)
    directions, anisotropy = flow(scene, 2.5 * scale + 0.5, rng)
    painted = kuwahara(scene, max(4.5 * scale, 1.5), directions, anisotropy, 8.0)
    light = grey(painted)
    painted = painted ** np.array([0.95, 1.15, 1.6], "float32")  # as under old varnish: golden lights, brown shadows
    bristles = follow(noise(light.shape, 1.2 * scale, rng), directions, 7 * scale, max(scale, 0.7))
    painted = painted * (1 + 0.1 * bristles)[..., None]
    painted = blend(painted, np.array([0.12, 0.07, 0.04], "float32"), 0.5 * ramp(-light, -0.45, 0.0))
    relief = 0.6 * bristles + 0.55 * ground.weave(light.shape, 2.2 * scale, rng) * (1 - 0.6 * light)
    return lit(painted, relief, 0.3)


def watercolour(picture, rng):
    """Paint washes on rough paper: pale clear colour, dark rims where a wash dried, grains of pigment.

    Every effect changes the pigment density d in C' = C (1 - (1 - C)(d - 1)): Bousseau, Kaplan, Thollot and Sillion
    2006, "Interactive watercolor rendering".
    """
    scale = unit(picture)
    shape = picture.shape[:2]
    scene = vivid(tone(picture), 1.5, 1.0)
    scene = _wobble(scene, 0.7 * scale, 5 * scale, rng)
    directions, anisotropy = flow(scene, 2 * scale + 0.5)
    wash = kuwahara(scene, max(3.5 * scale, 1.5), directions, 0.5 * anisotropy, 10.0)
    light = grey(wash)[..., None]
    steps = 5
    stepped = (np.floor(light * steps) + ramp(light * steps % 1, 0.35, 0.65)) / steps  # layers of wash
    wash = np.clip(wash + (stepped - light) * 0.7, 0, 1)
    wash = 1 - (1 - wash) * 0.72  # watercolour never gets as dark as oil
    rim = np.linalg.norm(np.stack([ndimage.sobel(stepped[..., 0], 0), ndimage.sobel(stepped[..., 0], 1)]), axis=0)
    rim = np.clip(blur(rim, 0.5 * scale) * scale, 0, 1)
    tooth = noise(shape, 1.3 * scale, rng)
    cloud = noise(shape, 14 * scale, rng) + 0.5 * noise(shape, 6 * scale, rng)
    density = 1 + 0.9 * rim + 0.25 * cloud + 0.1 * tooth
    wash = np.clip(wash * (1 - (1 - wash) * (density[..., None] - 1)), 0, 1)
    sheet = paper(shape, 1.3 * scale, (0.985, 0.97, 0.935), rng, 0.0)
    bare = ramp(grey(wash) + 0.04 * tooth + 0.03 * cloud, 0.8, 0.93)  # the lights are the paper itself
    return lit(blend(wash * sheet, sheet, bare), tooth, 0.022)


def _wobble(picture, amount, size, rng):
    """Shake every edge as an unsteady hand does: by up to about `amount` px, in waves of `size` px."""
    shape = picture.shape[:2]
    y, x = np.mgrid[: shape[0], : shape[1]].astype("float32")
    places = [y + amount * noise(shape, size, rng), x + amount * noise(shape, size, rng)]
    channels = [ndimage.map_coordinates(picture[..., c], places, order=1, mode="nearest") for c in range(3)]
    return np.stack(channels, -1)


def stained_glass(picture, rng):
    """Compose pieces of glowing glass between lead lines; each piece is a SLIC superpixel in one clear colour.

    Achanta, Shaji, Smith, Lucchi, Fua and Suesstrunk 2012, "SLIC superpixels".
    """
    scale = unit(picture)
    shape = picture.shape[:2]
    small = [
        max(16, round(n / max(scale, 1))) for n in shape
    ]  # the pieces are cut in a picture of about 128 px, whatever its own size
    scene = transform.resize(blur(picture, scale), small, order=1) if scale > 1 else blur(picture, scale)
    scene = scene + 0.05 * noise(small, 9, rng)[..., None]  # so that every seed cuts other pieces
    pieces = int(np.clip(small[0] * small[1] / 130, 6, 400))
    labels = segmentation.slic(np.clip(scene, 0, 1), pieces, compactness=9, sigma=0, start_label=1)
    labels = transform.resize(labels, shape, order=0, preserve_range=True, anti_aliasing=False).astype(int)
    index = np.arange(1, labels.max() + 1)
    glass = vivid(tone(picture), 2.0, 1.2)
    colours = np.stack([ndimage.mean(glass[..., c], labels, index) for c in range(3)], -1)
    colours = colours * rng.uniform(0.85, 1.15, (len(index), 1))
    colours = np.clip(vivid(colours[None].astype("float32"), 1.35)[0], 0.05, 1) ** 0.8
    dull = np.clip(
        0.4 - 1.3 * np.ptp(colours, axis=1, keepdims=True), 0, 1
    )  # grey glass looks dull, so it takes a tint
    colours = colours * (1 - dull) + dull * (0.25 + 0.75 * colours) * JEWELS[rng.integers(len(JEWELS), size=len(index))]
    edges = segmentation.find_boundaries(labels, mode="thick")
    depth = ndimage.distance_transform_edt(~edges).astype("float32") / scale  # in units; 0 in the middle of a line
    depth = blur(depth, 0.5 * scale)
    ripple = noise(shape, 5 * scale, rng)
    glow = 0.86 + 0.22 * ramp(depth, 0.5, 6) + 0.05 * ripple
    window = lit(np.clip(colours[labels - 1].astype("float32") * glow[..., None], 0, 1), ripple, 0.25)
    lead = ramp(-depth, -1.1, -0.5)
    came = lit(np.broadcast_to(np.array([0.09, 0.085, 0.1], "float32"), picture.shape), lead, 0.25)
    return blend(window, came, lead)
