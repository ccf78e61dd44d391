"""Checks on the choice of weights: lesson 00."""

from stylekit import metrics
from stylekit.checks.verdict import check, require

ENOUGH = 0.4  # of the content and of the style: few pictures have half of both



@check
def balance(painter, photo, painting, **weights):
    """Check three weights: does the picture keep 40 % of the content and take on 40 % of the style, or more?

    painter: a trained `methods.painter.Painter`. photo, painting: (h, w, 3) in [-1, 1]. weights: adversarial, content
    and style, as for the painter. Both are measured between the ends of the sliders: content at 100, and style at 100.
    """

    def distances(**weights):
        picture = painter(photo, painting, **weights)
        content = metrics.content_distance(painter.content_keeper, picture, photo)
        return content, metrics.style_distance(painter.content_keeper, picture, painting)

    (least_content, most_style), (most_content, least_style) = distances(content=100.0), distances(style=100.0)
    content, style = distances(**weights)
    kept = (most_content - content) / (most_content - least_content)
    taken = (most_style - style) / (most_style - least_style)
    found = f"it keeps {kept:.0%} of the content and takes on {taken:.0%} of the style"
    require(kept >= ENOUGH, f"{found}; the content is too far gone, so raise its weight or lower that of the style.")
    require(taken >= ENOUGH, f"{found}; the style is too weak, so raise its weight or lower that of the content.")
    return f"{found}."
