import { checkRule } from '#features/rules/web/index.ts'
import { ApiError } from '#platform/web/api.ts'
import type { Pair } from '#platform/web/language.ts'
import type { CampaignBody } from '../common/campaign.ts'

/** A campaign while it is written: as it is saved, but the hold-out may be empty for a moment. */
export type CampaignDraft = Omit<CampaignBody, 'holdoutPercent'> & {
  holdoutPercent: number | null
  /** Whether the key was typed; until then it follows the name. */
  isKeyTyped: boolean
}

const dayMs = 86_400_000

/** A draft with what most campaigns have, so that only name, audience and offer are left to fill in. */
export function newDraft(segment: string, now: Date, taskTitle: string): CampaignDraft {
  const from = Math.floor(now.getTime() / 60_000) * 60_000
  return {
    key: '',
    isKeyTyped: false,
    name: '',
    objective: { event: 'product_purchased' },
    audience: { segment },
    offer: { title: '', body: '', link: '/h5/' },
    rungs: [
      { kind: 'place', slot: 'home_top', inbox: true },
      { kind: 'task', after: { days: 3 }, title: taskTitle, dueDays: 3 },
    ],
    holdoutPercent: 10,
    from: new Date(from).toISOString(),
    to: new Date(from + 14 * dayMs).toISOString(),
  }
}

export const draftOf = (body: CampaignBody): CampaignDraft => ({ ...body, isKeyTyped: true })

/** What is sent to the server. */
export function bodyOf(draft: CampaignDraft): CampaignBody {
  const { isKeyTyped: _, offer, holdoutPercent, ...rest } = draft
  const { productCode, ...words } = offer
  const code = productCode?.trim()
  return {
    ...rest,
    name: draft.name.trim(),
    offer: { ...words, link: words.link.trim(), ...(code ? { productCode: code } : {}) },
    holdoutPercent: holdoutPercent ?? 0,
  }
}

/** What is wrong with a draft, beside which field. */
export type DraftProblem = { path: string; words: Pair }

const required: Pair = ['请填写', 'Fill this in']
const isLink = (link: string) => /^(\/[^/\\]|\/$|https:\/\/)/.test(link)

/** Everything that keeps a draft from being saved, in words; the server checks the same. */
export function checkDraft(draft: CampaignDraft): DraftProblem[] {
  const problems: DraftProblem[] = []
  const report = (isWrong: boolean, path: string, words: Pair) => {
    if (isWrong) problems.push({ path, words })
  }
  report(draft.name.trim() === '', 'name', required)
  report(!/^[a-z][a-z0-9_-]{0,63}$/.test(draft.key), 'key', [
    '以小写字母开头，只含小写字母、数字、_ 和 -，最多 64 个',
    'Start with a lower-case letter; only lower-case letters, digits, _ and -; at most 64',
  ])
  report('event' in draft.objective && draft.objective.event === '', 'objective', [
    '请选择目标事件',
    'Choose the event to reach',
  ])
  const [ruleProblem] = checkRule(draft.audience)
  if (ruleProblem) report(true, 'audience', [ruleProblem.zh, ruleProblem.en])
  report(draft.offer.title.trim() === '', 'offer.title', required)
  report(draft.offer.body.trim() === '', 'offer.body', required)
  report(!isLink(draft.offer.link.trim()), 'offer.link', [
    '请填写以 / 开头的行内页面，或 https:// 开头的地址',
    'A page of ours starting with /, or an address starting with https://',
  ])
  checkRungs(draft, report)
  report(draft.holdoutPercent === null, 'holdoutPercent', required)
  report(Number.isNaN(Date.parse(draft.from)), 'from', required)
  report(Number.isNaN(Date.parse(draft.to)), 'to', required)
  report(Date.parse(draft.to) <= Date.parse(draft.from), 'to', [
    '结束时间要晚于开始时间',
    'The end must be after the start',
  ])
  return problems
}

function checkRungs(
  { rungs }: CampaignDraft,
  report: (isWrong: boolean, path: string, words: Pair) => void,
): void {
  for (const [index, rung] of rungs.entries()) {
    const [field, text] = rung.kind === 'place' ? ['slot', rung.slot] : ['title', rung.title]
    report(text.trim() === '', `rungs.${index}.${field}`, required)
  }
}

/** The server's field errors as problems beside their fields; its words are English, so Chinese names the code only. */
export const serverProblems = (error: unknown): DraftProblem[] =>
  error instanceof ApiError
    ? error.errors.map(({ path, code, message }) => ({
        path,
        words: [`服务器没有接受这一项，请检查（${code}）`, message],
      }))
    : []

/** The problem of a field or of anything inside it. */
export const problemAt = (problems: readonly DraftProblem[], path: string): DraftProblem | undefined =>
  problems.find((problem) => problem.path === path || problem.path.startsWith(`${path}.`))
