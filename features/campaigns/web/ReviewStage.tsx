import { Alert, Flex } from 'antd'
import { useFormat } from '#platform/web/format.ts'
import { useLanguage } from '#platform/web/language.ts'
import { useMarks } from '#platform/web/marks.ts'
import { Loaded } from '#platform/web/states.tsx'
import { useText } from '#platform/web/text.ts'
import type { Campaign, Report } from '../common/campaign.ts'
import { ArmTable } from './ArmTable.tsx'
import { AumEffect } from './AumEffect.tsx'
import { useReport } from './campaign-queries.ts'
import { outcomeWords } from './campaign-words.ts'
import { GateTable } from './GateTable.tsx'
import { certaintyOf, signed } from './interval.ts'
import { OrgReport } from './OrgReport.tsx'
import { ReviewEditor } from './ReviewEditor.tsx'
import { reportText } from './report-text.ts'

/** What the campaign was worth, and what was learned. */
export function ReviewStage({ campaign }: { campaign: Campaign }) {
  const report = useReport(campaign.key)
  return (
    <Loaded query={report}>
      {(data) => (
        <Flex vertical gap={16} data-testid="report">
          <Finding report={data} isImported={campaign.isImported} />
          {data.treatedHoldouts > 0 && <TreatedHoldouts count={data.treatedHoldouts} />}
          <ArmTable report={data} />
          {data.aum && <AumEffect aum={data.aum} asOf={data.asOf} />}
          <OrgReport report={data} />
          {!campaign.isImported && <GateTable gate={data.gate} asOf={data.asOf} />}
          <ReviewEditor campaign={campaign} />
          <Method method={data.method} />
        </Flex>
      )}
    </Loaded>
  )
}

/** The one sentence a manager reads: the difference, and whether it can be claimed. */
function Finding({ report, isImported }: { report: Report; isImported: boolean }) {
  const t = useText(reportText)
  const format = useFormat()
  const language = useLanguage()
  const outcome = t.outcome(outcomeWords(report.outcome, language))
  if (report.outcome === 'aum') return <AumFinding report={report} outcome={outcome} />
  const control = report.arms.find((arm) => arm.control)
  const treated = report.arms.find((arm) => !arm.control)
  if (!control || !treated?.lift)
    return <Alert type="info" showIcon title={t.noControl} description={outcome} />
  const difference = signed(treated.lift.value, (value) => t.points((value * 100).toFixed(2)))
  return (
    <Verdict
      title={t.finding(format.percent(treated.rate, 2), format.percent(control.rate, 2), difference)}
      certainty={certaintyOf(treated.lift)}
      outcome={outcome}
      isImported={isImported}
    />
  )
}

function AumFinding({ report, outcome }: { report: Report; outcome: string }) {
  const t = useText(reportText)
  const format = useFormat()
  const overall = report.aum?.overall
  if (!overall) return <Alert type="info" showIcon title={t.noControl} description={outcome} />
  const money = (text: string) => signed(Number(text), format.money)
  const interval = { value: Number(overall.value), low: Number(overall.low), high: Number(overall.high) }
  return (
    <Verdict
      title={t.aumFinding(money(overall.value), money(report.aum?.totalEffect ?? '0'))}
      certainty={certaintyOf(interval)}
      outcome={outcome}
      isImported={false}
    />
  )
}

function Verdict(props: {
  title: string
  certainty: ReturnType<typeof certaintyOf>
  outcome: string
  isImported: boolean
}) {
  const t = useText(reportText)
  const type = { more: 'success', less: 'warning', unsure: 'info' } as const
  const words = { more: t.sure, less: t.sureLess, unsure: t.unsure }
  return (
    <Alert
      type={props.isImported ? 'info' : type[props.certainty]}
      showIcon
      title={props.title}
      description={`${props.isImported ? t.importedFinding : words[props.certainty]} ${props.outcome}`}
      data-testid="finding"
    />
  )
}

function TreatedHoldouts({ count }: { count: number }) {
  const t = useText(reportText)
  const format = useFormat()
  return (
    <Alert
      type="warning"
      showIcon
      title={t.treatedHoldouts(format.number(count))}
      description={t.treatedHoldoutsHint}
    />
  )
}

function Method({ method }: { method: string }) {
  const t = useText(reportText)
  const { labelled } = useMarks()
  const language = useLanguage()
  return <p className="quiet small">{labelled(t.method, inOneLanguage(method, language))}</p>
}

/** The server says the method in Chinese and English by turns; keeps the sentences of one. */
function inOneLanguage(text: string, language: 'zh' | 'en'): string {
  const sentences = text.match(/[^。.]+(?:\.(?=\d)[^。.]*)*[。.]?/g) ?? [text]
  const isChinese = (sentence: string) => /[\u4e00-\u9fff]/.test(sentence)
  return sentences
    .filter((sentence) => isChinese(sentence) === (language === 'zh'))
    .map((sentence) => sentence.trim())
    .join(language === 'zh' ? '' : ' ')
}
