#!/usr/bin/env python3
"""Reads a calendar file with the `icalendar` package of Python (a strict, foreign parser) and checks what every
course.ics promises. Use: check_ics.py FILE...  (needs `pip install icalendar`); exits 1 with a sentence if one is wrong."""
import datetime
import sys

import icalendar


def check(path):
    data = open(path, "rb").read()
    assert b"\n" not in data.replace(b"\r\n", b""), "a line does not end with CR LF"
    assert all(len(line) <= 75 for line in data.split(b"\r\n")), "a line is longer than 75 octets"
    calendar = icalendar.Calendar.from_ical(data)
    assert not calendar.errors, f"errors: {calendar.errors}"
    assert calendar["version"] == "2.0" and calendar["prodid"], "version or prodid is missing"
    events = [c for c in calendar.walk("VEVENT")]
    assert events, "no events"
    ids = [str(e["uid"]) for e in events]
    assert len(set(ids)) == len(ids), "identifiers are not unique"
    for event in events:
        assert not event.errors, f"{event['uid']}: {event.errors}"
        start, end = event["dtstart"].dt, event["dtend"].dt
        assert type(start) is type(end) and start < end, f"{event['uid']}: {start} to {end}"
        if isinstance(start, datetime.datetime):
            assert start.utcoffset() == datetime.timedelta(0), f"{event['uid']}: not in UTC"
        assert event["dtstamp"].dt.utcoffset() == datetime.timedelta(0), "the stamp is not in UTC"
        assert str(event["summary"]).strip(), f"{event['uid']}: no summary"
    print(f"{path}: {len(events)} events from {min(str(e['dtstart'].dt) for e in events)}")


for name in sys.argv[1:]:
    try:
        check(name)
    except (AssertionError, ValueError, KeyError) as problem:
        sys.exit(f"{name}: {problem}")
