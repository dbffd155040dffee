import { Button, Card, Flex } from 'antd'
import { EmptyState } from '#platform/web/states.tsx'
import { useText } from '#platform/web/text.ts'
import type { Campaign } from '../common/campaign.ts'
import { AudienceEstimate } from './AudienceEstimate.tsx'
import { ContentRows } from './ContentRows.tsx'
import { campaignText } from './campaign-text.ts'
import { PhonePreview } from './PhonePreview.tsx'

/** What was decided, for reading, with the customer's view beside it. */
export function DecideStage({ campaign, onReview }: { campaign: Campaign; onReview: () => void }) {
  const t = useText(campaignText)
  const { body } = campaign
  if (!body) {
    return (
      <Card size="small">
        <EmptyState title={t.importedDecide} action={<Button onClick={onReview}>{t.toReview}</Button>} />
      </Card>
    )
  }
  return (
    <div className="editor-grid">
      <Card size="small" title={t.content}>
        <ContentRows body={body} />
      </Card>
      <Flex vertical gap={16}>
        <AudienceEstimate rule={body.audience} />
        <Card size="small" title={t.preview}>
          <PhonePreview
            offer={body.offer}
            hasInbox={body.rungs.some((rung) => rung.kind === 'place' && rung.inbox)}
          />
        </Card>
      </Flex>
    </div>
  )
}
