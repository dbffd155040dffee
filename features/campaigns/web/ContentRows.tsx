import { useMemo } from 'react'
import { RuleInWords, useVocabulary } from '#features/rules/web/index.ts'
import { useFormat } from '#platform/web/format.ts'
import { useLanguage } from '#platform/web/language.ts'
import { usePick } from '#platform/web/text.ts'
import type { CampaignBody } from '../common/campaign.ts'
import { contentRows } from './content-diff.ts'
import '#features/approvals/web/approvals.css'

/** Everything a campaign says, row by row, for reading. */
export function ContentRows({ body }: { body: CampaignBody }) {
  const pick = usePick()
  const format = useFormat()
  const language = useLanguage()
  const { names } = useVocabulary()
  const rows = useMemo(() => contentRows(body, { names, language, format }), [body, names, language, format])
  return (
    <dl className="content-rows">
      {rows.map(({ key, label, text }) => (
        <div key={key} style={{ display: 'contents' }}>
          <dt>{pick(label)}</dt>
          <dd>{key === 'audience' ? <RuleInWords rule={body.audience} /> : text}</dd>
        </div>
      ))}
    </dl>
  )
}
