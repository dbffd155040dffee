import { defineErrors } from '#platform/common/errors.ts'

/** Errors of long work. */
export const jobError = defineErrors({
  JOB_NOT_FOUND: ['missing', (d: { jobId: string }) => `No job has the id ${d.jobId}.`],
  JOB_KIND_UNKNOWN: [
    'invalid',
    (d: { kind: string }) => `No part of this version does jobs of kind "${d.kind}".`,
  ],
})
