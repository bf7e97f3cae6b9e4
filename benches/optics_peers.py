#!/usr/bin/env python3
"""Light in skin beside the reference programs, in one run on one machine.

    cargo build --release
    python3 benches/optics_peers.py --mcml PATH              the field's reference program (C), built with -O3 -march=native
    pip install mitsuba && python3 benches/optics_peers.py --mitsuba
    pip install pmcxcl  && python3 benches/optics_peers.py --pmcxcl

MCML: photons per second of CPU on the skin of seven layers at 600 nm (standard problem S7: 1e6 photons, 500 x 200 x 30 grids,
roulette at 1e-4), medians of several runs, and how far both answers are apart.
Mitsuba: volumetric path tracing of a slab with one dot in RGB: colour in the middle of the dot and beside it, and time.
pmcxcl: a voxel program (OpenCL; on a CPU through PoCL, started with LD_PRELOAD=libstdc++.so.6 of the system) on the slab of
van de Hulst.
"""

import argparse
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

HAIRLINE = os.path.join(os.environ.get("CARGO_TARGET_DIR", "target"), "release", "hairline")

S7 = """1.0
1
out.mco A
{photons}
0.002 0.01
500 200 30
7
1.0
1.53 0.2 1000 0.9 0.002
1.34 0.15 400 0.85 0.008
1.4 0.7 300 0.8 0.01
1.39 1 350 0.9 0.008
1.4 0.7 200 0.76 0.162
1.39 1 350 0.95 0.02
1.44 0.3 150 0.8 0.59
1.0
"""


