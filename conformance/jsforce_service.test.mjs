// Cases with what belongs to them, searches and groups, as jsforce sees them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connect } from './lib/jsforce.mjs';
import { startSandbox } from './lib/sandbox.mjs';

let sandbox;
before(async () => { sandbox = await startSandbox(); });
after(() => sandbox?.stop());

const bytes = async (stream) => {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
};

test('a case is opened, commented and closed', async () => {
  const connection = await connect(sandbox);
  const [contact] = await connection.sobject('Contact').find({}, ['Id', 'AccountId']).limit(1);
  const made = await connection.sobject('Case').create({ Subject: 'No signal', Description: 'Since today.', Origin: 'Web', ContactId: contact.Id, AccountId: contact.AccountId });
  await connection.sobject('CaseComment').create([
    { ParentId: made.id, CommentBody: 'Please restart it.', IsPublished: true }, { ParentId: made.id, CommentBody: 'Mast 12 is down.', IsPublished: false },
  ]);
  const soql = `SELECT CaseNumber, Status, IsClosed, Contact.Id, (SELECT CommentBody, CreatedBy.Name FROM CaseComments WHERE IsPublished = true) FROM Case WHERE Id = '${made.id}'`;
  const [read] = (await connection.query(soql)).records;
  assert.match(read.CaseNumber, /^\d{8}$/);
  assert.deepEqual([read.Status, read.IsClosed, read.Contact.Id], ['New', false, contact.Id]);
  assert.deepEqual(read.CaseComments.records.map((comment) => comment.CommentBody), ['Please restart it.']);
  assert.ok(read.CaseComments.records[0].CreatedBy.Name);
  await connection.sobject('Case').update({ Id: made.id, Status: 'Closed' });
  const closed = await connection.sobject('Case').retrieve(made.id);
  assert.equal(closed.IsClosed, true);
  assert.match(closed.ClosedDate, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/);
  await assert.rejects(connection.sobject('Case').create({ Subject: 'x', Status: 'Nonsense' }), { errorCode: 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST' });
  await assert.rejects(connection.sobject('CaseComment').create({ ParentId: made.id, CommentBody: 'x'.repeat(4001) }), { errorCode: 'STRING_TOO_LONG' });
});

test('a file is put to a case and downloaded byte by byte', async () => {
  const connection = await connect(sandbox);
  const parent = await connection.sobject('Case').create({ Subject: 'With a file' });
  const sent = Buffer.from([0, 255, 13, 10, 0xe3, 0x81, 0x82, 1]);
  const version = await connection.sobject('ContentVersion').create({ Title: '写真', PathOnClient: 'photo.bin', VersionData: sent.toString('base64') });
  const { ContentDocumentId } = await connection.sobject('ContentVersion').retrieve(version.id);
  await connection.sobject('ContentDocumentLink').create({ ContentDocumentId, LinkedEntityId: parent.id, ShareType: 'V', Visibility: 'AllUsers' });
  const [link] = (await connection.query(`SELECT ContentDocument.Title, ContentDocument.ContentSize, ContentDocument.LatestPublishedVersionId FROM ContentDocumentLink WHERE LinkedEntityId = '${parent.id}'`)).records;
  assert.deepEqual([link.ContentDocument.Title, link.ContentDocument.ContentSize], ['写真', sent.length]);
  const file = await bytes(connection.sobject('ContentVersion').record(link.ContentDocument.LatestPublishedVersionId).blob('VersionData'));
  assert.deepEqual(file, sent);
});

test('articles are found by SOSL', async () => {
  const connection = await connect(sandbox);
  const { searchRecords } = await connection.search("FIND {internet slow} IN ALL FIELDS RETURNING KnowledgeArticleVersion(Id, Title, Summary WHERE PublishStatus = 'Online' AND Language = 'en_US')");
  assert.equal(searchRecords[0].Title, 'Internet is slow');
  assert.equal(searchRecords[0].attributes.type, 'KnowledgeArticleVersion');
  const japanese = await connection.search("FIND {請求書} IN ALL FIELDS RETURNING KnowledgeArticleVersion(Title WHERE PublishStatus = 'Online' AND Language = 'ja')");
  assert.deepEqual(japanese.searchRecords.map((record) => record.Title), ['請求書の住所を変更する']);
  assert.deepEqual((await connection.search('FIND {zzzzzz} RETURNING KnowledgeArticleVersion(Title)')).searchRecords, []);
  await assert.rejects(connection.search('FIND {internet'), { errorCode: 'MALFORMED_SEARCH' });
});

test('groups are counted and measured', async () => {
  const connection = await connect(sandbox);
  const made = await connection.sobject('Account').create([
    { Name: 'G1', Type: 'Gold', AccountNumber: 'group', WHMCS_Client_ID__c: 10 }, { Name: 'G2', Type: 'Gold', AccountNumber: 'group', WHMCS_Client_ID__c: 30 },
    { Name: 'S1', Type: 'Silver', AccountNumber: 'group', WHMCS_Client_ID__c: 5 },
  ], { allOrNone: true });
  assert.ok(made.every((row) => row.success), JSON.stringify(made));
  const grouped = await connection.query("SELECT Type, COUNT(Id), SUM(WHMCS_Client_ID__c) total, MAX(Name) FROM Account WHERE AccountNumber = 'group' GROUP BY Type HAVING COUNT(Id) >= 1 ORDER BY Type");
  assert.deepEqual(grouped.records, [
    { attributes: { type: 'AggregateResult' }, Type: 'Gold', expr0: 2, total: 40, expr1: 'G2' },
    { attributes: { type: 'AggregateResult' }, Type: 'Silver', expr0: 1, total: 5, expr1: 'S1' },
  ]);
  await assert.rejects(connection.query('SELECT Name, COUNT(Id) FROM Account GROUP BY Type'), { errorCode: 'MALFORMED_QUERY' });
  const today = await connection.query("SELECT COUNT() FROM Account WHERE AccountNumber = 'group' AND CreatedDate = TODAY");
  assert.equal(today.totalSize, 3);
});
