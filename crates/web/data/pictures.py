"""Makes the pictures of the front page from a plan of the example `shaved-norwood6`. Run by hand, with Pillow installed:

    hairline example shaved-norwood6 > case.toml && hairline plan case.toml -o plan
    python3 crates/web/data/pictures.py plan crates/web/assets
"""
import csv
import pathlib
import sys

from PIL import Image

plan, assets = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])

# The head from its left, without the empty border, and 8 x 8 mm of scalp.
for source, name in [("left-before", "head-before"), ("left-session-3-healed", "head-after")]:
    picture = Image.open(plan / "preview" / f"{source}.png").convert("RGB").crop((110, 60, 910, 860))
    picture.resize((640, 640), Image.LANCZOS).save(assets / f"{name}.webp", quality=84, method=6)
for source, name in [("before", "skin-0"), ("session-1-healed", "skin-1"), ("session-2-healed", "skin-2"),
                     ("session-3-healed", "skin-3")]:
    picture = Image.open(plan / "preview" / f"closeup-{source}.png").convert("RGB")
    picture.resize((440, 440), Image.LANCZOS).save(assets / f"{name}.webp", quality=82, method=6)

# The dots of the front hairline from above, in tenths of a millimetre, forward to the left: a path of points a session.
left, right, half = 0.0, 50.0, 20.0
rows = list(csv.DictReader(open(plan / "dots.csv", newline="")))
front = max(float(r["z_mm"]) for r in rows if abs(float(r["x_mm"])) < 5)
paths = {}
for r in rows:
    x, y = front + 4 - float(r["z_mm"]), float(r["x_mm"]) + half
    if left <= x <= right and 0 <= y <= 2 * half:
        paths.setdefault(int(r["session"]), []).append(f"M{round(x * 10)} {round(y * 10)}h0")
body = "".join(f'<path class="s{s}" d="{"".join(p)}"/>' for s, p in sorted(paths.items()))
(assets / "dots.svg").write_text(
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {int(right * 10)} {int(half * 20)}">'
    f'<g id="dots" fill="none" stroke="currentColor" stroke-linecap="round">{body}</g></svg>\n')
print({s: len(p) for s, p in paths.items()})
