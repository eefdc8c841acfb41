/** ClickHouse's errors: code, name, text, and the HTTP status that the server gives to a code. */

export class ServerError extends Error {
  readonly code: number;
  /** "Code: 60. DB::Exception: … (UNKNOWN_TABLE)" */
  constructor(code: number, text: string, name: string) {
    super(`Code: ${code}. DB::Exception: ${text} (${name})`);
    this.code = code;
  }
}

const BY_STATUS: Readonly<Record<number, readonly number[]>> = {
  // Texts, numbers, dates and so on that can't be parsed; bad arguments; syntax; types that don't fit.
  400: [6, 8, 15, 25, 26, 27, 36, 37, 38, 41, 44, 53, 62, 72, 117, 123, 167, 168, 223, 321, 376, 427, 441, 675, 676],
  401: [194],
  403: [192, 193, 497, 512, 516],
  // Names of tables, functions, columns, types, engines, databases, settings and so on that don't exist.
  404: [46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 152, 336, 511],
  408: [159],
  411: [381],
  413: [229],
  501: [48],
  503: [76, 209, 439],
};

/** 500 for a code that has none of its own. */
export function statusOf(code: number): number {
  for (const [status, codes] of Object.entries(BY_STATUS)) if (codes.includes(code)) return Number(status);
  return 500;
}

/** What the library threw as an error of the server: its messages begin with the code. */
export function asServerError(error: unknown): { readonly code: number; readonly message: string } {
  if (error instanceof ServerError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const code = /^Code: (\d+)\. /.exec(message)?.[1];
  return code === undefined
    ? { code: 1001, message: `Code: 1001. DB::Exception: ${message} (STD_EXCEPTION)` }
    : { code: Number(code), message };
}
