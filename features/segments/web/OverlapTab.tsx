import { useQuery } from '@tanstack/react-query'
import { Flex, Select } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { isMeant, useSearchWords, useVocabulary } from '#features/rules/web/index.ts'
import { api } from '#platform/web/api.ts'
import { useFormat } from '#platform/web/format.ts'
import { EmptyState, Loaded } from '#platform/web/states.tsx'
import { useText } from '#platform/web/text.ts'
import type { Segment } from '../common/segment.ts'
import type { Overlap } from '../common/segment-analysis.ts'
import { OverlapMatrix } from './OverlapMatrix.tsx'
import { ruleOfRegion, segmentDraftPath } from './region-rule.ts'
import { sharingText } from './sharing-text.ts'
import { Venn } from './Venn.tsx'

/** How this segment lies over others: a Venn picture for two or three, a matrix for more. */
export function OverlapTab({ segment }: { segment: Segment }) {
  const t = useText(sharingText)
  const wordsOf = useSearchWords()
  const { segments, names } = useVocabulary()
  const [others, setOthers] = useState<string[]>([])
  const keys = [segment.key, ...others]
  const overlap = useQuery({
    queryKey: ['/api/segments/overlap', keys],
    queryFn: ({ signal }) => api.post<Overlap>('/api/segments/overlap', { segments: keys }, signal),
    enabled: others.length > 0,
  })
  return (
    <Flex vertical gap={16}>
      <Select
        mode="multiple"
        aria-label={t.chooseOthers}
        placeholder={t.chooseOthers}
        data-testid="overlap-others"
        maxCount={7}
        value={others}
        onChange={setOthers}
        showSearch={{ filterOption: (typed, option) => isMeant(typed, option?.words ?? '') }}
        options={segments
          .filter(({ key }) => key !== segment.key)
          .map(({ key, name }) => ({ value: key, label: name, words: wordsOf(name, key) }))}
        style={{ maxWidth: 640, width: '100%' }}
      />
      {others.length === 0 ? (
        <EmptyState title={t.chooseOthers} hint={t.overlapHint} />
      ) : (
        <Loaded query={overlap}>
          {(data) => (
            <Result overlap={data} keys={keys} names={keys.map((key) => names.segment(key) ?? key)} />
          )}
        </Loaded>
      )}
    </Flex>
  )
}

function Result({
  overlap,
  keys,
  names,
}: {
  overlap: Overlap
  keys: readonly string[]
  names: readonly string[]
}) {
  const t = useText(sharingText)
  const format = useFormat()
  const separator = ' ∩ '
  return (
    <Flex vertical gap={16} data-testid="overlap">
      <div className="quiet small">
        {t.union(format.number(overlap.union), format.number(overlap.base))} ·{' '}
        {format.exactTime(overlap.asOf)}
      </div>
      <Flex gap={24} wrap>
        {overlap.regions && keys.length <= 3 && (
          <Venn names={names} counts={overlap.counts} regions={overlap.regions} />
        )}
        {overlap.regions && keys.length <= 3 && (
          <ul className="region-list">
            {overlap.regions.map((region) => (
              <li key={region.in.join(' ')}>
                <Link to={segmentDraftPath(ruleOfRegion(keys, region.in))} title={t.openAsSegment}>
                  {format.number(region.count)}
                </Link>{' '}
                {t.onlyIn(region.in.map((index) => names[index]).join(separator))}
              </li>
            ))}
          </ul>
        )}
      </Flex>
      <OverlapMatrix overlap={overlap} keys={keys} names={names} />
    </Flex>
  )
}
