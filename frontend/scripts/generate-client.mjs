// Writes src/api/schema.d.ts from the server's OpenAPI document; `--check` fails when the committed file is stale.
import { readFile, writeFile } from 'node:fs/promises';
import openapiTS, { astToString } from 'openapi-typescript';

const source = new URL(process.env.NOC_OPENAPI ?? '../../api/openapi.json', import.meta.url);
const target = new URL('../src/api/schema.d.ts', import.meta.url);

// A field with a default may be left out of a request; a schemaless object may hold anything.
const options = { defaultNonNullable: false, emptyObjectsUnknown: true };

const document = JSON.parse(await readFile(source, 'utf8'));
const generated = `// Generated from api/openapi.json by \`npm run generate\`. Do not edit.\n${astToString(await openapiTS(document, options))}`;

if (process.argv.includes('--check')) {
  const committed = await readFile(target, 'utf8').catch(() => '');
  if (committed !== generated) {
    console.error(
      'src/api/schema.d.ts is not what api/openapi.json gives: run `npm run generate` and commit it',
    );
    process.exit(1);
  }
} else {
  await writeFile(target, generated);
}
