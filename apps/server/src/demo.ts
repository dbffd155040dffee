import { randomUUID } from 'node:crypto'
import {
  type DemoCampaign,
  demoCampaigns,
  demoDashboards,
  demoFlows,
  demoIssuer,
  demoPlan,
  demoSegments,
  openTokenSigner,
  seedBehaviour,
  seedDemoBank,
  type TokenSigner,
} from '#features/demo/server/index.ts'
import { bankDay } from '#platform/common/bank-day.ts'
import type { ShiftableClock } from '#platform/common/clock.ts'
import { sql } from '#platform/common/sql.ts'
import type { Config } from '#platform/server/config.ts'
import type { HttpServer } from '#platform/server/http.ts'
import type { Parts } from './parts.ts'
import { markSeeding } from './unfinished-seeding.ts'

export const demoPublicKey = 'demo-web'
const trustedKey = 'demo'
const demoSeed = 20_260_901
const demoDays = 90
const dayMs = 86_400_000

/** Opens the demo bank's token signer and lets the public key trust it. */
export async function openDemo(parts: Parts, config: Config): Promise<TokenSigner> {
  const signer = await openTokenSigner(config.dataDir, () => parts.clock.now())
  await parts.pg.execute(sql`
    WITH demo AS (
      INSERT INTO source (source, kind, name_zh, name_en, jwks, token_issuer, is_demo)
      VALUES ('demo', 'trusted', '演示服务器', 'Demo server', NULL, NULL, true),
        ('demo-web', 'public', '演示手机银行', 'Demo mobile bank', ${JSON.stringify(signer.publicJwks)}::jsonb,
          ${demoIssuer}, true)
      ON CONFLICT (source) DO UPDATE SET jwks = excluded.jwks)
    INSERT INTO write_key (key, source) VALUES (${trustedKey}, 'demo'), (${demoPublicKey}, 'demo-web')
    ON CONFLICT (key) DO NOTHING`)
  await parts.ingest.reloadKeys()
  return signer
}

type Person = (method: 'GET' | 'POST', url: string, payload?: object) => Promise<Record<string, unknown>>

/** Speaks to our own API as one of the demo users, so that what is seeded passed every check a person's work passes. */
async function actAs(
  parts: Parts,
  http: HttpServer,
  username: string,
): Promise<{ call: Person; end: () => Promise<void> }> {
  const person = await parts.org.staff.findByUsername(username)
  if (!person) throw new Error(`The demo bank has no user ${username}`)
  const name = `seeding-${randomUUID()}`
  const { token } = await parts.org.sessions.createToken(username, person.staffId, name, 366)
  const headers = { authorization: `Bearer ${token}` }
  return {
    async call(method, url, payload) {
      const answer = await http.inject({ method, url, headers, ...(payload ? { payload } : {}) })
      const body = answer.body ? (answer.json() as Record<string, unknown>) : {}
      if (answer.statusCode >= 400) throw new Error(`${method} ${url}: ${answer.statusCode} ${answer.body}`)
      if (typeof body.jobId === 'string') await runJob(parts, body.jobId)
      return body
    },
    end: async () => {
      await http.inject({ method: 'DELETE', url: `/api/tokens/${name}`, headers })
    },
  }
}

async function runJob(parts: Parts, jobId: string): Promise<void> {
  await parts.jobs.runJob(jobId)
  const job = await parts.jobs.get(jobId)
  if (job.state === 'failed') throw new Error(`${job.kind}: ${job.error?.detail}`)
}

/** Approves the one open approval of a thing. */
async function approve(checker: Person, objectType: string, key: string): Promise<void> {
  const open = (await checker(
    'GET',
    `/api/approvals?state=open&objectType=${objectType}&objectKey=${key}`,
  )) as {
    items: { approvalId: number; contentHash: string }[]
  }
  const [approval] = open.items
  if (!approval) throw new Error(`No open approval of ${key}`)
  const decision = { contentHash: approval.contentHash, reason: '内容合规' }
  await checker('POST', `/api/approvals/${approval.approvalId}/approve`, decision)
}

/** Makes a tag of every template, those others need first; what is sensitive is approved by another person. */
async function seedTags(hq: Person, checker: Person): Promise<void> {
  const { items } = (await hq('GET', '/api/tag-templates')) as { items: { key: string; needs: string[] }[] }
  const done = new Set<string>()
  const make = async ({ key, needs }: { key: string; needs: string[] }): Promise<void> => {
    if (done.has(key)) return
    done.add(key)
    for (const needed of items.filter((item) => needs.includes(item.key))) await make(needed)
    const tag = await hq('POST', `/api/tag-templates/${key}/use`)
    if (tag.state === 'submitted') await approve(checker, 'tag', key)
  }
  for (const template of items) await make(template)
}

