import { Card, Checkbox, Form, Input, Select, TreeSelect } from 'antd'
import { DateBox } from '#platform/web/DateBox.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import { useFolderTree, usePathOfFolder } from './catalogue-queries.ts'
import { catalogueText } from './catalogue-text.ts'
import { keyPattern, type TagDraft, typeOf } from './tag-draft.ts'
import { classNames, tagText, typeNames } from './tag-text.ts'
import { tagTypes } from './tag-types.ts'

const refreshChoices = [15, 60, 360, 1440, 10_080]

/** Names, key, type, class, how often it is refreshed. */
export function TagIdentity(props: {
  draft: TagDraft
  isNew: boolean
  isTried: boolean
  onChange: (draft: TagDraft) => void
}) {
  const t = useText(tagText)
  const pick = usePick()
  const { draft, onChange, isNew, isTried } = props
  const set = (changed: Partial<TagDraft>) => onChange({ ...draft, ...changed })
  const isKeyWrong = isNew && !keyPattern.test(draft.key) && (isTried || draft.key !== '')
  const minutes = draft.refreshEveryMinutes
  const choices =
    minutes === null || refreshChoices.includes(minutes) ? refreshChoices : [...refreshChoices, minutes]
  return (
    <Card size="small">
      <Form layout="vertical" requiredMark={false} component="div" className="form-grid">
        <NameItem
          id="tag-name-zh"
          label={t.nameZh}
          isTried={isTried}
          value={draft.name.zh}
          onChange={(zh) => set({ name: { ...draft.name, zh } })}
        />
        <NameItem
          id="tag-name-en"
          label={t.nameEn}
          isTried={isTried}
          value={draft.name.en}
          onChange={(en) => set({ name: { ...draft.name, en } })}
        />
        <Form.Item
          label={t.key}
          htmlFor="tag-key"
          tooltip={t.keyHint}
          validateStatus={isKeyWrong ? 'error' : undefined}
          help={isKeyWrong ? t.keyWrong : undefined}
        >
          <Input
            id="tag-key"
            data-testid="tag-key"
            maxLength={64}
            disabled={!isNew}
            placeholder="money_in_90d"
            value={draft.key}
            onChange={(event) => set({ key: event.target.value })}
          />
        </Form.Item>
        <Form.Item label={t.type} htmlFor="tag-type">
          <Select
            id="tag-type"
            value={draft.type}
            disabled={typeOf(draft.source) !== undefined}
            onChange={(type) => set({ type })}
            options={tagTypes.map((type) => ({ value: type, label: pick(typeNames[type]) }))}
          />
        </Form.Item>
        <Form.Item label={t.class} htmlFor="tag-class" tooltip={t.classHint}>
          <Select
            id="tag-class"
            value={draft.class}
            onChange={(grade) => set({ class: grade })}
            options={(['C1', 'C2'] as const).map((grade) => ({
              value: grade,
              label: pick(classNames[grade]),
            }))}
          />
        </Form.Item>
        <Form.Item label={t.refreshEvery} htmlFor="tag-refresh">
          <Select
            id="tag-refresh"
            value={minutes ?? 0}
            onChange={(chosen) => set({ refreshEveryMinutes: chosen === 0 ? null : chosen })}
            options={[
              ...choices.map((one) => ({ value: one, label: t.every(one) })),
              { value: 0, label: t.manual },
            ]}
          />
        </Form.Item>
        <PlaceItems draft={draft} set={set} />
        <Form.Item
          label={t.description}
          htmlFor="tag-description"
          className="form-wide"
          style={{ marginBottom: 0 }}
        >
          <Input.TextArea
            id="tag-description"
            autoSize={{ minRows: 1, maxRows: 4 }}
            maxLength={2000}
            value={draft.description}
            onChange={(event) => set({ description: event.target.value })}
          />
        </Form.Item>
      </Form>
    </Card>
  )
}

/** Folder, unit, how long it is good for, and whether it follows events. */
function PlaceItems({ draft, set }: { draft: TagDraft; set: (changed: Partial<TagDraft>) => void }) {
  const c = useText(catalogueText)
  const tree = useFolderTree()
  const pathOfFolder = usePathOfFolder()
  return (
    <>
      <Form.Item label={c.directory} htmlFor="tag-directory">
        <TreeSelect
          id="tag-directory"
          value={draft.directory?.at(-1) ?? ''}
          treeData={[{ value: '', key: '', title: c.outside, children: [] }, ...tree]}
          treeDefaultExpandAll
          onChange={(key: string) => set({ directory: pathOfFolder(key || null) })}
        />
      </Form.Item>
      <Form.Item label={c.unit} htmlFor="tag-unit">
        <Input
          id="tag-unit"
          maxLength={20}
          value={draft.unit}
          onChange={({ target }) => set({ unit: target.value })}
        />
      </Form.Item>
      <Form.Item label={c.expires}>
        <DateBox
          label={c.expires}
          value={draft.expiresAt?.slice(0, 10) ?? ''}
          onChange={(day) => set({ expiresAt: day ? `${day}T00:00:00.000Z` : null })}
        />
      </Form.Item>
      <Form.Item label={c.mode}>
        <Checkbox
          checked={draft.streaming ?? ('event' in draft.source || 'rule' in draft.source)}
          onChange={({ target }) => set({ streaming: target.checked })}
        >
          {c.streamingHint}
        </Checkbox>
      </Form.Item>
    </>
  )
}

function NameItem(props: {
  id: string
  label: string
  isTried: boolean
  value: string
  onChange: (value: string) => void
}) {
  const t = useText(tagText)
  const isMissing = props.isTried && props.value.trim() === ''
  return (
    <Form.Item
      label={props.label}
      htmlFor={props.id}
      validateStatus={isMissing ? 'error' : undefined}
      help={isMissing ? t.required : undefined}
    >
      <Input
        id={props.id}
        data-testid={props.id}
        maxLength={200}
        value={props.value}
        onChange={(event) => props.onChange(event.target.value)}
      />
    </Form.Item>
  )
}
