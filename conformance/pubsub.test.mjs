// The event bus as the widely used Node client sees it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import PubSubApiClient from 'salesforce-pubsub-api-client';
import { eventually } from '../frontend/e2e/lib/process.mjs';
import { startSandbox } from './lib/sandbox.mjs';

const TOPIC = '/event/OrderProvisionRequested__e';
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
let sandbox;
before(async () => { sandbox = await startSandbox(); });
// `close()` of this client takes the listeners from streams that go on, whose end is then an error that nobody hears: the
// streams are left to end with the sandbox.
after(() => sandbox?.stop());

async function connect(changes = {}) {
  const endpoint = new URL(sandbox.setting('SALESFORCE__PUBSUB_URL'));
  const client = new PubSubApiClient({
    authType: 'oauth-jwt-bearer', loginUrl: sandbox.setting('SALESFORCE__LOGIN_URL'), clientId: sandbox.setting('SALESFORCE__CLIENT_ID'),
    username: sandbox.setting('SALESFORCE__USERNAME'), privateKey: sandbox.setting('SALESFORCE__PRIVATE_KEY'),
    pubSubEndpoint: endpoint.host, rejectUnauthorizedSsl: false, ...changes,
  }, quiet);
  await client.connect();
  return client;
}

/** Collects what a subscription calls back. */
function listener() {
  const seen = { events: [], kinds: [], errors: [], info: undefined };
  const callback = (info, kind, data) => {
    seen.info = info;
    seen.kinds.push(kind);
    if (kind === 'event') seen.events.push(data);
    if (kind === 'error') seen.errors.push(data);
  };
  return [seen, callback];
}

const publish = (request, order = '801000000000001AAA') => sandbox.console.publish(TOPIC, { OrderId__c: order, RequestId__c: request });
const requests = (seen) => seen.events.map((event) => event.payload.RequestId__c);

test('events of the past arrive from the earliest, decoded, and in order', async () => {
  for (const request of ['past-1', 'past-2', 'past-3']) await publish(request);
  const client = await connect();
  const [seen, callback] = listener();
  client.subscribeFromEarliestEvent(TOPIC, callback, 3);
  await eventually('three events', () => seen.events.length === 3);
  assert.deepEqual(requests(seen), ['past-1', 'past-2', 'past-3']);
  const [first] = seen.events;
  assert.match(first.id, /^[0-9a-f-]{36}$/);
  assert.equal(first.payload.OrderId__c, '801000000000001AAA');
  assert.ok(Math.abs(Date.now() - Number(first.payload.CreatedDate)) < 60_000, 'milliseconds since the epoch');
  assert.match(first.payload.CreatedById, /^005/);
  await eventually('the last event is told', () => seen.kinds.includes('lastEvent'));
});

test('a subscription from a replay id begins just after it', async () => {
  for (const request of ['replay-1', 'replay-2', 'replay-3']) await publish(request);
  const client = await connect();
  const [all, collect] = listener();
  client.subscribeFromEarliestEvent(TOPIC, collect, 100);
  await eventually('the events so far', () => requests(all).includes('replay-3'));
  const from = all.events.find((event) => event.payload.RequestId__c === 'replay-1').replayId;
  const again = await connect();
  const [seen, callback] = listener();
  again.subscribeFromReplayId(TOPIC, callback, 2, from);
  await eventually('two events', () => seen.events.length === 2);
  assert.deepEqual(requests(seen), ['replay-2', 'replay-3']);
  const ids = all.events.map((event) => BigInt(event.replayId));
  assert.ok(ids.every((id, i) => i === 0 || id > ids[i - 1]), 'replay ids rise');
});

test('without a position only new events arrive', async () => {
  await publish('before');
  const client = await connect();
  const [seen, callback] = listener();
  client.subscribe(TOPIC, callback, 5);
  // The stream is open when the server knows it: publish until the first one arrives.
  let n = 0;
  await eventually('a new event', async () => { await publish(`new-${n++}`); return seen.events.length > 0; }, { every: 100 });
  assert.ok(!requests(seen).includes('before'));
});

test('never more events than asked for, and the rest on a further request', async () => {
  const client = await connect();
  const [all, collect] = listener();
  client.subscribeFromEarliestEvent(TOPIC, collect, 100);
  await publish('flow-mark');
  await eventually('the mark', () => requests(all).includes('flow-mark'));
  const mark = all.events.find((event) => event.payload.RequestId__c === 'flow-mark').replayId;
  for (let i = 0; i < 7; i += 1) await publish(`flow-${i}`);
  const slow = await connect();
  const [seen, callback] = listener();
  slow.subscribeFromReplayId(TOPIC, callback, 3, mark);
  await eventually('the three asked for', () => seen.kinds.includes('lastEvent'));
  await new Promise((done) => setTimeout(done, 300));
  assert.deepEqual(requests(seen), ['flow-0', 'flow-1', 'flow-2']);
  slow.requestAdditionalEvents(TOPIC, 4);
  await eventually('the rest', () => seen.events.length === 7);
  assert.deepEqual(requests(seen).slice(3), ['flow-3', 'flow-4', 'flow-5', 'flow-6']);
});

test('an idle stream is kept alive with empty messages that carry a position', async () => {
  await sandbox.console.delays({ pubsub_keep_alive_ms: 200 });
  const client = await connect();
  const [seen, callback] = listener();
  client.subscribe(TOPIC, callback, 10);
  await eventually('two keep-alives', () => seen.kinds.filter((kind) => kind === 'grpcKeepAlive').length >= 2);
  assert.ok(seen.info.lastReplayId > 0);
  await sandbox.console.delays({});
});

