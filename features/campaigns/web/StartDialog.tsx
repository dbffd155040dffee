import { Flex, Modal } from 'antd'
import { useEstimate } from '#features/rules/web/index.ts'
import { useFormat } from '#platform/web/format.ts'
import { useMarks } from '#platform/web/marks.ts'
import { useText } from '#platform/web/text.ts'
import type { CampaignBody } from '../common/campaign.ts'
import { campaignText } from './campaign-text.ts'
import { decideText } from './decide-text.ts'
import { testId } from './test-id.ts'

/** Asks before customers see anything, with how many are expected in each arm. */
export function StartDialog(props: {
  body: CampaignBody
  isOpen: boolean
  isStarting: boolean
  onStart: () => void
  onClose: () => void
}) {
  const t = useText(campaignText)
  const { labelled } = useMarks()
  const words = useText(decideText)
  const format = useFormat()
  const { data } = useEstimate(props.body.audience)
  const held = data ? Math.round((data.count * props.body.holdoutPercent) / 100) : 0
  return (
    <Modal
      open={props.isOpen}
      title={t.startTitle}
      okText={t.start}
      cancelText={t.cancel}
      okButtonProps={{ loading: props.isStarting, ...testId('start-confirm') }}
      onOk={props.onStart}
      onCancel={props.onClose}
    >
      <Flex vertical gap={8}>
        <span>{t.startHint}</span>
        {data && (
          <strong>
            {labelled(
              t.startCount,
              words.holdoutPeople(format.number(data.count - held), format.number(held)),
            )}
          </strong>
        )}
      </Flex>
    </Modal>
  )
}
