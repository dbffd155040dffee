import { eventName } from '#features/customers/common/event-words.ts'
import { heatRamps } from '#platform/web/chart-theme.ts'
import type { HeatAnswer, HeatQuery } from '../common/heat.ts'
import type { PathAnswer, PathQuery } from '../common/path.ts'
import type { SessionAnswer, SessionQuery } from '../common/session.ts'
import type { Figure, Panel, ViewTools } from './analysis-view.ts'
import { clickable } from './panels.ts'
import { durationWords, filterLabel, insightWords } from './words.ts'

export function pathPanels(answer: PathAnswer, query: PathQuery, tools: ViewTools): Panel[] {
  const { language, format } = tools
  const t = insightWords(language)
  const last = query.direction === 'to' ? t.begins : t.ends
  const node = (name: string | null, value: string | null = null) =>
    name === null
      ? last
      : name === '+'
        ? t.rest
        : `${eventName(name, language)}${value === null ? '' : ` · ${value}`}`
  const words = new Map(
    answer.nodes.map((one) => [
      `${one.place}|${one.node}`,
      node(one.node === '+' ? '+' : one.name, one.value),
    ]),
  )
  const shown = (place: number) =>
    answer.nodes.filter((one) => one.place === place && one.node !== '+').map((one) => one.node)
  const idOf = (place: number, id: string | null) => `${place}|${id ?? ''}`
  const cellOf = (link: PathAnswer['links'][number]) => ({
    ...{ place: link.place, node: link.from, not: shown(link.place) },
    next: { node: link.to, not: shown(link.place + 1) },
  })
  const drawn = answer.links.filter((link) => link.to !== null)
  const used = new Set(drawn.flatMap((link) => [idOf(link.place, link.from), idOf(link.place + 1, link.to)]))
  const isTo = query.direction === 'to'
  const sankey = {
    type: 'sankey',
    left: 8,
    right: 120,
    nodeAlign: isTo ? 'right' : 'left',
    data: [...used].map((id) => ({ name: id })),
    links: drawn.map((link) => {
      const [from, to] = [idOf(link.place, link.from), idOf(link.place + 1, link.to)]
      return { source: isTo ? to : from, target: isTo ? from : to, value: link.customers }
    }),
    label: { formatter: ({ name }: { name: string }) => words.get(name) ?? name },
    labelLayout: { hideOverlap: true },
    lineStyle: { color: 'gradient', opacity: 0.35 },
  }
  const links: Panel = {
    key: 'ways',
    title:
      language === 'zh'
        ? `${format.number(answer.customers)} 位客户${isTo ? '走到' : '从'}“${filterLabel(query.anchor, language)}”${isTo ? '' : '出发'}`
        : `${format.number(answer.customers)} customers ${isTo ? 'came to' : 'went on from'} ${filterLabel(query.anchor, language)}`,
    height: 420,
    ...(drawn.length > 0 ? { option: { tooltip: { trigger: 'item' }, series: [sankey] } } : {}),
    columns: [t.place, isTo ? t.next : t.steps, isTo ? t.steps : t.next, t.customers],
    rows: answer.links.map((link): Figure[] => [
      link.place,
      words.get(idOf(link.place, link.from)) ?? link.from,
      link.to === null ? last : (words.get(idOf(link.place + 1, link.to)) ?? link.to),
      clickable(link.customers, cellOf(link)),
    ]),
  }
  const nodes: Panel = {
    key: 'nodes',
    title: language === 'zh' ? '每个位置上的步骤' : 'Steps at each place',
    columns: [t.place, t.steps, t.customers],
    rows: answer.nodes.map((one): Figure[] => [
      one.place,
      one.node === '+' ? t.others(format.number(answer.others[one.place] ?? 0)) : node(one.name, one.value),
      clickable(one.customers, { place: one.place, node: one.node, not: shown(one.place) }),
    ]),
  }
  return [links, nodes]
}

