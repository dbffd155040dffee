import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { minify } from 'vite'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const shared = {
  bundle: true,
  write: false,
  // Fields are declared for their types only.
  tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
}
/** ES2017 runs in every browser and WeChat still in support (iOS 11, Android's XWeb); WeChat's tools can lower it further. */
const front = { ...shared, target: 'es2017', platform: 'browser' }
const browser = { ...front, entryPoints: [here('src/index.ts')] }
const node = { ...shared, entryPoints: [here('src/node.ts')], platform: 'node', target: 'node20' }

/** Exports by esbuild's own wrappers would cost 150 bytes that these do not. */
const asScript = (code, exported) => `var Zhike=(()=>{"use strict";${code};return{${exported}}})();\n`
const asCommonJs = (code, exported) => `"use strict";${code};module.exports={${exported}};\n`

const bundles = {
  'zhike.js': { options: browser },
  'zhike.iife.js': { options: browser, wrap: asScript },
  'miniprogram/index.js': {
    options: { ...front, entryPoints: [here('src/miniprogram.ts')] },
    wrap: asCommonJs,
  },
  'node.js': { options: node },
  'node.cjs': { options: { ...node, format: 'cjs' } },
}

/** The names of all bundles of the package. */
export const bundleNames = Object.keys(bundles)

/** The minified text of one bundle; `changes` are options of esbuild. */
export async function bundle(name, changes = {}) {
  const { options, wrap } = bundles[name]
  const { outputFiles } = await build({ format: 'esm', ...options, ...changes })
  const minified = await minify(name, outputFiles[0].text, {
    compress: { target: options.target },
    mangle: { toplevel: true },
  })
  if (!wrap) return minified.code
  const [code, names] = minified.code.split(/export\{(.*)\};?\s*$/)
  return wrap(code.replace(/;\s*$/, ''), names.replace(/([\w$]+) as (\w+)/g, '$2:$1'))
}

/** What is published is `dist`: inside this repository the package is its source. */
function writeManifest() {
  const { scripts, files, exports, ...manifest } = JSON.parse(readFileSync(here('package.json'), 'utf8'))
  const types = (name) => ({ types: `./types/${name}.d.ts` })
  const published = {
    ...manifest,
    // WeChat's tools copy this folder when they build npm packages.
    miniprogram: 'miniprogram',
    exports: {
      '.': { ...types('index'), default: './zhike.js' },
      './miniprogram': { ...types('miniprogram'), default: './miniprogram/index.js' },
      './node': { ...types('node'), require: './node.cjs', default: './node.js' },
    },
  }
  writeFileSync(here('dist/package.json'), `${JSON.stringify(published, null, 2)}\n`)
  // The mini-program's file is CommonJS inside a package of modules.
  writeFileSync(here('dist/miniprogram/package.json'), '{ "type": "commonjs" }\n')
}

function writeTypes() {
  const flags =
    '--declaration --emitDeclarationOnly --target es2022 --module esnext --moduleResolution bundler'
  const tail =
    '--lib es2023,dom,dom.iterable --types node --strict --skipLibCheck --allowImportingTsExtensions'
  const sources = ['src/index.ts', 'src/miniprogram.ts', 'src/node.ts'].map(here)
  const args = [...flags.split(' '), ...tail.split(' '), '--outDir', here('dist/types'), ...sources]
  execFileSync(process.execPath, [here('../../node_modules/typescript/bin/tsc'), ...args], {
    stdio: 'inherit',
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of bundleNames) {
    const code = await bundle(name)
    const file = here(`dist/${name}`)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, code)
    console.log(`${name}: ${code.length} bytes, ${gzipSync(code).length} gzipped`)
  }
  writeTypes()
  writeManifest()
}
