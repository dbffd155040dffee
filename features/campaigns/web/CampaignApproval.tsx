import { Card } from 'antd'
import { useMemo } from 'react'
import { ContentDiff } from '#features/approvals/web/index.ts'
import { RuleInWords, useVocabulary } from '#features/rules/web/index.ts'
import type { ApprovalContentProps } from '#platform/web/feature.ts'
import { useFormat } from '#platform/web/format.ts'
import { useLanguage } from '#platform/web/language.ts'
import { useText } from '#platform/web/text.ts'
import type { CampaignApproval, CampaignBody } from '../common/campaign.ts'
import { AudienceEstimate } from './AudienceEstimate.tsx'
import { approvalText } from './approval-text.ts'
import { contentRows } from './content-diff.ts'
import { PhonePreview } from './PhonePreview.tsx'
import { References } from './References.tsx'

/** What is approved of a campaign. */
export function CampaignContent({ content, previous, references }: ApprovalContentProps) {
  const t = useText(approvalText)
  const format = useFormat()
  const language = useLanguage()
  const { names } = useVocabulary()
  const body = content as CampaignBody
  const [before, after] = useMemo(() => {
    const reader = { names, language, format }
    return [previous ? contentRows(previous as CampaignBody, reader) : null, contentRows(body, reader)]
  }, [body, previous, names, language, format])
  return (
    <>
      <ContentDiff
        before={before}
        after={after}
        show={({ key }) => (key === 'audience' ? <RuleInWords rule={body.audience} /> : undefined)}
      />
      {references.length > 0 && (
        <Card size="small" title={<span style={{ whiteSpace: 'normal' }}>{t.references}</span>}>
          <References references={references as CampaignApproval['references']} />
        </Card>
      )}
    </>
  )
}

/** How many it reaches, and what they will see. */
export function CampaignAside({ content }: ApprovalContentProps) {
  const t = useText(approvalText)
  const { audience, offer, rungs } = content as CampaignBody
  return (
    <>
      <AudienceEstimate rule={audience} />
      <Card size="small" title={t.offer}>
        <PhonePreview offer={offer} hasInbox={rungs.some((rung) => rung.kind === 'place' && rung.inbox)} />
      </Card>
    </>
  )
}
