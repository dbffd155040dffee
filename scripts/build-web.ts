import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const apps = ['apps/console', 'apps/h5']
const sources = [
  ...apps,
  'features',
  'platform/common',
  'platform/web',
  'packages/sdk/src',
  'package-lock.json',
]

function fingerprint(path: string, hash: ReturnType<typeof createHash>): void {
  if (!existsSync(path)) return
  const stat = statSync(path)
  if (!stat.isDirectory()) {
    hash.update(path).update(readFileSync(path))
    return
  }
  for (const name of readdirSync(path).sort()) {
    if (name !== 'dist' && name !== 'server' && name !== 'node_modules' && !/\.test\.tsx?$/.test(name))
      fingerprint(join(path, name), hash)
  }
}

/** Builds the console and the customer pages when their sources are not those of the last build. */
export async function buildWeb(log: (line: string) => void): Promise<void> {
  const hash = createHash('sha256')
  for (const source of sources) fingerprint(source, hash)
  const wanted = hash.digest('hex')
  for (const app of apps.filter((path) => existsSync(join(path, 'index.html')))) {
    const marker = join(app, 'dist', '.built-from')
    if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted) continue
    log(`Building ${app} …`)
    // Loaded only when something is built: every start would wait a second for it.
    const { build } = await import('vite')
    await build({ root: app, configFile: join(app, 'vite.config.ts'), logLevel: 'error' })
    writeFileSync(marker, wanted)
  }
}