export function sessionPanels(answer: SessionAnswer, _query: SessionQuery, tools: ViewTools): Panel[] {
  const { language, format } = tools
  const t = insightWords(language)
  const days = answer.buckets.map((bucket) => format.date(new Date(bucket.from)))
  const axis = { type: 'value', min: 0, axisLabel: { formatter: (value: number) => format.compact(value) } }
  const bounce = format.rate(answer.bounces, answer.sessions)
  const binned = (
    key: string,
    title: string,
    name: 'seconds' | 'events',
    bins: SessionAnswer['byLength'],
    words: (value: number) => string,
  ): Panel => {
    const labels = bins.map((bin) =>
      bin.to === null ? `≥ ${words(bin.from)}` : `${words(bin.from)} – ${words(bin.to)}`,
    )
    const cellAt = (index: number) => ({
      [name]: { from: bins[index]?.from ?? 0, to: bins[index]?.to ?? null },
    })
    return {
      ...{ key, title, cellAt },
      option: {
        tooltip: { trigger: 'axis' },
        xAxis: { type: 'category', data: labels },
        yAxis: axis,
        series: [{ type: 'bar', data: bins.map((bin) => bin.sessions), barMaxWidth: 40 }],
      },
      columns: [title, t.sessions, t.customers],
      rows: bins.map((bin, nth): Figure[] => [
        labels[nth] ?? '',
        bin.sessions,
        clickable(bin.customers, cellAt(nth)),
      ]),
    }
  }
  const median =
    answer.length.median === null ? '–' : durationWords(answer.length.median * 1000, language, format)
  return [
    {
      key: 'days',
      title:
        language === 'zh'
          ? `${format.number(answer.sessions)} 次会话，中位时长 ${median}，跳出 ${bounce}`
          : `${format.number(answer.sessions)} sessions, median length ${median}, bounces ${bounce}`,
      option: {
        tooltip: { trigger: 'axis' },
        legend: { top: 0 },
        grid: { top: 36 },
        xAxis: { type: 'category', data: days },
        yAxis: axis,
        series: [
          {
            name: t.sessions,
            type: 'line',
            showSymbol: false,
            data: answer.buckets.map((one) => one.sessions),
          },
          {
            name: t.customers,
            type: 'line',
            showSymbol: false,
            data: answer.buckets.map((one) => one.customers),
          },
        ],
      },
      columns: [t.time, t.sessions, t.customers],
      rows: [
        [t.total, answer.sessions, clickable(answer.customers, {})],
        [t.bounces, answer.bounces, { text: t.customers, cell: { bounce: true } }],
        ...answer.buckets.map((one, nth): Figure[] => [
          days[nth] ?? '',
          one.sessions,
          clickable(one.customers, { bucket: one.from }),
        ]),
      ],
      cellAt: (index) => ({ bucket: answer.buckets[index]?.from }),
    },
    binned('length', t.length, 'seconds', answer.byLength, (seconds) =>
      durationWords(seconds * 1000, language, format),
    ),
    binned('events', t.eventsPer, 'events', answer.byEvents, format.number),
  ]
}

export function heatPanels(answer: HeatAnswer, _query: HeatQuery, tools: ViewTools): Panel[] {
  const { language, format } = tools
  const t = insightWords(language)
  const text = (value: string | null) => value ?? t.noGroup
  return answer.pages.map((page): Panel => {
    // A schematic page: elements from top to bottom, positions from left to right.
    const elements = [...new Set(page.spots.map((spot) => text(spot.element)))]
    const positions = [...new Set(page.spots.map((spot) => text(spot.position)))].sort((one, other) =>
      one.localeCompare(other, undefined, { numeric: true }),
    )
    const most = Math.max(1, ...page.spots.map((spot) => spot.clicks))
    const cellOf = (spot: (typeof page.spots)[number]) => ({
      ...{ page: page.page, element: spot.element, position: spot.position },
    })
    return {
      key: `page ${page.page}`,
      title:
        language === 'zh'
          ? `${text(page.page)}：${format.number(page.clicks)} 次点击，最热是“${text(page.spots[0]?.element ?? null)}”`
          : `${text(page.page)}: ${format.number(page.clicks)} clicks, most on ${text(page.spots[0]?.element ?? null)}`,
      height: Math.max(180, 60 + elements.length * 34),
      option: {
        tooltip: { formatter: ({ data }: { data: number[] }) => format.number(data[2] ?? 0) },
        xAxis: { type: 'category', data: positions, position: 'top' },
        yAxis: { type: 'category', data: elements, inverse: true },
        visualMap: { min: 0, max: most, show: false, inRange: { color: heatRamps.warm } },
        series: [
          {
            type: 'heatmap',
            label: { show: true, color: heatRamps.ink },
            data: page.spots.map((spot) => [
              positions.indexOf(text(spot.position)),
              elements.indexOf(text(spot.element)),
              spot.clicks,
            ]),
          },
        ],
      },
      columns: [t.element, t.position, t.clicks, t.share, t.customers],
      rows: [
        [t.total, '', page.clicks, '100%', clickable(page.customers, { page: page.page })],
        ...page.spots.map((spot): Figure[] => [
          text(spot.element),
          text(spot.position),
          spot.clicks,
          format.percent(spot.clicks / Math.max(1, page.clicks)),
          clickable(spot.customers, cellOf(spot)),
        ]),
        ...(page.otherSpots
          ? [
              [
                t.others(format.number(page.otherSpots.spots)),
                '',
                page.otherSpots.clicks,
                null,
                null,
              ] as Figure[],
            ]
          : []),
      ],
      cellAt: (index) => {
        const spot = page.spots[index]
        return spot && cellOf(spot)
      },
    }
  })
}
