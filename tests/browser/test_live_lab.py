"""The live lab as it is used: in JupyterLab, with a mouse, while a training runs."""

import pytest
from test_instant_lab import drag

CELLS = [
    "import stylekit\nphotos = stylekit.photos(96)\n"
    "pairs = stylekit.Pairs(photos, stylekit.painted(photos, 'woodcut'), crop=48, batch=2)\n"
    "trainer = stylekit.Trainer(stylekit.Painter(width=8, blocks=1))",
    "lab = stylekit.lab.live(trainer, pairs, every=5)\nlab",
    "print('weight', trainer.method.objective.weights['style'])",
]


@pytest.fixture(scope="module")
def page(open_notebook):
    page = open_notebook("live.ipynb", CELLS)
    page.locator(".stylekit-screen").wait_for()
    page.locator(".stylekit-lab").scroll_into_view_if_needed()
    yield page
    page.close()


def press(page, name):
    page.locator(".stylekit-lab").get_by_role("button", name=name, exact=True).click()


def wait_for_sample(page, after):
    """Until the timeline is past a step; the newest step of all."""
    page.wait_for_function(
        "after => parseInt(document.querySelector('.stylekit-when').innerText.split('of ')[1]) > after", arg=after
    )
    return int(page.locator(".stylekit-when").inner_text().split("of ")[1])


def test_it_fits_a_projector(page):
    box = page.locator(".stylekit-lab").evaluate("lab => ({...lab.getBoundingClientRect().toJSON(), "
        "inside: lab.scrollWidth, seen: lab.closest('.jp-WindowedPanel-outer').clientHeight})")  # fmt: skip
    assert box["right"] <= 1280 and box["inside"] <= box["width"]
    assert box["height"] <= box["seen"]


def test_it_trains_while_cells_and_sliders_are_answered(page):
    press(page, "start")
    step = wait_for_sample(page, 5)
    drag(page, ".stylekit-style", 1.0)
    page.locator(".stylekit-style .widget-readout").get_by_text("100").wait_for()
    page.locator(".jp-CodeCell").nth(2).click()
    page.keyboard.press("Control+Enter")
    page.get_by_text("weight 100.0").wait_for()  # the cell runs, and the weight has moved
    wait_for_sample(page, step)
    press(page, "pause")
    page.locator(".stylekit-lab").get_by_text("Paused at step").wait_for()


def test_the_timeline_rewinds(page):
    newest = page.locator(".stylekit-screen").get_attribute("src")
    drag(page, ".stylekit-timeline", 0.0)
    page.locator(".stylekit-when").get_by_text("step 0 of").wait_for()
    page.wait_for_function("newest => document.querySelector('.stylekit-screen').src != newest", arg=newest)


def test_single_steps_and_reset(page):
    press(page, "only D")
    page.locator(".stylekit-lab").get_by_text("1 step of D alone").wait_for()
    press(page, "reset")
    page.locator(".stylekit-lab").get_by_text("Back at step 0.").wait_for()
    press(page, "step")
    page.locator(".stylekit-lab").get_by_text("now at step 1.").wait_for()