test('a topic that does not exist ends the stream with its error', async () => {
  const client = await connect();
  const [seen, callback] = listener();
  client.subscribe('/event/Nope__e', callback, 1);
  await eventually('the error', () => seen.errors.length > 0);
  assert.ok([5, 7].includes(seen.errors[0].code), `${seen.errors[0].code}`);
  assert.match(seen.errors[0].message, /rpcId: [0-9a-f-]{36}/);
  await eventually('the end', () => seen.kinds.includes('end'));
});

test('a replay id that nobody gave is named corrupted', async () => {
  const client = await connect();
  const [seen, callback] = listener();
  client.subscribeFromReplayId(TOPIC, callback, 1, 1);
  await eventually('the error', () => seen.errors.length > 0);
  assert.equal(seen.errors[0].code, 3);
  assert.deepEqual(seen.errors[0].metadata.get('error-code'), ['sfdc.platform.eventbus.grpc.subscription.fetch.replayid.corrupted']);
});

test('a published event comes back with its correlation key and its place', async () => {
  const client = await connect();
  const [seen, callback] = listener();
  client.subscribeFromEarliestEvent(TOPIC, callback, 100);
  const key = '7d4f1f5e-3ad1-4c0e-9a8e-0d9b6c5a1e11';
  const payload = { CreatedDate: Date.now(), CreatedById: '005000000000001AAA', OrderId__c: { string: '801x' }, RequestId__c: { string: 'published' } };
  const result = await client.publish(TOPIC, payload, key);
  assert.equal(result.correlationKey, key);
  await eventually('the published event', () => requests(seen).includes('published'));
  const event = seen.events.find((one) => one.payload.RequestId__c === 'published');
  assert.deepEqual([event.id, event.replayId], [key, result.replayId]);
});

test('events published through a stream are each answered', async () => {
  const client = await connect();
  const answers = [];
  const event = (n) => ({ id: `0d9b6c5a-0000-4000-8000-00000000000${n}`, payload: { CreatedDate: Date.now(), CreatedById: '005000000000001AAA', RequestId__c: { string: `batch-${n}` } } });
  client.publishBatch(TOPIC, [event(1), event(2)], (info, kind, data) => { if (kind === 'publishResponse') answers.push(...data.results ?? data); });
  await eventually('two answers', () => answers.length === 2);
  assert.ok(answers.every((answer) => answer.replayId && !answer.error), JSON.stringify(answers, (key, value) => (typeof value === 'bigint' ? `${value}` : value)));
});

test('a managed subscription serves one client, and the next goes on after the committed event', async () => {
  const name = 'Portal_Orders';
  const first = await connect();
  const [seen, callback] = listener();
  for (const n of [1, 2, 3]) await publish(`managed-${n}`);
  await first.subscribeWithManagedSubscription(name, callback, 100);
  await eventually('the events', () => requests(seen).includes('managed-3'));

  const [refused, hear] = listener();
  await (await connect()).subscribeWithManagedSubscription(name, hear, 1);
  await eventually('the refusal', () => refused.errors.length > 0);
  assert.deepEqual(refused.errors[0].metadata.get('error-code'), ['sfdc.platform.eventbus.grpc.managed.subscription.already.active']);

  const committed = seen.events.find((event) => event.payload.RequestId__c === 'managed-2').replayId;
  first.commitReplayId(seen.info.subscriptionId, committed);
  await eventually('the answer to the commit', () => seen.kinds.includes('grpcKeepAlive'));
  await sandbox.console.dropSessions();
  await eventually('the end of the session ends the stream', () => seen.errors.some((error) => error.code === 16));

  const [later, collect] = listener();
  await (await connect()).subscribeWithManagedSubscription(name, collect, 100);
  await eventually('an event', () => later.events.length > 0);
  assert.equal(requests(later)[0], 'managed-3');
});

test('a session that ends by the clock ends the stream, and an event of three days ago is gone', async () => {
  await publish('old');
  const client = await connect();
  const [seen, callback] = listener();
  client.subscribeFromEarliestEvent(TOPIC, callback, 100);
  await eventually('the event', () => requests(seen).includes('old'));
  const old = seen.events.find((event) => event.payload.RequestId__c === 'old').replayId;
  try {
    await sandbox.console.clock({ by_seconds: 2 * 3600 });
    await eventually('the end of the session', () => seen.errors.length > 0);
    assert.equal(seen.errors[0].code, 16);
    assert.deepEqual(seen.errors[0].metadata.get('error-code'), ['sfdc.platform.eventbus.grpc.service.auth.error']);

    await sandbox.console.clock({ by_days: 3 });
    const late = await connect();
    const [corrupted, hear] = listener();
    late.subscribeFromReplayId(TOPIC, hear, 1, old);
    await eventually('the refusal', () => corrupted.errors.length > 0);
    assert.equal(corrupted.errors[0].code, 3);
    assert.deepEqual(corrupted.errors[0].metadata.get('error-code'), ['sfdc.platform.eventbus.grpc.subscription.fetch.replayid.corrupted']);
    const [rest, collect] = listener();
    const again = await connect();
    again.subscribeFromEarliestEvent(TOPIC, collect, 100);
    await publish('new');
    await eventually('the new event', () => requests(rest).length > 0);
    assert.deepEqual(requests(rest), ['new']);
  } finally {
    await sandbox.console.clock('reset');
  }
});

test('a signature that is not ours is not let in', async () => {
  await assert.rejects(connect({ username: 'nobody@example.com' }));
});