/** The key figures of the last weeks, so that their pages show a course; one alert as an example. */
async function seedMetrics(parts: Parts, hq: Person): Promise<void> {
  const day = (daysAgo: number) =>
    bankDay(new Date(parts.clock.now().getTime() - daysAgo * dayMs), parts.timeZone)
  for (const key of [
    'active_customers',
    'app_active_customers',
    'new_app_customers',
    'returned_customers',
    'aum',
    'flows_abandoned',
  ])
    await hq('POST', `/api/metrics/${key}/compute`, { grain: 'day', from: day(30), to: day(0) })
  const { items } = (await hq('GET', '/api/org-units')) as {
    items: { orgId: number; parentId: number | null }[]
  }
  const root = items.find(({ parentId }) => parentId === null)
  if (root)
    await hq('POST', '/api/metrics/active_customers/alerts', {
      grain: 'day',
      orgId: root.orgId,
      kind: 'change',
      threshold: 0.3,
    })
}

/** Makes one campaign as it was made then: drafted, approved by another, started, advanced, and what customers did. */
async function seedCampaign(
  parts: Parts,
  clock: ShiftableClock,
  hq: Person,
  checker: Person,
  campaign: DemoCampaign,
): Promise<void> {
  const real = clock.now()
  const startedAt = new Date(real.getTime() - campaign.startedDaysAgo * dayMs)
  const untilMs = Math.min(real.getTime(), startedAt.getTime() + campaign.days * dayMs)
  clock.shift(-campaign.startedDaysAgo * dayMs)
  try {
    const body = campaign.body(startedAt)
    const key = String(body.key)
    const url = `/api/campaigns/${key}`
    await hq('POST', '/api/campaigns', body)
    await hq('POST', `${url}/submit`, { summary: '示范活动' })
    await approve(checker, 'campaign', key)
    await hq('POST', `${url}/start`)
    await hq('POST', `${url}/advance`)
    await parts.outbox.ship()
    await parts.ingest.flush()
    await seedBehaviour(parts.ch, {
      seed: demoSeed,
      key,
      startedAtMs: startedAt.getTime() + 60_000,
      untilMs,
      behaviour: campaign.behaviour,
    })
    clock.shift(untilMs - real.getTime())
    await hq('POST', `${url}/advance`)
    await parts.outbox.ship()
  } finally {
    clock.shift(0)
  }
}

/** Fills empty engines with the demo bank. */
export async function seedDemo(
  parts: Parts,
  options: { config: Config; clock: ShiftableClock; http: HttpServer; print: (line: string) => void },
): Promise<void> {
  const { config, clock, http, print } = options
  const started = Date.now()
  const define = async () => {
    await openDemo(parts, config)
    const hq = await actAs(parts, http, 'hq')
    const checker = await actAs(parts, http, 'checker')
    await hq.call('POST', '/api/plan/import', { plan: demoPlan, publish: true })
    await seedTags(hq.call, checker.call)
    for (const segment of demoSegments) await hq.call('POST', '/api/segments', segment)
    for (const flow of demoFlows) await hq.call('POST', '/api/flows', flow)
    for (const campaign of demoCampaigns) await seedCampaign(parts, clock, hq.call, checker.call, campaign)
    await hq.call('POST', '/api/tag-runs', { all: true, mode: 'full' })
    await seedMetrics(parts, hq.call)
    for (const segment of demoSegments) await hq.call('POST', `/api/segments/${segment.key}/refresh`)
    for (const dashboard of demoDashboards) await hq.call('POST', '/api/insight/dashboards', dashboard)
    await hq.end()
    await checker.end()
  }
  const finishSeeding = markSeeding(config.dataDir)
  const made = await seedDemoBank(
    { ...parts, log: print },
    { customers: config.demoCustomers, seed: demoSeed, days: demoDays },
    define,
  )
  finishSeeding()
  const seconds = Math.round((Date.now() - started) / 1000)
  print(
    `The demo bank is ready: ${made.customers.toLocaleString('en')} customers, ${made.events.toLocaleString('en')} events, ${seconds} s.`,
  )
}
