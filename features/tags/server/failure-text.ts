import { AppError } from '#platform/common/errors.ts'

/** Why a computation failed, in words that hold no value of a customer. */
export const failureText = (error: unknown): string =>
  error instanceof AppError
    ? `${error.code}: ${error.message}`
    : 'INTERNAL: Something failed here. It has been logged.'
