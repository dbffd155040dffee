import { defineErrors } from '#platform/common/errors.ts'

/** Errors of the HTTP layer itself. */
export const httpError = defineErrors({
  NOT_SIGNED_IN: ['unauthenticated', (_: Record<string, never>) => 'Sign in, or send a bearer token.'],
  CSRF_INVALID: [
    'forbidden',
    (_: Record<string, never>) => 'The x-csrf-token header is missing or not of this session.',
  ],
  PERMISSION_MISSING: [
    'forbidden',
    (d: { permission: string }) => `This needs the permission "${d.permission}".`,
  ],
  ROUTE_NOT_FOUND: ['missing', (d: { method: string; url: string }) => `There is no ${d.method} ${d.url}.`],
  INPUT_INVALID: ['invalid', (d: { detail: string }) => d.detail],
  JSON_INVALID: ['invalid', (_: Record<string, never>) => 'The body is not valid JSON.'],
  REQUEST_INVALID: ['invalid', (_: Record<string, never>) => 'The request cannot be read.'],
  MEDIA_TYPE_UNSUPPORTED: ['invalid', (_: Record<string, never>) => 'Bodies must be application/json.'],
  BODY_TOO_LARGE: ['tooLarge', (_: Record<string, never>) => 'The body is larger than this route takes.'],
  CURSOR_INVALID: ['invalid', (_: Record<string, never>) => 'The cursor is not one this list gave.'],
  INTERNAL: ['unavailable', (_: Record<string, never>) => 'Something failed here. It has been logged.'],
})
