/** Which queries of TPC-H are meant, and in which order they run. Pure. */
import { invalid } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';

export const tpchQueries: readonly number[] = Array.from({ length: 22 }, (_, index) => index + 1);

/** Stream 0 of the specification's Appendix A: the order of its power test. */
export const powerOrder: readonly number[] = [14, 2, 9, 20, 6, 17, 18, 8, 21, 13, 3, 22, 16, 4, 11, 15, 1, 10, 19, 5, 7, 12];

/** `all`, `6`, `1,3,5-10` → numbers in the order written. Fails: `invalid`. */
export function parseQueries(written: string): readonly number[] {
  const text = written.trim();
  if (text.toLowerCase() === 'all') return tpchQueries;
  const found: number[] = [];
  for (const part of text.split(',')) {
    for (const query of parseQueryRange(part)) {
      if (found.includes(query)) throw invalid(t('Query {0} is named twice', query), t('A statement’s weight says how often it runs.'));
      found.push(query);
    }
  }
  return found;
}

/** `6` or `5-10`. Fails: `invalid`. */
export function parseQueryRange(written: string | number): readonly number[] {
  const text = String(written).trim();
  const match = /^q?(\d{1,9})(?:\s*(?:-|–|\.\.)\s*q?(\d{1,9}))?$/i.exec(text);
  if (match === null) {
    throw invalid(
      text === '' ? t('A query’s number is missing') : t('“{0}” is not a query of TPC-H', text.slice(0, 60)),
      t('Write all, a number from 1 to 22, or a list as 1,3,5-10.'),
    );
  }
  const from = checkQuery(Number(match[1]));
  const to = match[2] === undefined ? from : checkQuery(Number(match[2]));
  if (to < from) throw invalid(t('{0} runs backwards', text), t('Write {0}-{1}.', to, from));
  return tpchQueries.slice(from - 1, to);
}

export function checkQuery(query: number): number {
  if (tpchQueries.includes(query)) return query;
  throw invalid(t('TPC-H has no query {0}', query), t('Its queries are 1 to 22.'));
}

/** In the power test's order; what is no query of TPC-H keeps its place at the end. */
export function inPowerOrder<S extends { readonly tpchQuery?: number }>(statements: readonly S[]): readonly S[] {
  const place = ({ tpchQuery }: S): number => (tpchQuery === undefined ? tpchQueries.length : powerOrder.indexOf(tpchQuery));
  return statements.toSorted((a, b) => place(a) - place(b));
}

/** `q01`, as files and tables name it. */
export function queryName(query: number): string {
  return `q${String(query).padStart(2, '0')}`;
}
