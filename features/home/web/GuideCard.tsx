import { Button, Card, Checkbox, Flex, Progress } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { useMay, useUser } from '#platform/web/session.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import { guideSteps } from './guide-steps.ts'
import { homeText } from './home-text.ts'

const storageKey = 'zhike.guide'
type Kept = { done: string[]; isHidden: boolean }

function readKept(isHiddenAtFirst: boolean): Kept {
  try {
    const kept = JSON.parse(localStorage.getItem(storageKey) ?? 'null') as Kept | null
    return { done: kept?.done ?? [], isHidden: kept?.isHidden ?? isHiddenAtFirst }
  } catch {
    return { done: [], isHidden: isHiddenAtFirst }
  }
}

/** The guided task: an ordered list with links, kept in this browser so that it can be left and resumed. */
export function GuideCard() {
  const t = useText(homeText)
  const may = useMay()
  // It is the operator's task; others find it folded.
  const [kept, setKept] = useState(() => readKept(!may('campaign.write')))
  const change = (next: Kept) => {
    setKept(next)
    try {
      localStorage.setItem(storageKey, JSON.stringify(next))
    } catch {
      // Without storage the ticks last until the page is closed.
    }
  }
  const done = guideSteps.filter(({ key }) => kept.done.includes(key)).length
  const toggle = (key: string) =>
    change({
      ...kept,
      done: kept.done.includes(key) ? kept.done.filter((one) => one !== key) : [...kept.done, key],
    })
  return (
    <Card
      size="small"
      title={<div className="chart-title">{t.guide}</div>}
      data-testid="guide"
      extra={
        <Flex gap={8} align="center">
          <Progress
            type="circle"
            size={20}
            percent={(done / guideSteps.length) * 100}
            showInfo={false}
            aria-label={t.guideDone(done, guideSteps.length)}
          />
          <span className="quiet small nowrap">{t.guideDone(done, guideSteps.length)}</span>
          <Button type="text" size="small" onClick={() => change({ ...kept, isHidden: !kept.isHidden })}>
            {kept.isHidden ? t.show : t.hide}
          </Button>
        </Flex>
      }
    >
      {!kept.isHidden && (
        <>
          <div className="quiet">{t.guideHint}</div>
          <ol className="guide">
            {guideSteps.map((step) => (
              <GuideLine
                key={step.key}
                step={step}
                isDone={kept.done.includes(step.key)}
                onToggle={() => toggle(step.key)}
              />
            ))}
          </ol>
        </>
      )}
    </Card>
  )
}

function GuideLine(props: { step: (typeof guideSteps)[number]; isDone: boolean; onToggle: () => void }) {
  const t = useText(homeText)
  const pick = usePick()
  const may = useMay()
  const user = useUser()
  const { step, isDone } = props
  const isOthers = !may(step.permission)
  return (
    <li>
      <Flex gap={8} align="flex-start">
        <Checkbox checked={isDone} onChange={props.onToggle} aria-label={`${t.mark}：${pick(step.title)}`} />
        <div style={{ flex: 1, minWidth: 0 }}>
          <strong className={isDone ? 'quiet' : undefined}>{pick(step.title)}</strong>
          <div className="quiet small">
            {pick(step.hint)}
            {isOthers && user.isDemo && step.demoUser && ` · ${t.asRole(step.demoUser)}`}
          </div>
        </div>
        {!isOthers &&
          (step.isOutside ? (
            <a href={step.to} target="_blank" rel="noreferrer">
              {t.go}
            </a>
          ) : (
            <Link to={step.to}>{t.go}</Link>
          ))}
      </Flex>
    </li>
  )
}
