// Entry of the npm scripts: installs what is missing, then hands over. Plain JavaScript, for nothing is installed yet.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
process.chdir(root)

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 20)) {
  console.error(`Zhike needs Node 20.20 or newer; this is ${process.version}.`)
  process.exit(2)
}

/** Installs when the lock file is not the one that was installed last. */
function installMissing() {
  const lock = readFileSync('package-lock.json', 'utf8')
  const marker = join('node_modules', '.zhike-installed')
  if (existsSync(marker) && readFileSync(marker, 'utf8') === lock) return
  console.log('Installing what is missing …')
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    stdio: 'inherit',
  })
  if (status !== 0) {
    console.error('npm ci failed: see above.')
    process.exit(status ?? 1)
  }
  writeFileSync(marker, lock)
}

installMissing()

const commands = {
  start: 'scripts/start.ts',
  test: 'scripts/test.ts',
  check: 'scripts/check.ts',
  bench: 'scripts/bench.ts',
  simulate: 'scripts/simulate.ts',
  docs: 'scripts/docs.ts',
}
const [name = 'start', ...rest] = process.argv.slice(2)
const script = commands[name]
if (!script) {
  console.error(`No such command: ${name}. There are: ${Object.keys(commands).join(', ')}.`)
  process.exit(2)
}

// The child gets terminal signals itself (same process group); signals sent to this process alone are passed on.
// Running queries of the embedded ClickHouse each hold a thread of the pool: with the default of four, files and name
// look-ups would wait behind them.
const env = { UV_THREADPOOL_SIZE: '16', ...process.env }
const child = spawn(process.execPath, ['--import', 'tsx', script, ...rest], { stdio: 'inherit', env })
process.on('SIGINT', () => {})
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 130 : 1)))
