import { z } from 'zod'
import { PageQuery, pageOf } from '#platform/common/http.ts'

/** GET /api/imports (import.read): imported files, newest first. Rows = imported + skipped + rejected. */
export const ImportedFile = z
  .object({
    fileName: z.string(),
    mapping: z.string(),
    state: z.enum(['running', 'done']),
    rows: z.number().int(),
    imported: z.number().int(),
    /** Rows that no step of the mapping wanted. */
    skipped: z.number().int(),
    rejected: z.number().int(),
    startedBy: z.string(),
    startedAt: z.string(),
    endedAt: z.string().nullable(),
  })
  .meta({ id: 'ImportedFile' })
export type ImportedFile = z.infer<typeof ImportedFile>
export const ImportQuery = PageQuery
export const ImportPage = pageOf(ImportedFile)

/** What became of one file. */
export const FileSummary = z.object({
  file: z.string(),
  /** `unchanged`: this very file was imported before with this very mapping, so nothing was done. */
  outcome: z.enum(['imported', 'unchanged']),
  rows: z.number().int(),
  imported: z.number().int(),
  skipped: z.number().int(),
  rejected: z.number().int(),
  /** Rows that were there from an import that was cut off. */
  resumedFrom: z.number().int(),
  /** Rows that named a customer an earlier row of the file had described: the later row counts. */
  repeated: z.number().int(),
  blankLines: z.number().int(),
  rejectsFile: z.string().nullable(),
  seconds: z.number(),
})
export type FileSummary = z.infer<typeof FileSummary>

export const ImportProgress = z.object({
  file: z.string(),
  rows: z.number().int(),
  rejected: z.number().int(),
  bytesDone: z.number(),
  bytesTotal: z.number(),
})
export type ImportProgress = z.infer<typeof ImportProgress>

/** POST /operator/import (the command line): answers lines of JSON while it runs, the last of them `done` or `failed`. */
export const OperatorImport = z.strictObject({
  mappingPath: z.string().min(1),
  files: z.array(z.string().min(1)).min(1).max(10_000),
  rejectsPath: z.string().optional(),
  again: z.boolean().default(false),
  actor: z.string().min(1).max(100).default('command-line'),
})
export type ImportLine =
  | { kind: 'progress'; progress: ImportProgress }
  | { kind: 'file'; summary: FileSummary }
  | { kind: 'done' }
  | { kind: 'failed'; code: string; message: string; isBadUse: boolean }

/** POST /operator/token */
export const OperatorToken = z.strictObject({
  username: z.string().min(1).max(64),
  name: z.string().min(1).max(100),
  days: z.number().int().min(1).max(366),
})
/** POST /operator/administrator: the first people who may let others in. */
export const administratorRoles = ['system_admin', 'security_admin', 'auditor'] as const
export const OperatorAdministrator = z.strictObject({
  username: z.string().regex(/^[A-Za-z0-9._@-]{1,64}$/, 'has 1 to 64 letters, digits or . _ @ -'),
  password: z.string().min(8, 'has at least 8 characters').max(200),
  name: z.string().min(1).max(100).optional(),
  roles: z.array(z.enum(administratorRoles)).min(1).default(['system_admin', 'security_admin']),
})
