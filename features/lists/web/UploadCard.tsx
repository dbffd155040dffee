import { UploadOutlined } from '@ant-design/icons'
import { useMutation } from '@tanstack/react-query'
import { Alert, Button, Card, Flex, Upload } from 'antd'
import { useState } from 'react'
import { api, pathOf, urlOf } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { JobProgress } from '#platform/web/JobProgress.tsx'
import { useText } from '#platform/web/text.ts'
import { listText } from './list-text.ts'

/** Takes a file for a list and follows the work of making it the members. */
export function UploadCard({ listKey, onLoaded }: { listKey: string; onLoaded: () => void }) {
  const t = useText(listText)
  const words = useErrorWords()
  const [jobId, setJobId] = useState<string | null>(null)
  const upload = useMutation({
    mutationFn: (file: File) =>
      api.upload<{ jobId: string }>(
        'POST',
        urlOf(pathOf`/api/lists/${listKey}/upload`, { name: file.name }),
        file,
        'text/csv',
      ),
    onSuccess: (accepted) => setJobId(accepted.jobId),
  })
  return (
    <Card size="small">
      <Flex gap={16} align="center" wrap>
        <Upload
          accept=".csv,.txt,text/csv"
          showUploadList={false}
          beforeUpload={(file) => {
            upload.mutate(file)
            return false
          }}
        >
          <Button
            icon={<UploadOutlined />}
            type="primary"
            loading={upload.isPending}
            data-testid="list-upload"
          >
            {upload.isPending ? t.uploading : t.upload}
          </Button>
        </Upload>
        <span className="quiet">{t.uploadHint}</span>
        {jobId && <JobProgress key={jobId} jobId={jobId} title={t.loading} onEnd={onLoaded} />}
      </Flex>
      {upload.error && <Alert type="error" showIcon title={words(upload.error)} style={{ marginTop: 8 }} />}
    </Card>
  )
}
