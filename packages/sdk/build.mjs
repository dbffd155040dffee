import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const browser = { entryPoints: [here('src/index.ts')], bundle: true, minify: true, target: 'es2020' }

/** Every bundle of the package. The size test builds the first one too. */
export const bundles = {
  'zhike.js': { ...browser, format: 'esm' },
  'zhike.iife.js': { ...browser, format: 'iife', globalName: 'Zhike' },
  'node.js': {
    entryPoints: [here('src/node.ts')],
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
  },
}

/** What is published is `dist`: inside this repository the package is its source. */
function writeManifest() {
  const { scripts, files, exports, ...manifest } = JSON.parse(readFileSync(here('package.json'), 'utf8'))
  const entry = (types, code) => ({ types: `./types/${types}.d.ts`, default: `./${code}.js` })
  const published = {
    ...manifest,
    exports: { '.': entry('index', 'zhike'), './node': entry('node', 'node') },
  }
  writeFileSync(here('dist/package.json'), `${JSON.stringify(published, null, 2)}\n`)
}

function writeTypes() {
  const flags =
    '--declaration --emitDeclarationOnly --target es2022 --module esnext --moduleResolution bundler'
  const tail =
    '--lib es2023,dom,dom.iterable --types node --strict --skipLibCheck --allowImportingTsExtensions'
  const sources = [here('src/index.ts'), here('src/node.ts')]
  const args = [...flags.split(' '), ...tail.split(' '), '--outDir', here('dist/types'), ...sources]
  execFileSync(process.execPath, [here('../../node_modules/typescript/bin/tsc'), ...args], {
    stdio: 'inherit',
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, options] of Object.entries(bundles)) {
    await build({ ...options, outfile: here(`dist/${name}`) })
    const bytes = readFileSync(here(`dist/${name}`))
    console.log(`${name}: ${bytes.length} bytes, ${gzipSync(bytes).length} gzipped`)
  }
  writeTypes()
  writeManifest()
}
