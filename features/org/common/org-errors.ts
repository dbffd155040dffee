import { defineErrors } from '#platform/common/errors.ts'

type None = Record<string, never>

/** Errors of org units, staff, posts and sign-in. */
export const orgError = defineErrors({
  LOGIN_FAILED: ['unauthenticated', (_: None) => 'The user name or the password is wrong.'],
  LOGIN_LOCKED: [
    'limited',
    (_: None) => 'Too many wrong passwords. Try again in 15 minutes, or ask a security administrator.',
  ],
  ORG_UNIT_NOT_FOUND: ['missing', (d: { code: string }) => `No org unit has the code "${d.code}".`],
  ORG_UNIT_CODE_TAKEN: ['conflict', (d: { code: string }) => `Another org unit has the code "${d.code}".`],
  ORG_UNIT_LOOP: ['conflict', (d: { code: string }) => `"${d.code}" cannot be placed below itself.`],
  ORG_UNIT_CHANGED_LATER: [
    'conflict',
    (d: { code: string }) => `"${d.code}" has a change on or after that day.`,
  ],
  STAFF_NOT_FOUND: ['missing', (d: { staffNo: string }) => `No staff member has the number "${d.staffNo}".`],
  STAFF_TAKEN: [
    'conflict',
    (d: { staffNo: string }) => `The number or user name of "${d.staffNo}" is taken.`,
  ],
  POST_EXISTS: ['conflict', (_: None) => 'This person holds that post already.'],
  POST_NOT_FOUND: ['missing', (_: None) => 'This person does not hold that post.'],
  OWN_ACCOUNT: [
    'forbidden',
    (_: None) => 'Nobody ends their own account or resets their own password; another administrator does.',
  ],
  USERNAME_MISSING: [
    'conflict',
    (d: { staffNo: string }) => `"${d.staffNo}" has no user name yet; give one first.`,
  ],
  PASSWORD_WRONG: ['invalid', (_: None) => 'The current password is wrong.'],
  OWN_POST: ['forbidden', (_: None) => 'Nobody grants or ends their own post.'],
  TOKEN_NOT_FOUND: ['missing', (d: { name: string }) => `There is no token called "${d.name}".`],
  TOKEN_NAME_TAKEN: ['conflict', (d: { name: string }) => `There is a token called "${d.name}" already.`],
})
