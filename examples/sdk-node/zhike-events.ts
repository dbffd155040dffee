/** What `npx zhike plan types > zhike-events.ts` prints, shortened. */
export interface MoneyInEvent {
  readonly amount: number
  readonly product?: string
  readonly channel?: 'app' | 'counter' | 'payroll'
}

export interface SalaryReceivedEvent {
  readonly amount: number
}

/** Every event that may be sent, by its name. */
export interface ZhikeEvents {
  readonly money_in: MoneyInEvent
  readonly salary_received: SalaryReceivedEvent
}
