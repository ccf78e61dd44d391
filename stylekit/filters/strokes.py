"""Filters that place one mark after another: the brush and the pointillist.

A filter takes a picture, (h, w, 3) float32 in [0, 1], and a NumPy generator. It returns an array of the same kind,
which may leave [0, 1] a little.
"""

import numpy as np
from scipy import ndimage
from scipy.spatial import KDTree

from stylekit.filters.ground import blur, flow, from_lab, lit, paper, to_lab, tone, unit, vivid

BRUSHES = (8.0, 4.2, 1.9)  # radii from large to small, in units
SIENNA = (0.55, 0.33, 0.18)  # the warm underpainting that shows between the strokes


def brush(picture, rng):
    """Paint curved strokes of thick paint: large brushes first, smaller ones where the canvas is still wrong.

    Hertzmann 1998, "Painterly rendering with curved brush strokes of multiple sizes".
    """
    scale = unit(picture)
    scene = vivid(tone(picture), 1.55, 1.1)
    canvas = np.broadcast_to(np.array(SIENNA, "float32"), scene.shape).copy()
    relief = np.zeros(scene.shape[:2], "float32")
    for number, size in enumerate(BRUSHES):
        radius = max(size * scale, 0.8)
        reference = blur(scene, radius / 2)
        directions, _ = flow(reference, 3 * scale + 0.5, rng)
        starts = _starts(canvas, reference, 1.4 * radius, 0.0 if number == 0 else 0.13, rng)
        paths, lengths, colours = _trace(starts, reference, canvas, directions, radius, rng)
        bristles = ndimage.gaussian_filter1d(rng.standard_normal((len(paths), 13)), 0.7, axis=1).astype("float32") * 1.4
        corners = np.clip(_corners(paths, radius), 0, relief.shape).tolist()
        for path, length, corner, colour, hairs in zip(paths, lengths, corners, colours, bristles, strict=True):
            _lay(canvas, relief, path[: length + 1], corner, radius, colour, hairs)
    return lit(canvas, blur(relief, 0.4 * scale), 0.26)


def _starts(canvas, reference, spacing, threshold, rng):
    """Where strokes begin, (n, 2): on a shaken grid, wherever the canvas is wrong by `threshold` or more."""
    height, width = canvas.shape[:2]
    grid = np.mgrid[0 : height + spacing : spacing, 0 : width + spacing : spacing].reshape(2, -1).T
    grid = grid + rng.uniform(-0.5, 0.5, grid.shape) * spacing
    grid = rng.permutation(np.clip(grid, 0, (height - 1, width - 1)))
    error = blur(np.linalg.norm(canvas - reference, axis=-1), spacing / 2)
    row, column = np.rint(grid).astype(int).T
    return grid[error[row, column] >= threshold]


def _trace(starts, reference, canvas, directions, radius, rng, longest=7, shortest=2):
    """Trace all strokes of one layer at once; each follows the flow until its colour is wrong for the place.

    Returns paths (n, longest + 1, 2) in px, lengths (n,) in segments, and colours (n, 3).
    """
    limit = np.array(reference.shape[:2]) - 1

    def at(values, place):
        row, column = np.rint(np.clip(place, 0, limit)).astype(int).T
        return values[row, column]

    colours = at(reference, starts)
    place, alive = starts, np.ones(len(starts), bool)
    heading = at(directions, starts) * rng.choice([-1, 1], (len(starts), 1))
    paths, lengths = [starts], np.zeros(len(starts), int)
    for step in range(longest):
        ahead = at(directions, place)
        ahead = ahead * np.where((ahead * heading).sum(-1, keepdims=True) < 0, -1, 1)
        heading = 0.7 * ahead + 0.3 * heading
        onward = place + radius * heading
        scene = at(reference, onward)
        own = np.linalg.norm(scene - colours, axis=-1)
        wrong = (own > np.linalg.norm(scene - at(canvas, onward), axis=-1)) & (own > 0.08)
        alive &= ~wrong if step >= shortest else True
        lengths[alive] = step + 1
        place = np.where(alive[:, None], onward, place)  # a stroke that has ended stays where it is
        paths.append(place)
    shift = 0.055 * rng.standard_normal((len(starts), 1)) + 0.028 * rng.standard_normal((len(starts), 3))
    shift *= 0.4 + 0.6 * colours.max(1, keepdims=True)  # on black, even a little colour shows
    return np.stack(paths, 1).astype("float32"), lengths, np.clip(colours + shift, 0, 1).astype("float32")


