// Signing in with jsforce: the library leaves the JWT bearer flow to its caller.
import jsforce from 'jsforce';
import { assertion } from './jwt.mjs';

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** A token reply for an assertion with these claims changed. */
export const token = (sandbox, changes) =>
  new jsforce.OAuth2({ loginUrl: sandbox.setting('SALESFORCE__LOGIN_URL') }).requestToken({ grant_type: JWT_BEARER, assertion: assertion(sandbox, changes) });

/** Signed in; a session that has ended is renewed the way jsforce asks for it. */
export async function connect(sandbox, options = {}) {
  const reply = await token(sandbox);
  let renewals = 0;
  const connection = new jsforce.Connection({
    loginUrl: sandbox.setting('SALESFORCE__LOGIN_URL'), instanceUrl: reply.instance_url, accessToken: reply.access_token, id: reply.id, ...options,
    refreshFn: (_connection, done) => { renewals += 1; token(sandbox).then((next) => done(null, next.access_token), done); },
  });
  return Object.assign(connection, { renewals: () => renewals });
}

/** POST of a JSON body to a resource of the connection's version. */
export const post = (connection, resource, body) =>
  connection.request({ method: 'POST', url: `/services/data/v${connection.version}${resource}`, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });
