// What lies around the records, as jsforce sees it: many requests in one call, codes and refresh tokens, conditions, limits.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import jsforce from 'jsforce';
import { connect, post } from './lib/jsforce.mjs';
import { startSandbox } from './lib/sandbox.mjs';

let sandbox;
before(async () => { sandbox = await startSandbox(); });
after(() => sandbox?.stop());

const count = async (connection, name) => (await connection.query(`SELECT COUNT() FROM Account WHERE Name = '${name}'`)).totalSize;

test('a batch answers each request by itself and keeps what went well', async () => {
  const connection = await connect(sandbox);
  const version = `v${connection.version}`;
  const create = (richInput) => ({ method: 'POST', url: `${version}/sobjects/Account`, richInput });
  const reply = await post(connection, '/composite/batch', { batchRequests: [create({ Name: 'Batch' }), create({}), { method: 'GET', url: `${version}/limits` }] });
  assert.equal(reply.hasErrors, true);
  assert.deepEqual(reply.results.map((row) => row.statusCode), [201, 400, 200]);
  assert.equal(reply.results[1].result[0].errorCode, 'REQUIRED_FIELD_MISSING');
  assert.ok(reply.results[2].result.DailyApiRequests.Max > 0);
  assert.equal((await connection.sobject('Account').retrieve(reply.results[0].result.id)).Name, 'Batch');

  const halted = await post(connection, '/composite/batch', { haltOnError: true, batchRequests: [create({}), create({ Name: 'Halted' })] });
  assert.deepEqual(halted.results.map((row) => row.statusCode), [400, 412]);
  assert.equal(halted.results[1].result[0].errorCode, 'BATCH_PROCESSING_HALTED');
  assert.equal(await count(connection, 'Halted'), 0);
  await assert.rejects(post(connection, '/composite/batch', { batchRequests: Array(26).fill(create({ Name: 'Halted' })) }), (error) => typeof error.errorCode === 'string');
});

test('graphs are saved each as a whole', async () => {
  const connection = await connect(sandbox);
  const base = `/services/data/v${connection.version}/sobjects`;
  const graph = (graphId, Email) => ({ graphId, compositeRequest: [
    { method: 'POST', url: `${base}/Account`, referenceId: 'account', body: { Name: graphId } },
    { method: 'POST', url: `${base}/Contact`, referenceId: 'contact', body: { LastName: 'Graph', AccountId: '@{account.id}', Email } },
  ] });
  const { graphs } = await post(connection, '/composite/graph', { graphs: [graph('sound', 'a@example.com'), graph('broken', 'nope')] });
  assert.deepEqual(graphs.map((one) => [one.graphId, one.isSuccessful]), [['sound', true], ['broken', false]]);
  const [account, contact] = graphs[0].graphResponse.compositeResponse;
  assert.deepEqual([account.httpStatusCode, contact.httpStatusCode], [201, 201]);
  assert.equal((await connection.sobject('Contact').retrieve(contact.body.id)).AccountId, account.body.id);
  const codes = graphs[1].graphResponse.compositeResponse.map((node) => node.body[0].errorCode);
  assert.deepEqual(codes, ['PROCESSING_HALTED', 'INVALID_EMAIL_ADDRESS']);
  assert.deepEqual([await count(connection, 'sound'), await count(connection, 'broken')], [1, 0]);
});

/** The application as jsforce keeps it. */
const app = (changes) => new jsforce.OAuth2({
  loginUrl: sandbox.setting('SALESFORCE__LOGIN_URL'), clientId: sandbox.setting('SALESFORCE__CLIENT_ID'), clientSecret: sandbox.clientSecret(),
  redirectUri: 'http://localhost:1717/callback', ...changes,
});

/** What a browser would bring back from the login address. */
async function sendBrowser(oauth2, params) {
  const reply = await fetch(oauth2.getAuthorizationUrl(params), { redirect: 'manual' });
  assert.equal(reply.status, 302);
  return new URL(reply.headers.get('location')).searchParams;
}

