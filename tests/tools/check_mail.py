#!/usr/bin/env python3
"""Reads mails and calendar files with foreign parsers (Python's `email` and the `icalendar` package) and prints what they
say as JSON, one object a file. Use: check_mail.py FILE.eml|FILE.ics..."""
import datetime
import email
import email.policy
import json
import sys

import icalendar


def instants(component, zones):
    """In UTC, by the file's own definition of a zone and not by the tables of this machine, which may be older."""
    out = {}
    for key in ("dtstart", "dtend", "dtstamp"):
        time = component[key]
        zone = time.params.get("TZID")
        at = time.dt if zone is None else time.dt.replace(tzinfo=zones[zone])
        out[key] = at.astimezone(datetime.timezone.utc).isoformat()
    return out


def calendar(data):
    assert b"\n" not in data.replace(b"\r\n", b""), "a line does not end with CR LF"
    assert all(len(line) <= 75 for line in data.split(b"\r\n")), "a line is longer than 75 octets"
    read = icalendar.Calendar.from_ical(data)
    assert not read.errors, f"errors: {read.errors}"
    zones = {str(z["tzid"]): z.to_tz(lookup_tzid=False) for z in read.walk("VTIMEZONE")}
    events = []
    for event in read.walk("VEVENT"):
        assert not event.errors, f"errors: {event.errors}"
        zone = event["dtstart"].params.get("TZID")
        assert zone is None or zone in zones, f"{zone} is used and not defined"
        events.append({
            "uid": str(event["uid"]), "sequence": int(event["sequence"]), "status": str(event["status"]),
            "summary": str(event["summary"]), "location": str(event["location"]), "zone": zone,
            "description": str(event.get("description", "")),
            "organizer": str(event.get("organizer", "")), "attendee": str(event.get("attendee", "")),
            **instants(event, zones),
        })
    return {"method": str(read.get("method", "")), "events": events}


for name in sys.argv[1:]:
    data = open(name, "rb").read()
    if name.endswith(".ics"):
        print(json.dumps(calendar(data)))
        continue
    mail = email.message_from_bytes(data, policy=email.policy.default)
    assert not mail.defects, mail.defects
    parts = [part for part in mail.walk() if not part.is_multipart()]
    text = [p.get_content() for p in parts if p.get_content_type() == "text/plain"]
    html = [p.get_content() for p in parts if p.get_content_type() == "text/html"]
    calendars = []
    for part in parts:
        if part.get_content_type() == "text/calendar":
            calendars.append({
                "named": part.get_param("method"),
                **calendar(part.get_payload(decode=True)),
            })
    print(json.dumps({
        "from": mail["from"], "to": mail["to"], "reply_to": mail["reply-to"], "subject": mail["subject"],
        "id": mail["message-id"], "automatic": mail["auto-submitted"], "kind": mail.get_content_type(),
        "text": text, "html": html, "calendars": calendars,
    }))
