import { Collapse, Flex, Form, Input, InputNumber } from 'antd'
import { useText } from '#platform/web/text.ts'
import type { ChangeSource, Source, SourceDetail } from '../common/source.ts'
import { sourceText } from './source-text.ts'

/** The form of what may be changed of a source, as its fields hold it. */
export type SourceDraft = {
  nameZh?: string
  nameEn?: string
  owner?: string
  origins?: string
  jwksUrl?: string
  jwks?: string
  tokenIssuer?: string
  eventsPerSecond?: number | null
  bytesPerSecond?: number | null
  concurrentRequests?: number | null
  customerEventsPerSecond?: number | null
}

export const draftOf = (source: SourceDetail): SourceDraft => ({
  nameZh: source.name?.zh ?? '',
  nameEn: source.name?.en ?? '',
  owner: source.owner ?? '',
  origins: source.allowedOrigins.join('\n'),
  jwksUrl: source.jwksUrl ?? '',
  jwks: source.jwks ? JSON.stringify(source.jwks, null, 2) : '',
  tokenIssuer: source.tokenIssuer ?? '',
  ...source.limits,
})

const orNull = (text: string | undefined): string | null => text?.trim() || null

/** What to send for a draft; empty fields empty what they stand for. */
export function changesOf(draft: SourceDraft, kind: Source['kind']): ChangeSource {
  const [zh, en] = [orNull(draft.nameZh), orNull(draft.nameEn)]
  const common = {
    name: zh && en ? { zh, en } : null,
    owner: orNull(draft.owner),
    limits: {
      eventsPerSecond: draft.eventsPerSecond ?? null,
      bytesPerSecond: draft.bytesPerSecond ?? null,
      concurrentRequests: draft.concurrentRequests ?? null,
      customerEventsPerSecond: draft.customerEventsPerSecond ?? null,
    },
  }
  if (kind === 'trusted') return common
  return {
    ...common,
    allowedOrigins: (draft.origins ?? '').split('\n').flatMap((line) => line.trim() || []),
    jwksUrl: orNull(draft.jwksUrl),
    jwks: draft.jwks?.trim() ? JSON.parse(draft.jwks) : null,
    tokenIssuer: orNull(draft.tokenIssuer),
  }
}

const isJson = (text: string | undefined): boolean => {
  if (!text?.trim()) return true
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Fields of a source besides its code and kind. */
export function SourceFields({ kind }: { kind: Source['kind'] }) {
  const t = useText(sourceText)
  const limits = [
    ['eventsPerSecond', t.eventsPerSecond],
    ['bytesPerSecond', t.bytesPerSecond],
    ['concurrentRequests', t.concurrentRequests],
    ['customerEventsPerSecond', t.customerEventsPerSecond],
  ] as const
  return (
    <>
      <Flex gap={12} wrap>
        <Form.Item name="nameZh" label={t.nameZh} style={{ flex: '1 1 180px' }}>
          <Input maxLength={100} />
        </Form.Item>
        <Form.Item
          name="nameEn"
          label={t.nameEn}
          style={{ flex: '1 1 180px' }}
          dependencies={['nameZh']}
          rules={[
            ({ getFieldValue }) => ({
              validator: (_, value) =>
                Boolean(getFieldValue('nameZh')) === Boolean(value)
                  ? Promise.resolve()
                  : Promise.reject(new Error(t.bothNames)),
            }),
          ]}
        >
          <Input maxLength={100} />
        </Form.Item>
      </Flex>
      <Form.Item name="owner" label={t.owner}>
        <Input maxLength={100} placeholder={t.ownerHint} />
      </Form.Item>
      {kind === 'public' && <ProofFields />}
      <Collapse
        ghost
        size="small"
        items={[
          {
            key: 'limits',
            forceRender: true,
            label: t.limits,
            children: (
              <>
                <p className="quiet small">{t.limitsHint}</p>
                <Flex gap={12} wrap>
                  {limits.map(([name, label]) => (
                    <Form.Item key={name} name={name} label={label}>
                      <InputNumber min={1} precision={0} placeholder={t.byDefault} style={{ width: 150 }} />
                    </Form.Item>
                  ))}
                </Flex>
              </>
            ),
          },
        ]}
      />
    </>
  )
}

function ProofFields() {
  const t = useText(sourceText)
  return (
    <>
      <Form.Item name="origins" label={t.origins} extra={t.originsHint}>
        <Input.TextArea autoSize={{ minRows: 1, maxRows: 6 }} />
      </Form.Item>
      <Form.Item name="jwksUrl" label={t.jwksUrl}>
        <Input maxLength={500} placeholder="https://id.bank.example/jwks.json" />
      </Form.Item>
      <Form.Item
        name="jwks"
        label={t.jwks}
        rules={[
          {
            validator: (_, value: string) =>
              isJson(value) ? Promise.resolve() : Promise.reject(new Error(t.jwksWrong)),
          },
        ]}
      >
        <Input.TextArea
          autoSize={{ minRows: 2, maxRows: 10 }}
          style={{ fontFamily: 'monospace' }}
          placeholder='{"keys":[…]}'
        />
      </Form.Item>
      <Form.Item name="tokenIssuer" label={t.issuer}>
        <Input maxLength={200} />
      </Form.Item>
    </>
  )
}
