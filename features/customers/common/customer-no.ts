const pattern = /^\P{Cc}{1,64}$/u

/** Whether a text can be a customer number: 1 to 64 characters, none of them a control character. */
export const isCustomerNo = (text: string): boolean => pattern.test(text) && text.isWellFormed()
