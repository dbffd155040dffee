import { Alert, Descriptions, Flex, Input, Modal } from 'antd'
import { useState } from 'react'
import { useFormat } from '#platform/web/format.ts'
import { useText } from '#platform/web/text.ts'
import type { Campaign } from '../common/campaign.ts'
import { useFunnel } from './campaign-queries.ts'
import { campaignText } from './campaign-text.ts'
import { testId } from './test-id.ts'
import { useStep } from './use-campaign-steps.ts'

const shortest = 5

/** Stopping takes a typed reason and says first what it will and what it can't undo. */
export function StopDialog(props: { campaign: Campaign; isOpen: boolean; onClose: () => void }) {
  const t = useText(campaignText)
  const format = useFormat()
  const [reason, setReason] = useState('')
  const stop = useStep(props.campaign, 'stop', t.stoppedDone, props.onClose)
  const { data } = useFunnel(props.campaign.key, { isWanted: props.isOpen })
  const number = (value: number | undefined) => (value === undefined ? '–' : format.number(value))
  const effects = [
    { key: 'placed', label: t.willClose, children: number(data?.placed) },
    { key: 'tasks', label: t.willCancel, children: number(data && data.tasks - data.tasksDone) },
    { key: 'exposed', label: t.cannotRecall, children: number(data?.exposed) },
  ]
  return (
    <Modal
      open={props.isOpen}
      title={t.stopTitle}
      okText={t.stop}
      cancelText={t.cancel}
      okButtonProps={{
        danger: true,
        disabled: reason.trim().length < shortest,
        loading: stop.isPending,
        ...testId('stop-confirm'),
      }}
      onOk={() => stop.mutate({ reason: reason.trim() })}
      onCancel={props.onClose}
    >
      <Flex vertical gap={12}>
        <Alert type="warning" showIcon title={t.stopHint} />
        <Descriptions size="small" column={1} items={effects} />
        <label htmlFor="stop-reason">{t.stopReason}</label>
        <Input.TextArea
          id="stop-reason"
          data-testid="stop-reason"
          placeholder={t.stopReasonHint}
          maxLength={500}
          autoSize={{ minRows: 2, maxRows: 5 }}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
      </Flex>
    </Modal>
  )
}
