import { Skeleton, Tooltip } from 'antd'
import { type RefObject, useEffect, useRef, useState } from 'react'
import { useFormat } from '#platform/web/format.ts'
import { useMarks } from '#platform/web/marks.ts'
import { useText } from '#platform/web/text.ts'
import type { Campaign } from '../common/campaign.ts'
import { useFunnel } from './campaign-queries.ts'
import { campaignText } from './campaign-text.ts'
import { hasStarted } from './campaign-words.ts'
import './campaigns.css'

const allSteps = ['eligible', 'exposed', 'clicked', 'converted'] as const
const importedSteps = ['eligible', 'exposed', 'converted'] as const

/** How far a campaign got, as four bars and the conversions; read only once the row is on the screen. */
export function TinyFunnel({ campaign }: { campaign: Campaign }) {
  const t = useText(campaignText)
  const { labelled } = useMarks()
  const format = useFormat()
  const place = useRef<HTMLDivElement>(null)
  const isSeen = useIsSeen(place)
  const isStarted = hasStarted(campaign.state)
  const { data, isLoading } = useFunnel(campaign.key, { isWanted: isSeen && isStarted })
  if (!isStarted) return <span className="quiet">{t.notStarted}</span>
  // An imported campaign knows no clicks.
  const steps = campaign.isImported ? importedSteps : allSteps
  const counts = data ? steps.map((step) => data[step]) : []
  const most = Math.max(1, ...counts)
  const words = counts.map((count) => format.number(count)).join(' → ')
  return (
    <div ref={place} style={{ minHeight: 24 }}>
      {isLoading && <Skeleton.Button active size="small" />}
      {data && (
        <Tooltip title={labelled(t.progressHint, words)}>
          <span role="img" aria-label={words}>
            <span className="tiny-funnel">
              {counts.map((count, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: the steps never move
                <span key={index} style={{ height: `${(count / most) * 100}%` }} />
              ))}
            </span>{' '}
            <span className="small">{words}</span>
          </span>
        </Tooltip>
      )}
    </div>
  )
}

function useIsSeen(place: RefObject<HTMLElement | null>): boolean {
  const [isSeen, setSeen] = useState(false)
  useEffect(() => {
    if (isSeen || !place.current) return
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && setSeen(true))
    observer.observe(place.current)
    return () => observer.disconnect()
  }, [isSeen, place])
  return isSeen
}
