import { Alert, Button, Card, Flex, Input } from 'antd'
import { useSearchParams } from 'react-router'
import { useText } from '#platform/web/text.ts'
import { useDraft } from '#platform/web/use-draft.ts'
import type { Campaign } from '../common/campaign.ts'
import { reportText } from './report-text.ts'
import { useStep } from './use-campaign-steps.ts'

const shortest = 20
export const reviewTextId = 'review-text'

/** What was learned: written by who may close the campaign, read by everyone after. */
export function ReviewEditor({ campaign }: { campaign: Campaign }) {
  const t = useText(reportText)
  const isOver = campaign.state === 'ended' || campaign.state === 'stopped'
  return (
    <Card size="small" title={t.review}>
      {campaign.reviewText !== null ? (
        <div style={{ whiteSpace: 'pre-wrap' }} data-testid="review-written">
          {campaign.reviewText}
        </div>
      ) : campaign.actions.includes('close') ? (
        <Editor campaign={campaign} />
      ) : (
        <Alert type="info" showIcon title={isOver ? t.noMayClose : t.notOver} />
      )}
    </Card>
  )
}

function Editor({ campaign }: { campaign: Campaign }) {
  const t = useText(reportText)
  const draft = useDraft(`review.${campaign.key}`, '')
  const close = useStep(campaign, 'close', t.closed, draft.forget)
  const isWriting = useSearchParams()[0].has('write')
  const missing = shortest - draft.value.trim().length
  return (
    <Flex vertical gap={8} align="flex-start">
      <label htmlFor={reviewTextId} className="quiet">
        {t.reviewHint}
      </label>
      <Input.TextArea
        id={reviewTextId}
        autoFocus={isWriting}
        data-testid="review-text"
        maxLength={10_000}
        autoSize={{ minRows: 4, maxRows: 16 }}
        placeholder={t.reviewPlaceholder}
        value={draft.value}
        onChange={(event) => draft.set(event.target.value)}
      />
      <Flex gap={12} align="center" wrap>
        <Button
          type="primary"
          disabled={missing > 0}
          loading={close.isPending}
          onClick={() => close.mutate({ reviewText: draft.value.trim() })}
          data-testid="close-campaign"
        >
          {t.closeCampaign}
        </Button>
        {missing > 0 && <span className="quiet">{t.more(missing)}</span>}
      </Flex>
    </Flex>
  )
}
