import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, Tag as Badge, Button, Card, Descriptions, Flex, Popconfirm, Upload } from 'antd'
import { useState } from 'react'
import { Link, useParams } from 'react-router'
import { api, pathOf, urlOf } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useFormat } from '#platform/web/format.ts'
import { PageHeader } from '#platform/web/PageHeader.tsx'
import { useMay } from '#platform/web/session.tsx'
import { Loaded } from '#platform/web/states.tsx'
import { useText } from '#platform/web/text.ts'
import type { Model } from '../common/model.ts'
import { stateColours } from './ModelsPage.tsx'
import { modelText } from './model-text.ts'
import { VersionDialog } from './VersionDialog.tsx'

type Use = { type: string; key: string; name: string }

/** One model with all its versions. */
export function ModelPage() {
  const { key = '' } = useParams()
  const versions = useQuery({
    queryKey: ['/api/models', key],
    queryFn: ({ signal }) =>
      api.get<{ items: Model[] }>(pathOf`/api/models/${key}/versions`, undefined, signal),
  })
  return <Loaded query={versions}>{({ items }) => <Versions versions={items} />}</Loaded>
}

function Versions({ versions }: { versions: readonly Model[] }) {
  const t = useText(modelText)
  const may = useMay()
  const [isOpen, setOpen] = useState(false)
  const [newest] = versions
  if (!newest) return null
  return (
    <Flex vertical gap={16}>
      <PageHeader
        title={newest.name}
        back="/models"
        tags={<Badge>{newest.key}</Badge>}
        description={newest.purpose}
        actions={may('model.write') && <Button onClick={() => setOpen(true)}>{t.newVersion}</Button>}
      />
      {versions.map((model) => (
        <VersionCard key={model.version} model={model} />
      ))}
      <UsesOfModel modelKey={newest.key} />
      {isOpen && <VersionDialog before={newest} onClose={() => setOpen(false)} />}
    </Flex>
  )
}

function VersionCard({ model }: { model: Model }) {
  const t = useText(modelText)
  const format = useFormat()
  const signed = (by: string | null, at: string | null) => (by && at ? `${by} · ${format.time(at)}` : '—')
  const file =
    model.fileName === null ? t.noFile : `${model.fileName} · ${format.number(model.fileBytes ?? 0)} B`
  return (
    <Card
      size="small"
      title={
        <Flex gap={8} align="center">
          {t.version} {model.version}
          <Badge color={stateColours[model.state]}>{t[model.state]}</Badge>
        </Flex>
      }
      extra={<Actions model={model} />}
    >
      <Descriptions
        size="small"
        column={{ xs: 1, md: 2 }}
        items={[
          { key: 'kind', label: t.kind, children: t[model.kind] },
          { key: 'owner', label: t.owner, children: model.owner },
          { key: 'created', label: t.created, children: signed(model.createdBy, model.createdAt) },
          { key: 'approved', label: t.approvedBy, children: signed(model.approvedBy, model.approvedAt) },
          { key: 'metrics', label: t.metrics, children: model.metrics || '—' },
          ...(model.kind === 'onnx' ? [{ key: 'file', label: t.file, children: file }] : []),
          ...(model.sha256
            ? [{ key: 'sha', label: 'SHA-256', children: <code className="small">{model.sha256}</code> }]
            : []),
        ]}
      />
      <pre className="small" style={{ overflow: 'auto', maxHeight: 200, margin: '8px 0 0' }}>
        {JSON.stringify(model.definition, null, 2)}
      </pre>
    </Card>
  )
}

function Actions({ model }: { model: Model }) {
  const t = useText(modelText)
  const may = useMay()
  const words = useErrorWords()
  const queries = useQueryClient()
  const path = pathOf`/api/models/${model.key}/versions/${model.version}`
  const onSuccess = () => void queries.invalidateQueries({ queryKey: ['/api/models'] })
  const act = useMutation({ mutationFn: (step: string) => api.post(`${path}/${step}`), onSuccess })
  const upload = useMutation({
    mutationFn: (file: File) =>
      api.upload('PUT', urlOf(`${path}/file`, { name: file.name }), file, 'application/octet-stream'),
    onSuccess,
  })
  const error = act.error ?? upload.error
  return (
    <Flex gap={8} wrap align="center" justify="flex-end">
      {error && <Alert type="error" showIcon title={words(error)} />}
      {model.state === 'draft' && model.kind === 'onnx' && may('model.write') && (
        <Upload
          showUploadList={false}
          accept=".onnx"
          beforeUpload={(file) => {
            upload.mutate(file)
            return false
          }}
        >
          <Button size="small" loading={upload.isPending}>
            {t.upload}
          </Button>
        </Upload>
      )}
      {model.state === 'draft' && may('approval.decide') && (
        <Popconfirm
          title={t.approveAsk}
          okText={t.approve}
          cancelText={t.cancel}
          onConfirm={() => act.mutate('approve')}
        >
          <Button size="small" type="primary" loading={act.isPending}>
            {t.approve}
          </Button>
        </Popconfirm>
      )}
      {model.state === 'approved' && may('model.write') && (
        <Popconfirm
          title={t.retireAsk}
          okText={t.retire}
          cancelText={t.cancel}
          onConfirm={() => act.mutate('retire')}
        >
          <Button size="small" danger loading={act.isPending}>
            {t.retire}
          </Button>
        </Popconfirm>
      )}
    </Flex>
  )
}

function UsesOfModel({ modelKey }: { modelKey: string }) {
  const t = useText(modelText)
  const uses = useQuery({
    queryKey: ['/api/models', modelKey, 'uses'],
    queryFn: ({ signal }) =>
      api.get<{ items: Use[] }>(pathOf`/api/models/${modelKey}/uses`, undefined, signal),
  })
  return (
    <Card size="small" title={t.uses}>
      <Loaded query={uses} rows={2}>
        {({ items }) =>
          items.length === 0 ? (
            <span className="quiet">{t.noUses}</span>
          ) : (
            <Flex vertical gap={4}>
              {items.map(({ type, key, name }) => (
                <Link key={`${type} ${key}`} to={`/tags/${key}`}>
                  {name} <span className="quiet small">{key}</span>
                </Link>
              ))}
            </Flex>
          )
        }
      </Loaded>
    </Card>
  )
}
