"""Score a painter, at every position of the sliders, on photos and paintings that its training never saw.

    python scripts/score_painter.py [data/weights/painter.npz] [--photos DIR --paintings DIR] [-o runs/score]

The photos are the embedded test photos and those that `domains.folder` keeps for testing in --photos. The paintings are
made from these photos by the filters, with seeds and palettes that training did not use, and the test split of
--paintings is added. The script prints a table and writes scores.json, pictures.png and tradeoff.png. At the upper end
of the content weight every photo has to come back; this is tested with more photos.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from stylekit import filters, images, metrics, plots
from stylekit.data import domains
from stylekit.files import data_file
from stylekit.methods.painter import TERMS, Painter

SIZE = 256  # px
PHOTOS = 8  # at most; each is painted at every position
RETURNED = 24  # at most; photos that have to come back at the upper end of the content weight
FACTORS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100)
SHOWN = {"balanced": {}} | {f"{term} {factor}": {term: factor} for term in TERMS[::-1] for factor in (10, 100)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights", type=Path, nargs="?")
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--paintings", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=Path("runs/score"))
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)

    painter = Painter.load(options.weights or data_file("weights/painter.npz"))
    photos, paintings = unseen(options.photos, options.paintings)
    scores = {"photo itself": score(painter, photos, paintings, photos)}
    print(f"{len(photos)} photos and paintings at {SIZE} px\n{'':20s} content    style  SSIM to x")
    show("photo itself", scores["photo itself"])
    for term in TERMS:
        for factor in FACTORS:
            name = f"{term} {factor:g}"
            scores[name] = score(painter, photos, paintings, painter(photos, paintings, **{term: factor}))
            show(name, scores[name])
    back = returned(painter, options.photos, paintings)
    scores["SSIM of each photo at content 100"] = back.tolist()
    reached = f"SSIM {back.mean():.3f} on average, {back.min():.3f} at least; {(back >= 0.9).sum()} reach 0.9"
    print(f"content 100, {len(back)} photos: {reached}")
    (options.output / "scores.json").write_text(json.dumps(scores, indent=1))

    curves = {term: column_pair([scores[f"{term} {factor:g}"] for factor in FACTORS]) for term in TERMS}
    plots.save(plots.tradeoff(curves, {"photo itself": scores["photo itself"][:2]}), options.output / "tradeoff.png")
    columns = [photos, paintings] + [painter(photos, paintings, **weights) for weights in SHOWN.values()]
    rows = list(zip(*columns, strict=True))
    plots.save(plots.pictures(rows, ["photo x", "painting y", *SHOWN]), options.output / "pictures.png")


def unseen(photo_folder, painting_folder):
    """Photos, and for each a painting of another photo: two arrays (n, SIZE, SIZE, 3)."""
    photos = test_photos(photo_folder, PHOTOS)
    photos = photos * (PHOTOS // len(photos))
    palettes = list(filters.PALETTES)
    paintings = [
        filters.render(photos[i - 1], name, seed=1000 + i, palette=palettes[i] if i % 2 else None)
        for i, name in enumerate(filters.FILTERS)
    ]
    if painting_folder:
        real = [images.fit(painting, SIZE) for painting in domains.folder(painting_folder, SIZE, "test")]
        paintings[: len(real)] = real[: len(paintings)]
    return np.stack(photos), np.stack(paintings[: len(photos)])


def test_photos(folder, most):
    """Photos that training never saw, (SIZE, SIZE, 3) each."""
    photos = list(domains.photos(SIZE, "test"))
    if folder:
        photos += domains.folder(folder, SIZE, "test")[: most - len(photos)]
    return [images.fit(photo, SIZE) for photo in photos]


def returned(painter, photo_folder, paintings):
    """SSIM of each photo to its own picture at the upper end of the content weight: (n,)."""
    photos = test_photos(photo_folder, RETURNED)
    answers = [painter(photo, paintings[i % len(paintings)], content=100.0) for i, photo in enumerate(photos)]
    return metrics.ssim(np.stack(answers), np.stack(photos))


def score(painter, photos, paintings, pictures):
    """Means over all pictures: content distance to the photos, style distance to the paintings, SSIM to the photos."""
    trade_off = metrics.trade_off(painter.feature_extractor, pictures, photos, paintings)
    return [
        *trade_off,
        float(np.mean(metrics.ssim(pictures, photos))),
    ]


def show(name, numbers):
    """Print one row of the table."""
    print(f"{name:20s}" + "".join(f"{number:8.3f} " for number in numbers), flush=True)


def column_pair(scores):
    """Content distances and style distances of several scores."""
    content, style, _ = zip(*scores, strict=True)
    return content, style


if __name__ == "__main__":
    main()
