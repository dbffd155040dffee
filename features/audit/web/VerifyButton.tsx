import { SafetyCertificateOutlined } from '@ant-design/icons'
import { useMutation } from '@tanstack/react-query'
import { Alert, Button, Flex } from 'antd'
import { api } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useFormat } from '#platform/web/format.ts'
import { useText } from '#platform/web/text.ts'
import type { AuditVerification } from '../common/audit.ts'
import { auditText } from './audit-text.ts'

/** Checks the whole chain and says what it found. */
export function VerifyButton() {
  const t = useText(auditText)
  const words = useErrorWords()
  const verify = useMutation({ mutationFn: () => api.get<AuditVerification>('/api/audit/verify') })
  return (
    <Flex vertical gap={8} align="flex-end" aria-live="polite">
      <Button
        icon={<SafetyCertificateOutlined />}
        loading={verify.isPending}
        onClick={() => verify.mutate()}
        data-testid="audit-verify"
      >
        {verify.isPending ? t.verifying : t.verify}
      </Button>
      {verify.error && <Alert type="error" showIcon title={words(verify.error)} />}
      {verify.data && <Outcome found={verify.data} />}
    </Flex>
  )
}

function Outcome({ found }: { found: AuditVerification }) {
  const t = useText(auditText)
  const format = useFormat()
  if (found.ok) {
    return (
      <Alert
        type="success"
        showIcon
        title={t.intact(format.number(found.checked))}
        data-testid="audit-intact"
      />
    )
  }
  return (
    <Alert
      type="error"
      showIcon
      title={t.broken(found.brokenSeq === null ? '–' : format.number(found.brokenSeq))}
      description={t.brokenHint(format.number(found.checked))}
      data-testid="audit-broken"
    />
  )
}
