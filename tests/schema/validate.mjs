// Compiles etc/report.schema.json with every strict option of Ajv, and holds it against the documents
// that `tests/schema/mutations --write DIR` wrote: node validate.mjs SCHEMA DIR
// The last line is `rollcall: N passed, M failed`, counting documents and the schema itself.
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";

// The packages are below the working directory, not beside this file.
const require = createRequire(path.join(process.cwd(), "package.json"));
const Ajv = require("ajv").default;
const addFormats = require("ajv-formats").default;

const [schemaPath, directory] = process.argv.slice(2);
const ajv = new Ajv({
  strict: true,
  strictSchema: true,
  strictNumbers: true,
  strictTypes: true,
  strictTuples: true,
  strictRequired: true,
  allErrors: true,
  validateFormats: true,
  validateSchema: true,
});
addFormats(ajv);
const validate = ajv.compile(JSON.parse(fs.readFileSync(schemaPath, "utf8")));

let passed = 1;
let failed = 0;
for (const kind of ["valid", "refused", "accepted"]) {
  for (const name of fs.readdirSync(path.join(directory, kind)).sort()) {
    const { what, document } = JSON.parse(
      fs.readFileSync(path.join(directory, kind, name), "utf8"),
    );
    if (validate(document) === (kind !== "refused")) {
      passed++;
      continue;
    }
    failed++;
    const error = validate.errors?.[0];
    console.log(
      `    ${what}: ` +
        (error ? `is refused: ${error.instancePath} ${error.message}` : "is not refused"),
    );
  }
}
console.log(`rollcall: ${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
