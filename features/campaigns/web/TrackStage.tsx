import { Button, Flex, Tooltip } from 'antd'
import { useMemo } from 'react'
import { Chart } from '#platform/web/Chart.tsx'
import { useFormat } from '#platform/web/format.ts'
import { JobProgress } from '#platform/web/JobProgress.tsx'
import { Stat } from '#platform/web/Stat.tsx'
import { useMay } from '#platform/web/session.tsx'
import { Loaded } from '#platform/web/states.tsx'
import { useText } from '#platform/web/text.ts'
import type { Campaign, Funnel } from '../common/campaign.ts'
import { useFunnel, useReport } from './campaign-queries.ts'
import { campaignText } from './campaign-text.ts'
import { bestDay, byDayOption, byDayTable, funnelOption } from './funnel-charts.ts'
import { GateTable } from './GateTable.tsx'
import { reportText } from './report-text.ts'
import { useCampaignJob } from './use-campaign-steps.ts'

const liveMs = 5_000

/** The campaign while it runs: live numbers, what the gate stopped, and a way to do now what is due. */
export function TrackStage({ campaign }: { campaign: Campaign }) {
  const isLive = campaign.state === 'running'
  const funnel = useFunnel(campaign.key, { refetchInterval: isLive ? liveMs : undefined })
  const report = useReport(campaign.key, isLive ? liveMs * 6 : undefined)
  return (
    <Flex vertical gap={16}>
      {isLive && <LiveLine campaign={campaign} />}
      <Loaded query={funnel}>
        {(data) => (
          <>
            <Numbers campaign={campaign} funnel={data} />
            <div className="card-grid">
              <FunnelChart campaign={campaign} funnel={data} />
              {!campaign.isImported && <DayChart funnel={data} />}
            </div>
          </>
        )}
      </Loaded>
      {!campaign.isImported && report.data && <GateTable gate={report.data.gate} asOf={report.data.asOf} />}
    </Flex>
  )
}

function LiveLine({ campaign }: { campaign: Campaign }) {
  const t = useText(reportText)
  const words = useText(campaignText)
  const { start, jobId, onEnd } = useCampaignJob(campaign, 'advance', words.advanced)
  return (
    <Flex justify="space-between" align="center" gap={12} wrap>
      <span className="quiet">● {t.live}</span>
      {campaign.actions.includes('pause') && (
        <Flex gap={12} align="center" wrap>
          {jobId && <JobProgress jobId={jobId} title={words.advancing} onEnd={onEnd} />}
          <Tooltip title={t.advanceHint}>
            <Button onClick={() => start.mutate()} loading={start.isPending} data-testid="advance-campaign">
              {t.advance}
            </Button>
          </Tooltip>
        </Flex>
      )}
    </Flex>
  )
}

type FigureName = Exclude<keyof Funnel, 'asOf' | 'byDay'>
const figures: readonly FigureName[] = [
  'eligible',
  'control',
  'placed',
  'stopped',
  'exposed',
  'clicked',
  'tasks',
  'tasksDone',
  'converted',
]
const importedFigures: readonly FigureName[] = ['eligible', 'control', 'exposed', 'converted']

function Numbers({ campaign, funnel }: { campaign: Campaign; funnel: Funnel }) {
  const t = useText(reportText)
  const format = useFormat()
  const may = useMay()
  const shown = campaign.isImported ? importedFigures : figures
  const tasks = may('task.read') ? `/tasks?campaign=${campaign.key}&state=` : undefined
  const to = { tasks: tasks && `${tasks}active`, tasksDone: tasks && `${tasks}done` } as Partial<
    Record<FigureName, string>
  >
  return (
    <div className="funnel-numbers">
      {shown.map((name) => (
        <Stat
          key={name}
          label={t[name]}
          value={format.number(funnel[name])}
          definition={t[`${name}Hint`]}
          asOf={funnel.asOf}
          to={to[name]}
          testId={`funnel-${name}`}
          note={
            name === 'control'
              ? format.percent(funnel.eligible === 0 ? 0 : funnel.control / funnel.eligible)
              : undefined
          }
        />
      ))}
    </div>
  )
}

function FunnelChart({ campaign, funnel }: { campaign: Campaign; funnel: Funnel }) {
  const t = useText(reportText)
  const format = useFormat()
  const steps = useMemo(() => {
    const names: FigureName[] = campaign.isImported
      ? ['eligible', 'exposed', 'converted']
      : ['eligible', 'placed', 'exposed', 'clicked', 'tasks', 'tasksDone', 'converted']
    return names.map((name) => ({ name: t[name], count: funnel[name] }))
  }, [campaign.isImported, funnel, t])
  const option = useMemo(() => funnelOption(steps, format), [steps, format])
  const title =
    funnel.exposed === 0
      ? t.funnelNone
      : t.funnelTitle(
          format.number(funnel.exposed),
          format.number(funnel.clicked),
          format.number(funnel.converted),
        )
  return (
    <Chart
      title={title}
      option={option}
      asOf={funnel.asOf}
      height={280}
      table={{
        columns: [t.step, t.customers, t.ofList],
        rows: steps.map(({ name, count }) => [
          name,
          count,
          format.percent(funnel.eligible === 0 ? 0 : count / funnel.eligible),
        ]),
      }}
    />
  )
}

function DayChart({ funnel }: { funnel: Funnel }) {
  const t = useText(reportText)
  const format = useFormat()
  const { byDay } = funnel
  const option = useMemo(() => byDayOption(byDay, [t.exposed, t.clicked, t.converted]), [byDay, t])
  const best = bestDay(byDay)
  return (
    <Chart
      title={best && best.exposed > 0 ? t.byDayTitle(best.date, format.number(best.exposed)) : t.byDay}
      subtitle={t.byDay}
      option={option}
      asOf={funnel.asOf}
      height={260}
      table={byDayTable(byDay, [t.day, t.exposed, t.clicked, t.converted])}
    />
  )
}