def cpu_seconds(command, **kwargs):
    """Seconds of CPU and of the clock that a command takes, and what it prints."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.time()
    done = subprocess.run(command, capture_output=True, text=True, check=True, **kwargs)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return used, time.time() - start, done.stdout


def mcml(path, runs):
    ours, theirs, reflected = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        small, large = os.path.join(folder, "small.mci"), os.path.join(folder, "large.mci")
        for name, photons in ((small, 300_000), (large, 1_000_000)):
            with open(name, "w") as file:
                file.write(S7.format(photons=photons))
        slab = [HAIRLINE, "optics", "slab", large, "--grids", "--json"]
        for _ in range(runs):
            used, _, _ = cpu_seconds([os.path.abspath(path), small], cwd=folder)
            theirs.append(300_000 / used)
            with open(os.path.join(folder, "out.mco")) as file:
                reflected.append(next(float(line.split()[0]) for line in file if "Diffuse reflectance" in line))
            used, _, out = cpu_seconds(slab + ["--threads", "1"])
            ours.append(1_000_000 / used)
            time.sleep(1.1)  # the reference program seeds itself from the second
        answer = json.loads(out)["diffuse_reflectance"]
        one = statistics.median(cpu_seconds(slab + ["--threads", "1", "--photons", "8000000"])[1] for _ in range(3))
        every = statistics.median(cpu_seconds(slab + ["--photons", "8000000"])[1] for _ in range(3))
    ours, theirs = statistics.median(ours), statistics.median(theirs)
    print(f"S7, photons a second of CPU, medians of {runs}: MCML {theirs:,.0f}, hairline {ours:,.0f}: {ours / theirs:.1f} x")
    print(f"diffuse reflectance: MCML {statistics.mean(reflected):.5f}, hairline {answer['value']:.5f} +- {answer['se']:.5f}")
    print(f"all {os.cpu_count()} cores: {one / every:.2f} x the speed of one")


# The slab of optics.md section 8: epidermis 0.1 mm over dermis, n 1.40, g 0.8, a cylinder 0.3 mm wide 0.5-0.8 mm deep.
CHANNELS_NM = (600, 540, 450)
DERMIS_MUA = (0.05, 0.25, 0.45)
DOT_MUA = 20.0
G = 0.8


def dermis_mus(nm):
    """Jacques 2013, ex vivo dermis, 1/mm."""
    return 4.36 * (0.41 * (nm / 500) ** -4 + 0.59 * (nm / 500) ** -0.562) / (1 - G)


def epidermis_mua(nm):
    return 0.1 * (0.03 * 6.6e11 * nm**-3.33 + 0.97 * (0.244 + 85.3 * math.exp(-(nm - 154) / 66.2)))


def our_slab(photons):
    """The same slab through `hairline optics dot --exact`: its reflectance by radius and channel, and CPU seconds."""
    wavelengths = list(range(400, 701, 10))

    def spread(values):
        table = dict(zip(CHANNELS_NM, values))
        return [table.get(nm, values[1]) for nm in wavelengths]

    mus = spread([dermis_mus(nm) for nm in CHANNELS_NM])

    def layer(name, thickness, mua):
        return dict(name=name, thickness_mm=thickness, n=[1.4] * 31, g=[G] * 31, mua_per_mm=mua, mus_per_mm=mus)

    layers = [
        layer("epidermis", 0.1, spread([epidermis_mua(nm) for nm in CHANNELS_NM])),
        layer("dermis", 2.9, spread(DERMIS_MUA)),
    ]
    problem = dict(
        stack=dict(n_above=1.0, n_below=1.0, layers=layers),
        dot=dict(shape="cylinder", diameter_mm=0.3, top_mm=0.5, height_mm=0.3, mua_per_mm=[DOT_MUA] * 31),
    )
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(problem, file)
        file.flush()
        used, wall, out = cpu_seconds(
            [HAIRLINE, "optics", "dot", "--stack", file.name, "--exact", "--photons", str(photons), "--json"]
        )
    answer = json.loads(out)
    profile = answer["profile"]

    def reflectance(r_mm, channel):
        """Between the radii of the profile, straight."""
        w = wavelengths.index(CHANNELS_NM[channel])
        k = next((k for k in range(1, len(profile) - 1) if profile[k]["r_mm"] >= r_mm), len(profile) - 1)
        a, b = profile[k - 1], profile[k]
        t = min(max((r_mm - a["r_mm"]) / (b["r_mm"] - a["r_mm"]), 0.0), 1.0)
        return answer["skin_reflectance"][w] * (a["ratio"][w] + t * (b["ratio"][w] - a["ratio"][w]))

    return reflectance, used * 3 / 31, wall


def lab(rgb):
    """CIELAB of linear sRGB."""
    rows = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.072175), (0.0193339, 0.119192, 0.9503041))
    white = (0.95047, 1.0, 1.08883)
    f = [
        (t ** (1 / 3) if t > (6 / 29) ** 3 else t / (3 * (6 / 29) ** 2) + 4 / 29)
        for t in (sum(a * b for a, b in zip(row, rgb)) / w for row, w in zip(rows, white))
    ]
    return 116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])


def mitsuba(samples):
    import mitsuba as mi
    import numpy as np

    mi.set_variant("scalar_rgb")
    # Wide enough that next to nothing reaches the sides; in each picture the three channels are one wavelength three times,
    # as the weights of a path through three different media vary without measure.
    side_mm, voxel_mm = 16.0, 0.05
    n = (round(side_mm / voxel_mm),) * 2 + (60,)
    z = 3.0 - (np.arange(n[2]) + 0.5) * voxel_mm  # depth of a voxel's middle; the grid runs upwards
    x = (np.arange(n[0]) + 0.5) * voxel_mm - side_mm / 2
    inside = (x[None, :] ** 2 + x[:, None] ** 2) < 0.15**2
    dot = inside[None] & ((z > 0.5) & (z < 0.8))[:, None, None]
    # Voxels make a disc of another area; the pigment is that of the true one.
    pigment = DOT_MUA * math.pi * 0.15**2 / (inside.sum() * voxel_mm**2)
    transform = mi.ScalarTransform4f
    box = transform().translate([-side_mm / 2, -side_mm / 2, -3]).scale([side_mm, side_mm, 3])

    def wall(to_world):
        return dict(type="rectangle", to_world=to_world, bsdf=dict(type="twosided", nested=dict(type="diffuse", reflectance=0.0)))

    def picture(nm, dermis_mua):
        mus = dermis_mus(nm)
        mua = np.where(z < 0.1, epidermis_mua(nm), dermis_mua)[:, None, None] + pigment * dot
        sigma_t = np.repeat((mus + mua)[..., None], 3, axis=3).astype(np.float32)
        top = float(sigma_t.max())
        grid = lambda values: dict(
            type="gridvolume", grid=mi.VolumeGrid(values.astype(np.float32)), filter_type="nearest", to_world=box, raw=True
        )
        below = transform().translate([0, 0, -3.05]).scale([100, 100, 1])
        scene = dict(
            type="scene",
            # Its roulette multiplies the noise of these long paths; without it they end by absorption.
            integrator=dict(type="volpathmis", max_depth=-1, rr_depth=100_000),
            light=dict(type="constant", radiance=1.0),
            floor=wall(below),
            sensor=dict(
                type="orthographic",
                to_world=transform().look_at([0, 0, 5], [0, 0, 0], [0, 1, 0]).scale([1, 1, 1]),
                sampler=dict(type="independent", sample_count=samples),
                film=dict(type="hdrfilm", width=64, height=64, rfilter=dict(type="box"), pixel_format="rgb"),
            ),
            slab=dict(
                type="cube",
                to_world=transform().translate([0, 0, -1.5]).scale([side_mm / 2, side_mm / 2, 1.5]),
                bsdf=dict(type="dielectric", int_ior=1.4, ext_ior=1.0),
                interior=dict(
                    type="heterogeneous",
                    sigma_t=grid(sigma_t / top),
                    albedo=grid(mus / sigma_t),
                    scale=top,
                    phase=dict(type="hg", g=G),
                    sample_emitters=False,
                ),
            ),
        )
        return np.array(mi.render(mi.load_dict(scene))).mean(axis=2)

    start = time.process_time()
    image = np.stack([picture(nm, mua) for nm, mua in zip(CHANNELS_NM, DERMIS_MUA)], axis=2)
    used = time.process_time() - start
    place = (np.arange(64) + 0.5) * 2.0 / 64 - 1.0
    r = np.hypot(place[None, :], place[:, None])
    mirror = (0.4 / 2.4) ** 2
    # What the surface mirrors of the constant light is not what came from inside.
    rings = [image[(r >= low) & (r < high)] - mirror for low, high in RINGS_MM]
    return [(ring.mean(0), ring.std(0) / math.sqrt(len(ring))) for ring in rings], used


# Rings in which colours are compared, mm from the middle of the dot.
RINGS_MM = ((0.0, 0.08), (0.2, 0.3), (0.4, 0.6), (0.85, 1.0))


def compare_mitsuba(samples):
    ours, used_ours, _ = our_slab(100_000)
    theirs, used = mitsuba(samples)
    print("slab with a dot, R G B by distance from its middle:")
    for (low, high), (values, se) in zip(RINGS_MM, theirs):
        # The ring's mean, by area, of our profile.
        radii = [low + (high - low) * (k + 0.5) / 20 for k in range(20)]
        mine = [sum(r * ours(r, c) for r in radii) / sum(radii) for c in range(3)]
        print(
            f"  {low:.2f}-{high:.2f} mm: Mitsuba {' '.join(f'{v:.4f}' for v in values)} (+- {' '.join(f'{v:.4f}' for v in se)}), "
            f"hairline {' '.join(f'{v:.4f}' for v in mine)}, CIE76 {math.dist(lab(values), lab(mine)):.2f}"
        )
    print(f"CPU seconds: Mitsuba {used:.1f} for the picture, hairline {used_ours:.1f} for its 16 radii")


def compare_pmcxcl():
    import numpy as np
    import pmcxcl

    photons = 1_000_000
    volume = np.ones((201, 201, 12), dtype=np.uint8)
    volume[:, :, 0] = volume[:, :, -1] = 0
    problem = dict(
        nphoton=photons, vol=volume, unitinmm=0.02, tstart=0, tend=5e-9, tstep=5e-9, srcpos=[100.5, 100.5, 1],
        srcdir=[0, 0, 1], prop=[[0, 0, 1, 1], [1.0, 9.0, 0.75, 1.0]], isreflect=0, autopilot=1,
    )
    start = time.time()
    result = pmcxcl.run(problem)
    wall = time.time() - start
    absorbed = result["stat"]["energyabs"] / result["stat"]["energytot"]
    toml = "photons = 1000000\nn_above = 1\nn_below = 1\nradial_step_mm = 1\nradial_bins = 1\n[[layer]]\nn = 1\nmua_per_mm = 1\nmus_per_mm = 9\ng = 0.75\nthickness_mm = 0.2\n"
    ours = json.loads(subprocess.run([HAIRLINE, "optics", "slab", "-", "--json"], input=toml, capture_output=True, text=True, check=True).stdout)
    print(f"van de Hulst's slab, absorbed: pmcxcl {absorbed:.4f} in {wall:.2f} s, hairline {ours['absorbed']['value']:.4f} in {ours['seconds']:.2f} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mcml", metavar="PATH", help="the reference program, built with -O3 -march=native")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--mitsuba", action="store_true")
    parser.add_argument("--samples", type=int, default=1024, help="samples a pixel of Mitsuba's 64 x 64 picture")
    parser.add_argument("--pmcxcl", action="store_true")
    arguments = parser.parse_args()
    if not os.path.exists(HAIRLINE):
        sys.exit(f"{HAIRLINE} is not there: cargo build --release makes it")
    if arguments.mcml:
        mcml(arguments.mcml, arguments.runs)
    if arguments.mitsuba:
        compare_mitsuba(arguments.samples)
    if arguments.pmcxcl:
        compare_pmcxcl()
    if not (arguments.mcml or arguments.mitsuba or arguments.pmcxcl):
        parser.print_help()


if __name__ == "__main__":
    main()
