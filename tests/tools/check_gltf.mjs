// Validates glTF files with the Khronos validator. Use: node check_gltf.mjs FILE...; exits 1 with the messages.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(process.env.HAIRLINE_TOOLS + "/");
const { validateBytes } = require("gltf-validator");

let wrong = false;
for (const file of process.argv.slice(2)) {
  const report = await validateBytes(new Uint8Array(readFileSync(file)), { maxIssues: 20 });
  const { numErrors, numWarnings, messages } = report.issues;
  console.log(`${file}: ${numErrors} errors, ${numWarnings} warnings, ${report.info.totalTriangleCount} triangles`);
  if (numErrors > 0 || numWarnings > 0) {
    console.log(JSON.stringify(messages, null, 1));
    wrong = true;
  }
}
process.exit(wrong ? 1 : 0);
