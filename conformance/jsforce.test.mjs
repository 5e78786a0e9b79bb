// Salesforce REST as jsforce sees it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connect as connectTo, post, token as signIn } from './lib/jsforce.mjs';
import { startSandbox } from './lib/sandbox.mjs';

let sandbox;
before(async () => { sandbox = await startSandbox({ PORTAL_SANDBOX__QUERY_PAGE_SIZE: '5' }); });
after(() => sandbox?.stop());

const token = (changes) => signIn(sandbox, changes);
const connect = (options) => connectTo(sandbox, options);

test('a JWT assertion gives a session without a refresh token', async () => {
  const reply = await token();
  assert.match(reply.access_token, /^00D\w{12}!/);
  assert.match(reply.id, /\/id\/00D\w{15}\/005\w{15}$/);
  assert.equal(reply.token_type, 'Bearer');
  assert.equal(reply.refresh_token, undefined);
});

for (const [what, changes, words] of [
  ['a foreign audience', { aud: 'https://elsewhere.example' }, /audience is invalid/],
  ['an assertion of the past', { exp: 1_000_000_000 }, /expired authorization code|invalid assertion/],
  ['an unknown user', { sub: 'nobody@example.com' }, /user hasn't approved this consumer|authentication failure|inactive user/],
  ['an unknown application', { iss: 'nothing' }, /client identifier invalid/],
]) {
  test(`${what} is refused in the documented words`, async () => {
    await assert.rejects(token(changes), words);
  });
}

test('a string of digits is accepted as the time of expiry', async () => {
  const exp = `${Math.floor(Date.now() / 1000) + 180}`;
  assert.ok((await token({ exp })).access_token);
});

for (const version of ['50.0', '59.0', '67.0']) {
  test(`version ${version}: a query of several pages is read to its end`, async () => {
    const connection = await connect({ version });
    const total = (await connection.query('SELECT COUNT() FROM PricebookEntry')).totalSize;
    assert.ok(total > 10, `${total}`);
    const first = await connection.query('SELECT Id, Product2.Name FROM PricebookEntry ORDER BY Id');
    assert.equal(first.records.length, 5);
    assert.equal(first.done, false);
    const ids = new Set();
    for (let page = first; ; page = await connection.queryMore(page.nextRecordsUrl)) {
      for (const record of page.records) { assert.ok(record.Product2.Name); ids.add(record.Id); }
      if (page.done) break;
    }
    assert.equal(ids.size, total);
    const fetched = await connection.query('SELECT Id FROM PricebookEntry', { autoFetch: true, maxFetch: 1000 });
    assert.equal(fetched.records.length, total);
  });
}

test('records are created, read, changed and deleted; a missing one is null', async () => {
  const connection = await connect();
  const accounts = connection.sobject('Account');
  const made = await accounts.create({ Name: 'Kō Ōno & Söhne', Customer_Number__c: 'C-700001' });
  assert.equal(made.success, true);
  assert.match(made.id, /^001\w{15}$/);
  const read = await accounts.retrieve(made.id);
  assert.equal(read.Name, 'Kō Ōno & Söhne');
  assert.equal((await accounts.retrieve(made.id.slice(0, 15))).Id, made.id, 'the short form names the same record');
  assert.equal((await accounts.update({ Id: made.id, Phone: '0312345678' })).success, true);
  const [found] = await accounts.find({ Customer_Number__c: 'C-700001' }, ['Id', 'Phone']);
  assert.equal(found.Phone, '0312345678');
  assert.equal((await accounts.destroy(made.id)).success, true);
  await assert.rejects(accounts.retrieve(made.id), { errorCode: /NOT_FOUND|ENTITY_IS_DELETED/ });
  assert.deepEqual(await accounts.find({ Customer_Number__c: 'C-700001' }), []);
});

test('upsert by an external id says whether it created', async () => {
  const connection = await connect();
  const accounts = connection.sobject('Account');
  const first = await accounts.upsert({ Name: 'A', Customer_Number__c: 'C-700 02' }, 'Customer_Number__c');
  assert.deepEqual([first.success, first.created], [true, true]);
  const second = await accounts.upsert({ Name: 'B', Customer_Number__c: 'C-700 02' }, 'Customer_Number__c');
  assert.deepEqual([second.success, second.created, second.id], [true, false, first.id]);
  assert.equal((await accounts.retrieve(first.id)).Name, 'B');
  await assert.rejects(accounts.create({ Name: 'C', Customer_Number__c: 'C-700 02' }), { errorCode: 'DUPLICATE_VALUE' });
});

test('errors carry the documented codes and fields', async () => {
  const connection = await connect();
  await assert.rejects(connection.sobject('Account').create({}), (error) => {
    assert.equal(error.errorCode, 'REQUIRED_FIELD_MISSING');
    assert.match(error.message, /Required fields are missing: \[Name\]/);
    return true;
  });
  await assert.rejects(connection.sobject('Account').create({ Name: 'x', Nope__c: 1 }), { errorCode: 'INVALID_FIELD' });
  await assert.rejects(connection.query('SELECT Nope FROM Account'), { errorCode: 'INVALID_FIELD' });
  await assert.rejects(connection.query('SELECT Id FROM Nope'), { errorCode: 'INVALID_TYPE' });
  await assert.rejects(connection.query("SELECT Id FROM Account WHERE Name = 'x"), { errorCode: 'MALFORMED_QUERY' });
  await assert.rejects(connection.sobject('Contact').create({ LastName: 'x', Email: 'nope' }), { errorCode: 'INVALID_EMAIL_ADDRESS' });
  await assert.rejects(connection.sobject('Nope').create({}), { errorCode: 'NOT_FOUND' });
});

test('collections report each row in order and roll back as one when asked', async () => {
  const connection = await connect();
  const accounts = connection.sobject('Account');
  const rows = [{ Name: 'One', Customer_Number__c: 'C-710001' }, { Customer_Number__c: 'C-710002' }, { Name: 'Three', Customer_Number__c: 'C-710003' }];
  const mixed = await accounts.create(rows, { allOrNone: false });
  assert.deepEqual(mixed.map((row) => row.success), [true, false, true]);
  assert.equal(mixed[1].errors[0].statusCode, 'REQUIRED_FIELD_MISSING');
  const ids = [mixed[0].id, mixed[2].id];
  const updated = await accounts.update(ids.map((Id) => ({ Id, Phone: '1' })));
  assert.deepEqual(updated.map((row) => row.success), [true, true]);
  const read = await accounts.retrieve(ids);
  assert.deepEqual(read.map((row) => row.Name), ['One', 'Three']);
  const halted = await accounts.create([{ Name: 'Four', Customer_Number__c: 'C-710004' }, { Customer_Number__c: 'C-710005' }], { allOrNone: true }).catch((error) => error);
  const codes = JSON.stringify(halted.data ?? halted.content ?? halted);
  assert.match(codes, /ALL_OR_NONE_OPERATION_ROLLED_BACK|REQUIRED_FIELD_MISSING/);
  assert.deepEqual(await accounts.find({ Customer_Number__c: 'C-710004' }), []);
  const gone = await accounts.destroy(ids);
  assert.deepEqual(gone.map((row) => row.success), [true, true]);
});

test('an order is created with its items in one tree, all or none', async () => {
  const connection = await connect();
  const account = await connection.sobject('Account').create({ Name: 'Tree' });
  const [entry] = (await connection.query("SELECT Id, UnitPrice, Pricebook2Id FROM PricebookEntry WHERE Pricebook2.IsStandard = false AND IsActive = true LIMIT 1")).records;
  const tree = (portalId, price) => ({ records: [{
    attributes: { type: 'Order', referenceId: 'order' }, AccountId: account.id, EffectiveDate: '2026-04-01', Status: 'Draft', Pricebook2Id: entry.Pricebook2Id, Portal_Order_Id__c: portalId,
    OrderItems: { records: [{ attributes: { type: 'OrderItem', referenceId: 'item' }, PricebookEntryId: entry.Id, Quantity: 1, ...(price === undefined ? {} : { UnitPrice: price }) }] },
  }] });
  const send = (body) => post(connection, '/composite/tree/Order', body);
  const made = await send(tree('tree-1', entry.UnitPrice));
  assert.equal(made.hasErrors, false);
  assert.deepEqual(made.results.map((row) => row.referenceId), ['order', 'item']);
  const [order] = (await connection.query("SELECT Id, TotalAmount, OrderNumber, (SELECT Id FROM OrderItems) FROM Order WHERE Portal_Order_Id__c = 'tree-1'")).records;
  assert.equal(order.TotalAmount, entry.UnitPrice);
  assert.match(order.OrderNumber, /^\d{8}$/);
  assert.equal(order.OrderItems.records.length, 1);
  await assert.rejects(send(tree('tree-1', entry.UnitPrice)), /DUPLICATE_VALUE|duplicate|hasErrors|HTTP/i);
  await assert.rejects(send(tree('tree-2', undefined)));
  assert.equal((await connection.query("SELECT Id FROM Order WHERE Portal_Order_Id__c = 'tree-2'")).totalSize, 0);
});

test('objects are described', async () => {
  const connection = await connect();
  const all = await connection.describeGlobal();
  assert.equal(all.maxBatchSize, 200);
  assert.ok(['Account', 'Contact', 'Order', 'OrderItem', 'Product2'].every((name) => all.sobjects.some((object) => object.name === name)));
  const order = await connection.sobject('Order').describe();
  assert.equal(order.keyPrefix, '801');
  const status = order.fields.find((field) => field.name === 'Status');
  assert.ok(status.picklistValues.some((value) => value.value === 'Draft'));
  assert.equal(order.fields.find((field) => field.name === 'Portal_Order_Id__c').externalId, true);
  assert.ok(order.childRelationships.some((child) => child.relationshipName === 'OrderItems'));
});

test('a session that has ended is renewed once and the call repeated', async () => {
  const connection = await connect();
  await sandbox.console.dropSessions();
  assert.ok((await connection.query('SELECT Id FROM Account LIMIT 1')).done);
  assert.equal(connection.renewals(), 1);
});

test('every reply tells how many calls are used, and the limits are listed', async () => {
  const connection = await connect();
  const before = connection.limitInfo?.apiUsage?.used ?? 0;
  await connection.query('SELECT Id FROM Account LIMIT 1');
  const { used, limit } = connection.limitInfo.apiUsage;
  assert.ok(used > before && limit >= 5000, `${used}/${limit}`);
  const limits = await connection.limits();
  assert.ok(limits.DailyApiRequests.Remaining < limits.DailyApiRequests.Max);
});

test('the identity names organisation and user', async () => {
  const connection = await connect();
  connection.userInfo = { url: (await token()).id };
  const me = await connection.identity();
  assert.match(me.organization_id, /^00D/);
  assert.equal(me.username, sandbox.setting('SALESFORCE__USERNAME'));
});
