import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { createCollector } from '#features/ingest/server/collector.ts'
import { createCustomerTokens } from '#features/ingest/server/customer-token.ts'
import { hashIdentities } from '#features/ingest/server/identity-links.ts'
import { registerCollectRoutes } from '#features/ingest/server/index.ts'
import { createIngestCounters } from '#features/ingest/server/ingest-counters.ts'
import type { DoorDeps, TakeOptions, Taker } from '#features/ingest/server/protocols/door.ts'
import type { Spool } from '#features/ingest/server/spool.ts'
import { createWriteKeys, type WriteKey } from '#features/ingest/server/write-keys.ts'
import type { Clock } from '#platform/common/clock.ts'
import { createRowBinaryWriter } from '#platform/server/clickhouse/row-binary.ts'
import { createFieldCrypto } from '#platform/server/field-crypto.ts'
import { createTestHttp } from '#platform/server/http-testing.ts'

export const trusted: WriteKey = {
  ...{ key: 'trusted-key', source: 'core', kind: 'trusted', jwks: null, tokenIssuer: null },
}
export const open: WriteKey = {
  ...{ key: 'public-key', source: 'app', kind: 'public', jwks: null, tokenIssuer: null },
}
const crypto = createFieldCrypto({ key: Buffer.alloc(32, 1), provider: 'aes-256-gcm', keyVersion: 1 })
const clock: Clock = { now: () => new Date('2026-03-02T04:00:00.000Z') }

export type TakenBatch = { source: string; messages: readonly unknown[]; options: TakeOptions }

/** The ways in with the real collector behind them, whose spool forgets; what went into it is kept to look at. */
export function openTestDoor(parts: Partial<DoorDeps> & { append?: Spool['append'] } = {}) {
  const counters = createIngestCounters()
  const encode: Spool['append'] = async (write) => write(createRowBinaryWriter(4096), [])
  const { append = encode, ...given } = parts
  const collector = createCollector({
    spool: { append },
    tokens: createCustomerTokens({ clock }),
    counters,
    clock,
    timeZone: 'Asia/Shanghai',
    hashIdentities: (identities) => hashIdentities(crypto, identities),
  })
  const taken: TakenBatch[] = []
  const takeBatch: Taker['takeBatch'] = (key, messages, options = {}) => {
    taken.push({ source: key.source, messages, options })
    return collector.takeBatch(key, messages, options)
  }
  const keys = createWriteKeys({ load: async () => [trusted, open], clock })
  const { app } = createTestHttp()
  registerCollectRoutes(app, {
    ingest: { keys, counters, ...given, collector: { ...collector, takeBatch } },
  })
  return { app, counters, taken }
}

const modules = join(dirname(fileURLToPath(import.meta.url)), '../../../../node_modules')
const executablePath = '/usr/bin/chromium'

/** Why no browser can be driven here; undefined when one can. */
export const noBrowser: string | undefined = existsSync(executablePath)
  ? undefined
  : `no browser at ${executablePath}`

/** A browser, and a site of its own that serves a page and the published bundles out of node_modules. */
export async function openBrowser() {
  const site = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? '/').split('?')[0] ?? '/')
    const file = join(modules, path.replace('/modules/', ''))
    const isModule = path.startsWith('/modules/') && file.startsWith(modules) && existsSync(file)
    response.setHeader('content-type', isModule ? 'text/javascript' : 'text/html; charset=utf-8')
    response.end(
      isModule ? readFileSync(file) : '<!doctype html><title>银行</title><body><button id="buy">买</button>',
    )
  })
  site.listen(0, '127.0.0.1')
  await once(site, 'listening')
  const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`
  const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking']
  const browser: Browser = await chromium.launch({ executablePath, args })
  return {
    origin,
    /** A fresh visitor on the bank's page, with a published bundle loaded. */
    async visit(bundle?: string): Promise<Page> {
      const context = await browser.newContext()
      const page = await context.newPage()
      await page.goto(`${origin}/page`)
      if (bundle) await page.addScriptTag({ url: `${origin}/modules/${bundle}` })
      return page
    },
    async close(): Promise<void> {
      await browser.close()
      site.close()
    },
  }
}
