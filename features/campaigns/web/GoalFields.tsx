import { Card, Form, Input, Radio } from 'antd'
import { EventSelect } from '#features/rules/web/index.ts'
import { bankClockOf } from '#platform/web/bank-clock.ts'
import { useText } from '#platform/web/text.ts'
import type { CampaignDraft, DraftProblem } from './campaign-draft.ts'
import { decideText } from './decide-text.ts'
import { FormField } from './FormField.tsx'
import { suggestKey } from './suggest-key.ts'

export type PartProps = {
  draft: CampaignDraft
  problems: readonly DraftProblem[]
  onChange: (draft: CampaignDraft) => void
}

/** What the campaign is called and what it is for. */
export function GoalFields({ draft, problems, onChange, isNew }: PartProps & { isNew: boolean }) {
  const t = useText(decideText)
  const rename = (name: string) => {
    const key =
      isNew && !draft.isKeyTyped ? suggestKey(name, bankClockOf(new Date()).slice(0, 10)) : draft.key
    onChange({ ...draft, name, key })
  }
  return (
    <Card size="small" title={t.goal}>
      <Form layout="vertical" requiredMark={false} component="div" className="form-grid two-columns">
        <FormField id="campaign-name" label={t.name} path="name" problems={problems}>
          <Input
            id="campaign-name"
            data-testid="campaign-name"
            maxLength={100}
            placeholder={t.nameHint}
            value={draft.name}
            onChange={(event) => rename(event.target.value)}
          />
        </FormField>
        <FormField id="campaign-key" label={t.key} path="key" problems={problems} tooltip={t.keyHint}>
          <Input
            id="campaign-key"
            data-testid="campaign-key"
            maxLength={64}
            disabled={!isNew}
            placeholder="dormant-wake"
            value={draft.key}
            onChange={(event) =>
              onChange({ ...draft, key: event.target.value, isKeyTyped: event.target.value !== '' })
            }
          />
        </FormField>
        <ObjectiveField {...{ draft, problems, onChange }} />
      </Form>
    </Card>
  )
}

function ObjectiveField({ draft, problems, onChange }: PartProps) {
  const t = useText(decideText)
  const { objective } = draft
  const isEvent = 'event' in objective
  return (
    <FormField
      label={t.objective}
      path="objective"
      problems={problems}
      isWide
      hint={isEvent ? t.objectiveHint : t.aumHint}
    >
      <div style={{ display: 'flex', gap: 8, flexWrap: 'wrap' }}>
        <Radio.Group
          optionType="button"
          aria-label={t.objective}
          value={isEvent ? 'event' : 'aum'}
          onChange={({ target }) =>
            onChange({
              ...draft,
              objective: target.value === 'aum' ? { aum: true } : { event: 'product_purchased' },
            })
          }
          options={[
            { value: 'event', label: t.byEvent },
            { value: 'aum', label: t.byAum },
          ]}
        />
        {isEvent && (
          <span data-testid="campaign-objective-event">
            <EventSelect
              value={objective.event}
              onChange={(event) => onChange({ ...draft, objective: { event } })}
            />
          </span>
        )}
      </div>
    </FormField>
  )
}
