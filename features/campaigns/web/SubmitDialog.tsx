import { Flex, Input, Modal } from 'antd'
import { useState } from 'react'
import { useMarks } from '#platform/web/marks.ts'
import { useText } from '#platform/web/text.ts'
import type { Campaign } from '../common/campaign.ts'
import { ContentRows } from './ContentRows.tsx'
import { campaignText } from './campaign-text.ts'
import { testId } from './test-id.ts'
import { useStep } from './use-campaign-steps.ts'

/** Shows everything the approval will be bound to, and takes a word to the approver. */
export function SubmitDialog(props: { campaign: Campaign; isOpen: boolean; onClose: () => void }) {
  const t = useText(campaignText)
  const { labelled } = useMarks()
  const [summary, setSummary] = useState('')
  const submit = useStep(props.campaign, 'submit', t.submitted, props.onClose)
  return (
    <Modal
      open={props.isOpen}
      title={t.submitTitle}
      width={640}
      okText={t.submit}
      cancelText={t.cancel}
      okButtonProps={{ loading: submit.isPending, ...testId('submit-confirm') }}
      onOk={() => submit.mutate({ summary: summary.trim() })}
      onCancel={props.onClose}
      destroyOnHidden
    >
      <Flex vertical gap={16}>
        <span className="quiet">{t.submitHint}</span>
        {props.campaign.body && <ContentRows body={props.campaign.body} />}
        <Input.TextArea
          aria-label={t.summary}
          data-testid="submit-summary"
          placeholder={labelled(t.summary, t.summaryHint)}
          maxLength={2000}
          autoSize={{ minRows: 2, maxRows: 6 }}
          value={summary}
          onChange={(event) => setSummary(event.target.value)}
        />
      </Flex>
    </Modal>
  )
}
