import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'

const chromiumPath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'

/** Why browser tests cannot run here; undefined when they can. */
export const browserObstacle = (): string | undefined =>
  existsSync(chromiumPath) ? undefined : `no Chromium at ${chromiumPath} (Debian: apt-get install chromium)`

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: chromiumPath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--no-first-run',
    ],
  })

export type DemoServer = {
  url: string
  child: ChildProcess
  output: () => string
  stop(): Promise<number | null>
}

/** Starts the program as `npm start` does, on any free port with a small demo bank, and waits until it says it is ready. */
export function startDemoServer(
  options: { dataDir?: string; customers?: number; env?: Record<string, string> } = {},
): Promise<DemoServer> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'zhike-e2e-'))
  const { LANG: _lang, ...environment } = process.env
  const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/start.ts'], {
    cwd: join(import.meta.dirname, '..'),
    env: {
      ...environment,
      UV_THREADPOOL_SIZE: '16',
      PORT: '0',
      ZHIKE_DATA_DIR: dataDir,
      ZHIKE_DEMO_CUSTOMERS: String(options.customers ?? 3000),
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const stop = async () => {
    child.kill('SIGTERM')
    const code = await exited
    if (!options.dataDir) rmSync(dataDir, { recursive: true, force: true })
    return code
  }
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString()
      const url = /ready on (http:\S+)/.exec(output)?.[1]
      if (url) resolve({ url, child, output: () => output, stop })
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    void exited.then((code) => reject(new Error(`the server ended with ${code}:\n${output}`)))
  })
}

/** Signs in with a fresh session in a page of its own. */
export async function signIn(browser: Browser, url: string, username: string): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  await page.goto(`${url}/login`)
  await page.getByTestId('login-username').fill(username)
  await page.getByTestId('login-password').fill('demo')
  await page.getByTestId('login-submit').click()
  await page.waitForURL((address) => !address.pathname.startsWith('/login'))
  return page
}
