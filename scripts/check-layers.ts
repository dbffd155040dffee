import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

/** Features in order: one imports only those before it. */
export const featureOrder = [
  'audit',
  'org',
  'approvals',
  'customers',
  'plan',
  'ingest',
  'lists',
  'models',
  'rules',
  'tags',
  'segments',
  'streaming',
  'metrics',
  'insight',
  'value',
  'breakpoints',
  'gate',
  'delivery',
  'tasks',
  'campaigns',
  'coverage',
  'imports',
  'home',
  'demo',
] as const

export type LayerViolation = { file: string; line: number; imported: string; reason: string }

const roots = ['apps', 'features', 'platform', 'packages', 'db', 'e2e', 'scripts', 'examples']
const importPattern = /(?:from\s+|import\s*\(\s*|import\s+)['"]([^'"]+)['"]/g

type Place = { layer: string; feature?: string; part?: string }

function placeOf(path: string): Place {
  const [layer = '', second, third] = path.split('/')
  if (layer === 'features')
    return { layer, ...(second ? { feature: second } : {}), ...(third ? { part: third } : {}) }
  if (layer === 'platform') return { layer, ...(second ? { part: second } : {}) }
  return { layer, ...(second ? { part: second } : {}) }
}

/** Reads `#features/…` and relative imports as paths from the root; packages give undefined. */
function targetOf(file: string, imported: string): string | undefined {
  if (imported.startsWith('#')) return imported.slice(1)
  if (imported.startsWith('.')) return relative('.', join(file, '..', imported))
  return undefined
}

const sideOf = (part: string | undefined) => (part === 'h5' ? 'web' : part)

/** Why this import is forbidden, or undefined. */
export function forbidden(file: string, imported: string): string | undefined {
  const target = targetOf(file, imported)
  if (target === undefined) return undefined
  const from = placeOf(file)
  const to = placeOf(target)
  if (to.layer === 'apps' && from.layer !== 'apps' && !['e2e', 'scripts'].includes(from.layer))
    return 'only apps, e2e and scripts see apps'
  if (from.layer === 'platform' && to.layer !== 'platform') return 'platform knows no feature'
  if (from.layer === 'packages' && to.layer !== 'packages') return 'packages stand alone'
  const fromSide = sideOf(from.part)
  const toSide = sideOf(to.part)
  if (from.layer === 'features' || from.layer === 'platform') {
    if (fromSide === 'common' && toSide !== 'common' && (to.layer === 'features' || to.layer === 'platform'))
      return 'common loads only common'
    if (fromSide === 'web' && toSide === 'server') return 'web never loads server'
    if (fromSide === 'server' && toSide === 'web') return 'server never loads web'
  }
  if (from.layer === 'features' && to.layer === 'features' && from.feature !== to.feature) {
    const fromNth = featureOrder.indexOf(from.feature as (typeof featureOrder)[number])
    const toNth = featureOrder.indexOf(to.feature as (typeof featureOrder)[number])
    if (fromNth < 0 || toNth < 0) return 'a feature is missing in the written order'
    if (toNth > fromNth) return `${from.feature} comes before ${to.feature}`
    const isDoor = toSide === 'common' || target.endsWith('/server/index.ts') || toSide === 'web'
    if (!isDoor) return 'another feature is entered by its common/ or its server/index.ts'
  }
  return undefined
}

function sourceFiles(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory())
      return entry.name === 'node_modules' || entry.name === 'dist' ? [] : sourceFiles(path)
    return /\.(ts|tsx|mjs)$/.test(entry.name) ? [path] : []
  })
}

/** Checks every import below `base`; finding no files at all is an error, for then the gate guards nothing. */
export function checkLayers(base = '.'): LayerViolation[] {
  const files = roots.flatMap((root) => sourceFiles(join(base, root)))
  if (files.length === 0) throw new Error(`The import gate found no source files below ${base}.`)
  return files.flatMap((path) => {
    const file = relative(base, path)
    return readFileSync(path, 'utf8')
      .split('\n')
      .flatMap((text, nth) =>
        [...text.matchAll(importPattern)].flatMap((match) => {
          const imported = match[1] ?? ''
          const reason = forbidden(file, imported)
          return reason ? [{ file, line: nth + 1, imported, reason }] : []
        }),
      )
  })
}