def _corners(paths, radius):
    """The upper left and the lower right corner of the area that each stroke can touch, (n, 2, 2) in whole px."""
    return np.stack([np.floor(paths.min(1) - radius - 1), np.ceil(paths.max(1) + radius + 2)], 1).astype(int)


def _lay(canvas, relief, path, corners, radius, colour, bristles):
    """Draw one stroke into canvas and relief: the distance to the path gives the edge, its side the bristle."""
    (top, left), (bottom, right) = corners
    area = slice(top, bottom), slice(left, right)
    y = np.arange(top, bottom, dtype="float32")[:, None, None] - path[:-1, 0]
    x = np.arange(left, right, dtype="float32")[None, :, None] - path[:-1, 1]
    dy, dx = (path[1:] - path[:-1]).T
    along = np.clip((y * dy + x * dx) / (dy * dy + dx * dx + 1e-6), 0, 1)
    distances = (y - along * dy) ** 2 + (x - along * dx) ** 2
    nearest = distances.argmin(-1)
    distance = np.sqrt(distances.min(-1))
    rows, columns = np.arange(bottom - top)[:, None], np.arange(right - left)
    side = y[rows, 0, nearest] * dx[nearest] - x[0, columns, nearest] * dy[nearest]
    across = np.copysign(distance, side) / radius  # -1 at one edge of the stroke, 1 at the other
    hair = bristles[np.clip(6 + 6 * across, 0, 12).astype("int32")]
    cover = np.clip(radius - distance + 0.5, 0, 1)
    canvas[area] += cover[..., None] * (colour * (1 + 0.07 * hair[..., None]) - canvas[area])
    relief[area] += cover * (0.5 * hair + 1.5 * across**2 + 0.5 - relief[area])


def pointillist(picture, rng):
    """Set dots of pure colour on a cream ground; each differs from the true hue, and the eye mixes them again.

    After Seurat and Signac: stronger colours, shadows towards blue-violet, lights towards yellow-orange, and here and
    there a dot in the complementary colour.
    """
    scale = unit(picture)
    scene = to_lab(vivid(tone(picture), 1.3, 1.05))
    canvas = paper(picture.shape[:2], 1.5 * scale, (0.93, 0.89, 0.78), rng, 0.02)
    pixels = np.stack(np.mgrid[: picture.shape[0], : picture.shape[1]], -1).astype("float32")
    for radius, spacing in ((2.2, 3.4), (2.0, 3.4), (1.6, 3.0)):
        radius, spacing = max(radius * scale, 0.7), max(spacing * scale, 1.2)
        centres = _shaken_grid(picture.shape, spacing, rng)
        row, column = np.rint(np.clip(centres, 0, np.array(picture.shape[:2]) - 1)).astype(int).T
        colours = from_lab(_divided(scene[row, column], rng)[None])[0]
        sizes = (radius * rng.uniform(0.75, 1.15, len(centres))).astype("float32")
        distance, nearest = KDTree(centres).query(pixels)
        cover = np.clip(sizes[nearest] - distance + 0.5, 0, 1).astype("float32")[..., None]
        canvas = canvas + cover * (colours[nearest] - canvas)
    return canvas


def _shaken_grid(shape, spacing, rng):
    """Points, (n, 2), about `spacing` px apart, in rows that are shifted like bricks; they reach beyond the picture."""
    rows = np.arange(-spacing, shape[0] + spacing, spacing * 0.87)
    columns = np.arange(-spacing, shape[1] + spacing, spacing)
    y, x = np.meshgrid(rows, columns, indexing="ij")
    x = x + (np.arange(len(rows)) % 2 * spacing / 2)[:, None]
    points = np.stack([y, x], -1).reshape(-1, 2)
    return points + rng.uniform(-0.28, 0.28, points.shape) * spacing


def _divided(lab, rng):
    """The colours of dots for the colours of a scene, both (n, 3) in Lab."""
    light, hue = lab[:, :1], lab[:, 1:]
    warmth = (light - 50) / 50
    hue = 1.25 * hue + warmth * np.array([2.0, 14.0]) + 11 * rng.standard_normal(hue.shape)
    complement = rng.random((len(lab), 1)) < 0.07
    hue = np.where(complement, -0.4 * hue + np.array([0.0, -5.0]), hue)
    return np.concatenate([light + 6 * rng.standard_normal(light.shape), hue], 1)
