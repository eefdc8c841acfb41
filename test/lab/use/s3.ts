/** A request to an object store, signed as S3 wants it (AWS Signature Version 4, one chunk). */
import { createHash, createHmac } from 'node:crypto';

export interface S3Keys {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
}

export async function signedFetch(
  address: string,
  { accessKey, secretKey, region }: S3Keys,
  { method, body }: { readonly method: string; readonly body: string },
): Promise<Response> {
  const url = new URL(address);
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const scope = `${time.slice(0, 8)}/${region}/s3/aws4_request`;
  const contentHash = createHash('sha256').update(body).digest('hex');
  const headers = { 'x-amz-content-sha256': contentHash, 'x-amz-date': time };
  const signed = { host: url.host, ...headers };
  const names = Object.keys(signed).join(';');
  const canonical = [
    method,
    url.pathname,
    [...url.searchParams]
      .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
      .sort()
      .join('&'),
    ...Object.entries(signed).map(([name, value]) => `${name}:${value}`),
    '',
    names,
    contentHash,
  ].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', time, scope, createHash('sha256').update(canonical).digest('hex')].join('\n');
  const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${secretKey}`);
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKey}/${scope}, SignedHeaders=${names}, Signature=${hmac(key, toSign).toString('hex')}`;
  return fetch(url, { method, headers: { ...headers, authorization }, ...(body === '' ? {} : { body }) });
}
