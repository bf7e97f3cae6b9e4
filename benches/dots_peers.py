#!/usr/bin/env python3
"""Dot layout against the peers that pip installs: same mesh, same machine, same run.

usage: python3 benches/dots_peers.py [--dots 60000] [--rounds 5] [--work target/dots-peers]

Needs Python 3.11 with venv, cargo, and the scoring kit (peers.py, metrics.py) in $HAIRLINE_SHARED/bench/dots, default
../shared/bench/dots. Makes its own virtual environment under --work. In every round each competitor runs once in a
fresh process; the table gives medians of the sampling call alone (meshes, imports and files are not timed) and the
kit's metrics of the first round. Peers that take a radius are calibrated to the count outside the timer; VTK and
fpsample pick from random candidates made outside the timer.
"""
import argparse, json, os, pathlib, platform, re, statistics, subprocess, sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHARED = pathlib.Path(os.environ.get("HAIRLINE_SHARED", ROOT.parent / "shared"))
KIT = SHARED / "bench" / "dots"
# What metrics.py itself needs, then the peers; one that does not install is left out and named.
NEEDED = ["numpy", "scipy", "numba", "libigl"]
PEERS = {
    "trimesh_even": "trimesh",
    "vtk": "vtk",
    "fps": "fpsample",
    "open3d": "open3d",
    "pymeshlab": "pymeshlab",
    "igl": "libigl",
    "pcu_lloyd": "point-cloud-utils",
}
GRADED_PEERS = ["pymeshlab"]  # the only one with a density
OWN = ["uniform-one-visit", "uniform", "graded", "graded+hairs-one-visit", "graded+hairs"]


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--dots", type=int, default=60000)
    ap.add_argument("--rounds", type=int, default=5)
    ap.add_argument("--work", type=pathlib.Path, default=ROOT / "target" / "dots-peers")
    a = ap.parse_args()
    if not (KIT / "peers.py").is_file():
        sys.exit(f"no scoring kit in {KIT}: set HAIRLINE_SHARED to the folder that holds bench/dots")
    a.work = a.work.resolve()
    a.work.mkdir(parents=True, exist_ok=True)
    python = environment(a.work)
    missing = [peer for peer, package in PEERS.items() if not installed(python, package)]
    peers = [peer for peer in PEERS if peer not in missing]

    subprocess.run(["cargo", "build", "--release", "-p", "hairline-plan", "--example", "layout_bench"], cwd=ROOT, check=True)
    target = json.loads(subprocess.run(["cargo", "metadata", "--format-version", "1", "--no-deps"], cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    bench = pathlib.Path(target["target_directory"]) / "release" / "examples" / "layout_bench"
    times = {}
    for round_ in range(a.rounds):
        for job in OWN:
            extra = ["--out", str(a.work)] if round_ == 0 else []
            out = subprocess.run([bench, "--dots", str(a.dots), "--runs", "3", "--no-metrics", "--only", job, *extra], check=True, capture_output=True, text=True).stdout
            wall, cpu = re.search(r"time ([\d.]+) s wall, ([\d.]+) s processor", out).groups()
            times.setdefault(("hairline", job), []).append((float(wall), float(cpu)))
        for peer, graded in [(p, False) for p in peers] + [(p, True) for p in GRADED_PEERS if p in peers]:
            name = "graded" if graded else "uniform"
            csv = a.work / f"{peer}-{name}.csv" if round_ == 0 else "-"
            cmd = [python, KIT / "peers.py", peer, a.work / "head.ply", str(a.dots), str(round_ + 1), csv]
            done = subprocess.run(cmd + (["--graded"] if graded else []), capture_output=True, text=True)
            line = [l for l in done.stdout.splitlines() if l.startswith("@@")]
            if done.returncode or not line:
                print(f"{peer} failed: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
                continue
            r = json.loads(line[0][2:])
            times.setdefault((peer, name), []).append((r["sample_s"], r["cpu_s"]))
        print(f"round {round_ + 1} of {a.rounds} done", file=sys.stderr)

    rows = []
    for (who, job), runs in times.items():
        file = a.work / (f"{job}.csv" if who == "hairline" else f"{who}-{job}.csv")
        scores = score(python, a.work / "head.ply", file, "graded" in job)
        wall, cpu = (statistics.median(r[k] for r in runs) for k in (0, 1))
        rows.append((who, job, wall, cpu, scores))
    print(f"\n{a.dots} dots, {platform.machine()}, {os.cpu_count()} cores, {a.rounds} rounds")
    for graded in (False, True):
        chosen = [r for r in rows if ("graded" in r[1]) == graded]
        own = next((r[2] for r in chosen if r[0] == "hairline" and "one-visit" in r[1]), None)
        print("\n| who | job | dots | wall s | processor s | time / hairline one visit | NN CV | largest void | low-frequency power: whole / visits / 1+2 |")
        print("|---|---|---|---|---|---|---|---|---|")
        for who, job, wall, cpu, scores in sorted(chosen, key=lambda r: r[2]):
            power = lambda key: f"{scores[key]['P_low']:.3f}" if key in scores else ""
            visits = ", ".join(power(k) for k in scores if k.startswith("visit"))
            print(f"| {who} | {job} | {scores['all']['n']} | {wall:.3f} | {cpu:.3f} | {wall / own:.1f} | {scores['all']['nn_cv']:.3f} | {scores['all']['cov']:.2f} | {power('all')} / {visits} / {power('1+2')} |")
    if missing:
        print("\nnot installed: " + ", ".join(missing))


def environment(work):
    python = work / "venv" / "bin" / "python"
    if not python.is_file():
        subprocess.run([sys.executable, "-m", "venv", work / "venv"], check=True)
    lacking = [p for p in NEEDED if not installed(python, p)]
    if lacking:
        subprocess.run([python, "-m", "pip", "install", "-q", *lacking], check=True)
    for package in PEERS.values():
        if not installed(python, package):
            subprocess.run([python, "-m", "pip", "install", "-q", package])
    return python


def installed(python, package):
    return subprocess.run([python, "-c", f"import importlib.metadata as m; m.version('{package}')"], capture_output=True).returncode == 0


SCORE = """
import json, sys, numpy as np
sys.path.insert(0, sys.argv[1])
import metrics
mesh = metrics.Mesh(sys.argv[2]); x = np.loadtxt(sys.argv[3], delimiter=",", ndmin=2); graded = sys.argv[4] == "1"
sets = {"all": x[:, :3]}
if x.shape[1] > 3 and x[:, 3].max() > 0:
    for k in np.unique(x[:, 3]): sets["visit %d" % (k + 1)] = x[x[:, 3] == k, :3]
    sets["1+2"] = x[x[:, 3] <= 1, :3]
print(json.dumps({k: metrics.score(mesh, np.ascontiguousarray(p), graded)[0] for k, p in sets.items()}))
"""


def score(python, mesh, csv, graded):
    env = os.environ | {"NUMBA_CACHE_DIR": str(csv.parent / "numba")}
    out = subprocess.run([python, "-c", SCORE, KIT, mesh, csv, "1" if graded else "0"], check=True, capture_output=True, text=True, env=env)
    return json.loads(out.stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