test('a code, asked for with a verifier, becomes a session that jsforce renews by itself', async () => {
  const oauth2 = app({ useVerifier: true });
  const back = await sendBrowser(oauth2, { scope: 'api refresh_token openid', state: 'my state' });
  assert.equal(back.get('state'), 'my state');
  const connection = new jsforce.Connection({ oauth2 });
  const user = await connection.authorize(back.get('code'));
  assert.match(user.id, /^005\w{15}$/);
  assert.match(user.organizationId, /^00D\w{15}$/);
  assert.ok(connection.refreshToken);
  const renewed = [];
  connection.on('refresh', (accessToken, reply) => renewed.push([accessToken, reply]));
  const before = connection.accessToken;
  await sandbox.console.dropSessions();
  assert.equal((await connection.query('SELECT Id FROM Account LIMIT 1')).records.length, 1);
  assert.equal(renewed.length, 1);
  const [[accessToken, reply]] = renewed;
  assert.notEqual(accessToken, before);
  assert.match(reply.issued_at, /^\d{13}$/);
  assert.ok(reply.signature && reply.id);

  await oauth2.revokeToken(connection.refreshToken);
  await assert.rejects(oauth2.refreshToken(connection.refreshToken), { name: 'invalid_grant', message: 'expired access/refresh token' });
  await assert.rejects(oauth2.revokeToken(connection.refreshToken));
});

test('wrong codes, secrets, addresses and verifiers are refused in the documented words', async () => {
  const code = async (oauth2 = app()) => (await sendBrowser(oauth2, {})).get('code');
  const used = await code();
  assert.ok((await app().requestToken(used)).refresh_token);
  await assert.rejects(app().requestToken(used), { name: 'invalid_grant', message: 'expired authorization code' });
  await assert.rejects(app({ clientSecret: 'wrong' }).requestToken(await code()), { name: 'invalid_client', message: 'invalid client credentials' });
  await assert.rejects(app({ clientId: 'other' }).requestToken(await code()), { name: 'invalid_client_id', message: 'client identifier invalid' });
  await assert.rejects(app({ redirectUri: 'http://localhost:1717/other' }).requestToken(await code()), { message: 'redirect uri does not match configuration' });
  await assert.rejects(app({ useVerifier: true }).requestToken(await code(app({ useVerifier: true }))), { name: 'invalid_grant' }, 'the verifier of another attempt');
  await assert.rejects(app().authenticate('someone', 'password'), { name: 'unsupported_grant_type', message: 'grant type not supported' });
});

test('a description that has not changed is not sent again', async () => {
  const connection = await connect(sandbox);
  const url = `/services/data/v${connection.version}/sobjects/Account/describe`;
  const ask = (date) => connection.request({ method: 'GET', url, headers: { 'If-Modified-Since': date } });
  assert.equal(await ask(new Date().toUTCString()), '', '304 without a body');
  assert.equal((await ask('Thu, 01 Jan 2015 00:00:00 GMT')).name, 'Account');
});

test('calls beyond the allowance are an error with its code, and the next day they are free again', async () => {
  const connection = await connect(sandbox);
  await sandbox.console.apiRequests(10, 9);
  await connection.query('SELECT Id FROM Account LIMIT 1');
  assert.deepEqual(connection.limitInfo.apiUsage, { used: 10, limit: 10 });
  await assert.rejects(connection.query('SELECT Id FROM Account LIMIT 1'), { errorCode: 'REQUEST_LIMIT_EXCEEDED', message: 'TotalRequests Limit exceeded.' });
  await sandbox.console.clock({ by_days: 1 });
  assert.equal((await connection.query('SELECT Id FROM Account LIMIT 1')).records.length, 1);
  assert.equal(connection.renewals(), 1, 'the session ended within the day');
  await sandbox.console.clock('reset');
  await sandbox.console.apiRequests(100_000, 0);
});
