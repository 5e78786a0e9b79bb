// The assertion of the JWT bearer flow, from Node's own crypto: the clients leave its making to the caller.
import { createSign } from 'node:crypto';

const part = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** Signed with RS256, good for three minutes; `changes` replaces claims. */
export function assertion(sandbox, changes = {}) {
  const claims = {
    iss: sandbox.setting('SALESFORCE__CLIENT_ID'), sub: sandbox.setting('SALESFORCE__USERNAME'), aud: 'https://login.salesforce.com',
    exp: Math.floor(Date.now() / 1000) + 180, ...changes,
  };
  const text = `${part({ alg: 'RS256' })}.${part(claims)}`;
  return `${text}.${createSign('RSA-SHA256').update(text).sign(sandbox.setting('SALESFORCE__PRIVATE_KEY')).toString('base64url')}`;
}
