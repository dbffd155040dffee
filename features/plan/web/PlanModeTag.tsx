import { useQuery } from '@tanstack/react-query'
import { Tag, Tooltip } from 'antd'
import { Link } from 'react-router'
import { api } from '#platform/web/api.ts'
import { useMay } from '#platform/web/session.tsx'
import { usePick } from '#platform/web/text.ts'
import type { PlanMode, SourceMode } from '../common/plan.ts'
import { modeHints, modeNames } from './plan-text.ts'

const colors: { readonly [M in PlanMode]: string } = { observe: 'default', warn: 'warning', enforce: 'blue' }

/** What becomes of a source's events that break the plan, and the way to change it. */
export function PlanModeTag({ source }: { source: string }) {
  const pick = usePick()
  const may = useMay()
  const modes = useQuery({
    queryKey: ['/api/plan/modes'],
    queryFn: ({ signal }) => api.get<{ items: SourceMode[] }>('/api/plan/modes', undefined, signal),
    enabled: may('plan.read'),
  })
  if (!modes.data) return <span className="quiet">–</span>
  const mode = modes.data.items.find((one) => one.source === source)?.mode ?? 'observe'
  return (
    <Tooltip title={pick(modeHints[mode])}>
      <Link to="/plan/modes">
        <Tag color={colors[mode]}>{pick(modeNames[mode])}</Tag>
      </Link>
    </Tooltip>
  )
}
