#!/usr/bin/env python3
"""Opens dots.ply and head.glb with trimesh and compares them with dots.csv. Use: check_ply.py PLAN_FOLDER..."""
import csv
import sys

import numpy
import trimesh


def check(folder):
    with open(folder + "/dots.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    table = numpy.array([[float(row[c]) for c in ("x_mm", "y_mm", "z_mm")] for row in rows])
    cloud = trimesh.load(folder + "/dots.ply")
    assert len(cloud.vertices) == len(table), f"{len(cloud.vertices)} points, {len(table)} rows"
    assert numpy.abs(cloud.vertices - table).max() < 2e-3, "dots.ply and dots.csv differ"
    scene = trimesh.load(folder + "/head.glb")
    size = scene.bounds[1] - scene.bounds[0]
    assert 0.12 < size[0] < 0.35 and 0.2 < size[1] < 0.45, f"the head measures {size} metres"
    # The dots lie on the head: dots are millimetres, glTF is metres.
    low, high = scene.bounds[0] * 1000 - 2, scene.bounds[1] * 1000 + 2
    assert ((table > low) & (table < high)).all(), "dots lie outside the head"
    print(f"{folder}: {len(table)} dots")


for name in sys.argv[1:]:
    try:
        check(name)
    except (AssertionError, ValueError, KeyError) as problem:
        sys.exit(f"{name}: {problem}")
