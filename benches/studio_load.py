#!/usr/bin/env python3
"""The running studio under load on loopback, with wrk (`apt install wrk`), on a store with a million bookings.

    cargo build --release && cargo run --release -p hairline-studio --example large_store -- /tmp/large [postgres://...]
    python3 benches/studio_load.py /tmp/large [--database postgres://...] [--seconds 10]

Prints requests a second and latencies (p50, p99, max in ms) of: the search of a month for a sitting of 300 minutes with any of
20 practitioners in 8 rooms (the answer has every start of 31 days by practitioner); the search of a course of four sessions in
half a year, 200 times a second; holds; holds that are then booked, two writes each. Also the time from start to the first
answer, and resident memory.
"""

import argparse
import datetime
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
HAIRLINE = os.path.join(os.environ.get("CARGO_TARGET_DIR", "target"), "release", "hairline")

REPORT = """
function done(summary, latency)
  local e = summary.errors
  io.write(string.format("LOAD %d %d %d %d %d %d\\n", summary.requests, e.status + e.connect + e.read + e.write + e.timeout,
    summary.duration, latency:percentile(50), latency:percentile(99), latency.max))
end
"""


def get(base, path):
    with urllib.request.urlopen(base + path) as answer:
        return json.load(answer)


def wrk(base, script, seconds, connections, threads=1, arguments=()):
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        command = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", file.name, base]
        ran = subprocess.run(command + (["--", *arguments] if arguments else []), capture_output=True, text=True)
    sys.stderr.write(ran.stderr)
    line = re.search(r"LOAD (.*)", ran.stdout)
    if not line:
        sys.exit(f"wrk said nothing that can be read:\n{ran.stdout}")
    return [int(x) for x in line[1].split()]


def searches(base, paths, seconds, connections, delay_ms=0):
    """Requests a second, errors, and latencies in ms of paths asked in turn."""
    lines = "\n".join(f'"{path}",' for path in paths)
    script = f"local paths = {{ {lines} }}\nlocal n = 0\nfunction request() n = n % #paths + 1; return wrk.format('GET', paths[n]) end\n"
    if delay_ms:
        script += f"function delay() return {delay_ms} end\n"
    requests, errors, duration, p50, p99, most = wrk(base, script + REPORT, seconds, connections)
    return requests / duration * 1e6, errors, p50 / 1e3, p99 / 1e3, most / 1e3


def free_times(base, service, studios, today):
    """Free times of a far month, in an order that spreads them over practitioners and days."""
    found = []
    for studio in studios:
        first = today + datetime.timedelta(days=110)
        last = first + datetime.timedelta(days=30)
        lines = get(base, f"/api/v1/free-times?service={service}&studio={studio}&from={first}&to={last}")["free_times"]
        # A visit of an hour every hour; eight rooms carry the first eight practitioners at each time.
        for line in lines[:8]:
            for day in line["days"]:
                for start in day["starts"]:
                    if start.endswith(":00"):
                        at = f"{day['date']}T{start}:00{day['offset']}"
                        found.append(f"{service} {line['practitioner']['id']} {studio} {at}")
    random.Random(7).shuffle(found)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--database")
    parser.add_argument("--seconds", type=int, default=10)
    arguments = parser.parse_args()
    command = [HAIRLINE, "serve", "--data", arguments.folder, "--listen", "127.0.0.1:0", "--rate-limit", "0",
               "--trusted-proxy", "127.0.0.1/32"]
    command += ["--database", arguments.database] if arguments.database else []
    begun = time.monotonic()
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        for line in server.stdout:
            if ready := re.search(r"ready at (http://\S+)", line):
                break
        else:
            sys.exit("the server ended")
        base = ready[1]
        urllib.request.urlopen(base + "/healthz").read()
        print(f"first answer after {(time.monotonic() - begun) * 1e3:.0f} ms")
        measure(base, arguments.seconds)
        with open(f"/proc/{server.pid}/status") as status:
            resident = re.search(r"VmRSS:\s+(\d+)", status.read())
        print(f"resident {int(resident[1]) / 1024:.0f} MB")
    finally:
        server.terminate()
        server.wait()


def measure(base, seconds):
    studios = [s["slug"] for s in get(base, "/api/v1/studios")["studios"]]
    of_minutes = {s["minutes"]: s["id"] for s in get(base, f"/api/v1/services?studio={studios[0]}")["services"]}
    services = {"consultation": of_minutes[45], "session": of_minutes[300]}
    today = datetime.date.today()
    month = [f"/api/v1/free-times?service={services['session']}&studio={studio}&from={today + datetime.timedelta(days=ahead)}"
             f"&to={today + datetime.timedelta(days=ahead + 30)}" for studio in studios for ahead in (1, 20, 40)]
    answer = urllib.request.urlopen(base + month[0]).read()
    starts = sum(len(day["starts"]) for line in json.loads(answer)["free_times"] for day in line["days"])
    row("month", *searches(base, month, seconds, 8), note=f"{starts} starts, {len(answer) / 1e3:.0f} kB")
    half_year = today + datetime.timedelta(days=180)
    gaps = ",".join(["14-21"] * 3)
    course = [f"/api/v1/course-times?service={services['session']}&studio={studio}&from={today}&to={half_year}&gaps={gaps}"
              for studio in studios]
    row("course, 200/s", *searches(base, course, seconds, 20, delay_ms=100))
    row("course, most", *searches(base, course, seconds, 8))
    times = free_times(base, services["consultation"], studios, today)
    with open(os.path.join(HERE, "studio_load.lua")) as file:
        script = file.read()
    half = len(times) // 2
    for name, mode, part in (("holds", "hold", times[:half]), ("holds then bookings", "book", times[half:])):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write("\n".join(part))
            file.flush()
            holds, booked, refused, other, duration, p50, p99, most = wrk(
                base, script, seconds, 50, arguments=(file.name, "1", mode))
        note = f"{holds} holds, {booked} bookings, {refused} refused, {len(part)} times"
        row(name, (holds + booked) / duration * 1e6, other, p50 / 1e3, p99 / 1e3, most / 1e3, note)


def row(name, rate, errors, p50, p99, most, note=""):
    print(f"{name:20} {rate:8.0f}/s  p50 {p50:7.2f}  p99 {p99:7.2f}  max {most:7.1f} ms  errors {errors}  {note}", flush=True)


if __name__ == "__main__":
    main()
