// Makes assets/land.svg, the coastline of the studio map, from Natural Earth 1:50m (public domain), as the npm package
// world-atlas 2.0.2 (ISC) carries it. Run by hand, with world-atlas, topojson-client 3 and topojson-simplify 3 installed:
//
//   node crates/web/data/land.mjs node_modules > crates/web/assets/land.svg
//
// Units: twentieths of a degree of longitude, Mercator's projection, 0 at 180 degrees west and 84 degrees north;
// src/public/map.rs uses the same.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const require = createRequire(resolve(process.argv[2] ?? 'node_modules', 'x.js'));
const { feature } = require('topojson-client');
const { presimplify, simplify, filter, filterWeight } = require('topojson-simplify');

const UNIT = 20;
const NORTH = 84;
const mercator = (lat) => (Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) * 180) / Math.PI;
const project = ([lon, lat]) => [
  Math.round((lon + 180) * UNIT),
  Math.round((mercator(NORTH) - mercator(Math.max(-60, Math.min(NORTH, lat)))) * UNIT),
];

const atlas = JSON.parse(readFileSync(require.resolve('world-atlas/land-50m.json'), 'utf8'));
let topology = presimplify(atlas);
topology = simplify(topology, 0.012);
topology = filter(topology, filterWeight(topology, 0.02));
const land = feature(topology, topology.objects.land);

// A ring over the 180th meridian stays in one piece and leaves the map at one side.
function unwrap(ring) {
  let turn = 0;
  const out = ring.map(([lon, lat], i) => {
    const step = i === 0 ? 0 : lon - ring[i - 1][0];
    turn += step > 180 ? -360 : step < -180 ? 360 : 0;
    return [lon + turn, lat];
  });
  const mean = out.reduce((sum, [lon]) => sum + lon, 0) / out.length;
  const shift = mean > 180 ? -360 : mean < -180 ? 360 : 0;
  return out.map(([lon, lat]) => [lon + shift, lat]);
}

let path = '';
for (const f of land.features ?? [land]) {
  const polygons = f.geometry.type === 'Polygon' ? [f.geometry.coordinates] : f.geometry.coordinates;
  for (const rings of polygons) {
    if (rings[0].every(([, lat]) => lat < -60)) continue;
    for (const ring of rings) {
      const points = unwrap(ring).map(project).filter((p, i, all) => i === 0 || p[0] !== all[i - 1][0] || p[1] !== all[i - 1][1]);
      if (points.length < 4) continue;
      let [x, y] = points[0];
      path += `M${x} ${y}l`;
      path += points.slice(1, -1).map(([px, py]) => {
        const step = [px - x, py - y];
        [x, y] = [px, py];
        return `${step[0]}${step[1] < 0 ? '' : ' '}${step[1]}`;
      }).join(' ') + 'z';
    }
  }
}
process.stdout.write(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 7200 4720"><path id="land" d="${path}"/></svg>\n`);
