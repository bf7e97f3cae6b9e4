// Reads calendar files with ical.js and prints what it says as JSON, one object a file. Instants are computed by the zones
// that the file itself defines. Use: node check_ics.mjs FILE...
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(pathToFileURL(process.env.NODE_PATH + "/"));
const ICAL = (await import(pathToFileURL(require.resolve("ical.js")))).default;

for (const file of process.argv.slice(2)) {
  ICAL.TimezoneService.reset();
  const calendar = new ICAL.Component(ICAL.parse(readFileSync(file, "utf8")));
  for (const zone of calendar.getAllSubcomponents("vtimezone")) ICAL.TimezoneService.register(zone);
  const events = calendar.getAllSubcomponents("vevent").map((component) => {
    const event = new ICAL.Event(component);
    return {
      uid: event.uid,
      sequence: event.sequence,
      summary: event.summary,
      zone: event.startDate.zone.tzid,
      dtstart: event.startDate.toJSDate().toISOString(),
      dtend: event.endDate.toJSDate().toISOString(),
    };
  });
  console.log(JSON.stringify({ method: calendar.getFirstPropertyValue("method"), events }));
}
