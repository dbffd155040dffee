import { Steps } from 'antd'
import { useText } from '#platform/web/text.ts'
import { campaignText } from './campaign-text.ts'
import { type CampaignState, type Stage, stageOf, stages } from './campaign-words.ts'
import './campaigns.css'

/** The four stages: where the campaign is, which one is shown, and a way to each that has begun. */
export function CampaignSteps(props: {
  state: CampaignState
  shown: Stage
  onShow?: (stage: Stage) => void
}) {
  const t = useText(campaignText)
  const { onShow } = props
  const now = stages.indexOf(stageOf(props.state))
  const isOver = props.state === 'closed'
  return (
    <nav aria-label={t.stages}>
      <Steps
        className="campaign-steps"
        size="small"
        responsive={false}
        titlePlacement="vertical"
        current={stages.indexOf(props.shown)}
        onChange={onShow && ((index) => stages[index] && onShow(stages[index]))}
        items={stages.map((stage, index) => ({
          title: t[stage],
          status: isOver || index < now ? 'finish' : index === now ? 'process' : 'wait',
          disabled: index > now,
        }))}
      />
    </nav>
  )
}
