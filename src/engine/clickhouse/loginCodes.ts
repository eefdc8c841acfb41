/** Codes of ClickHouse for a login that it refuses: UNKNOWN_USER, WRONG_PASSWORD, REQUIRED_PASSWORD, AUTHENTICATION_FAILED. */
export const loginCodes: ReadonlySet<string> = new Set(['192', '193', '194', '516']);
