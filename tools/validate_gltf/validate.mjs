// Runs Khronos' glTF validator over files: node validate.mjs FILE...
// Prints every error and warning; exits 1 when there is one, 2 when a file cannot be read or nothing was asked.
import { readFile } from 'node:fs/promises';
import path from 'node:path';

let validator;
try {
  validator = (await import('gltf-validator')).default;
} catch {
  console.error('gltf-validator is not installed; run: npm ci --prefix tools/validate_gltf');
  process.exit(2);
}

const severityNames = ['error', 'warning', 'information', 'hint'];

// The validator does not know attribute names prefixed by an extension yet (KHR_gaussian_splatting:ROTATION).
function isAllowed(message, extensionsUsed) {
  if (message.code !== 'MESH_PRIMITIVE_INVALID_ATTRIBUTE') return false;
  return extensionsUsed.some((name) => message.pointer.includes(`/attributes/${name}:`));
}

async function validate(file) {
  const report = await validator.validateBytes(new Uint8Array(await readFile(file)), {
    uri: path.basename(file),
    maxIssues: 0,
    externalResourceFunction: async (uri) =>
      new Uint8Array(await readFile(path.join(path.dirname(file), decodeURIComponent(uri)))),
  });
  const extensionsUsed = report.info?.extensionsUsed ?? [];
  const issues = report.issues.messages.filter((m) => m.severity <= 1 && !isAllowed(m, extensionsUsed));
  for (const m of issues) {
    console.log(`${file}: ${severityNames[m.severity]} ${m.code} at ${m.pointer ?? `byte ${m.offset}`}: ${m.message}`);
  }
  if (issues.length === 0) console.log(`${file}: valid`);
  return issues.length;
}

const files = process.argv.slice(2);
if (files.length === 0) {
  console.error('usage: node validate.mjs FILE...');
  process.exit(2);
}
let issueCount = 0;
for (const file of files) {
  try {
    issueCount += await validate(file);
  } catch (error) {
    console.error(`${file}: cannot be validated: ${error.message ?? error}`);
    process.exit(2);
  }
}
process.exit(issueCount === 0 ? 0 : 1);
