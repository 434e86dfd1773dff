// Packs web/dist: beside every file x its x.br (brotli 11) and x.gz (gzip 9), the bytes the server
// sends. Prints the sizes and fails when a screen costs more than its budget.
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const dist = new URL('./dist', import.meta.url).pathname;
const KIB = 1024;
const budgets = { signIn: 30 * KIB, signInRequests: 4, form: 60 * KIB, chunk: 25 * KIB };

function files(dir) {
  return readdirSync(dir).flatMap((name) => {
    const path = join(dir, name);
    return statSync(path).isDirectory() ? files(path) : [path];
  });
}

const manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8'));
rmSync(join(dist, '.vite'), { recursive: true });

const sizes = new Map();
for (const path of files(dist).filter((p) => !/\.(br|gz)$/.test(p))) {
  const raw = readFileSync(path);
  const gz = gzipSync(raw, { level: 9 });
  gz[9] = 255; // "unknown" system: the same bytes wherever it is built
  const br = brotliCompressSync(raw, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_SIZE_HINT]: raw.length,
    },
  });
  writeFileSync(`${path}.gz`, gz);
  writeFileSync(`${path}.br`, br);
  sizes.set(path.slice(dist.length + 1), { raw: raw.length, gz: gz.length, br: br.length });
}

// What a file needs at once: itself and what it imports, not what it may import later.
const chunks = new Map(Object.values(manifest).map((chunk) => [chunk.file, chunk]));
function needs(file, seen = new Set()) {
  if (!file || seen.has(file)) return seen;
  seen.add(file);
  for (const next of chunks.get(file)?.imports ?? []) needs(manifest[next]?.file, seen);
  return seen;
}
const gz = (set) => [...set].reduce((sum, file) => sum + sizes.get(file).gz, 0);

const page = readFileSync(join(dist, 'index.html'), 'utf8');
const named = [...page.matchAll(/(?:src|href)="\/([^"]+)"/g)].map((found) => found[1]);
const signIn = new Set(['index.html', ...named.filter((file) => file !== 'manifest.webmanifest')]);
for (const file of named) for (const needed of needs(file)) if (chunks.has(needed)) signIn.add(needed);
const form = new Set(signIn);
for (const key of ['src/screens/form.tsx', 'src/i18n/hi.json'])
  for (const file of needs(manifest[key].file)) form.add(file);
const failures = [];
const held = [];
const hold = (what, value, limit) => {
  const ok = value <= limit;
  held.push(`${what}\t${value}\t${limit}\n`);
  console.log(`${ok ? 'ok  ' : 'OVER'} ${what}: ${value} of ${limit}`);
  if (!ok) failures.push(what);
};

console.log('     raw    gzip  brotli');
for (const [file, s] of [...sizes].sort((a, b) => a[0].localeCompare(b[0])))
  console.log([s.raw, s.gz, s.br].map((n) => String(n).padStart(8)).join('') + `  ${file}`);
hold('sign-in page, bytes gzip', gz(signIn), budgets.signIn);
hold('sign-in page, requests', signIn.size, budgets.signInRequests);
hold('first data-entry screen, bytes gzip', gz(form), budgets.form);
writeFileSync(join(dist, '.sizes'), held.join('')); // script/bench prints them
for (const [key, chunk] of Object.entries(manifest))
  if (chunk.isDynamicEntry) hold(`chunk ${key}, bytes gzip`, sizes.get(chunk.file).gz, budgets.chunk);
if (failures.length) {
  console.error(`web: over budget: ${failures.join('; ')}`);
  process.exit(1);
}
