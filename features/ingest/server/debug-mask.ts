import type { DebugSighting } from '#features/ingest/common/debug.ts'
import type { TakenMessage } from '#features/ingest/server/taken-message.ts'

const mostProperties = 100
const mostText = 200
/** Money, age and their like are facts about a person (class C2): that they came is shown, not what they are. */
const factWords = new Set(
  'amount amt balance aum asset assets income salary wage wages price fee limit loan debt principal interest profit age birth birthday birthdate score'.split(
    ' ',
  ),
)
const factSigns = /(金额|余额|资产|收入|工资|年龄|生日|额度)/
const longDigits = /\d{7,}/g

const isFact = (name: string): boolean =>
  factSigns.test(name) ||
  name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
    .some((word) => factWords.has(word))

function maskValue(name: string, value: string): string {
  if (isFact(name) && value !== '' && value !== 'true' && value !== 'false') return '•••'
  const short = value.length > mostText ? `${value.slice(0, mostText)}…` : value
  return short.replace(longDigits, (digits) => `${digits.slice(0, 3)}••••`)
}

const instant = (ms: number | undefined): string | null =>
  ms === undefined || !Number.isFinite(ms) ? null : new Date(ms).toISOString()

const findingsOf = ({ outcome }: TakenMessage) =>
  outcome.accepted ? outcome.findings.map(({ code, path }) => ({ code, path })) : []

/** What a watching person may see of a message: customer numbers are no secret inside the bank, facts and long numbers are. */
export function maskMessage(message: TakenMessage): DebugSighting {
  const problem = message.outcome.accepted ? undefined : message.outcome.problem
  const customerNo = message.customerNoProven ?? message.customerNoClaimed
  return {
    receivedAt: instant(message.receivedAtMs) ?? '',
    occurredAt: instant(message.occurredAtMs),
    source: message.source,
    protocol: message.protocol,
    anonymousId: message.anonymousId?.slice(0, mostText) ?? null,
    customerNo: customerNo?.slice(0, 64) || null,
    isProven: message.customerNoProven !== undefined,
    event: message.name.slice(0, mostText),
    messageId: message.messageId?.slice(0, mostText) ?? null,
    properties: Object.fromEntries(
      message.props.slice(0, mostProperties).map(([name, value]) => [name, maskValue(name, value)]),
    ),
    planFindings: findingsOf(message).slice(0, 20),
    refused: problem
      ? {
          code: problem.code,
          path: problem.path.slice(0, mostText).replace(longDigits, '••••'),
          detail: problem.detail.slice(0, 500).replace(longDigits, '••••'),
        }
      : null,
  }
}
