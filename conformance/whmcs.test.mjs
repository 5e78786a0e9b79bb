// WHMCS as two clients from npm see it: `whmcs` (old credential names, lower-case actions) and `whmcs-js` (names of today).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import WhmcsClient from 'whmcs';
import whmcsJs from 'whmcs-js';
import { startSandbox } from './lib/sandbox.mjs';

let sandbox, serverUrl;
before(async () => {
  sandbox = await startSandbox();
  serverUrl = `${sandbox.setting('WHMCS__BASE_URL').replace(/\/$/, '')}/includes/api.php`;
});
after(() => sandbox?.stop());

const credentials = () => ({ username: sandbox.setting('WHMCS__IDENTIFIER'), password: sandbox.setting('WHMCS__SECRET') });

/** The client with promises for callbacks: `ask('customers', 'getCustomer', 1)`. */
function connect(changes = {}) {
  const client = new WhmcsClient({ serverUrl, ...credentials(), ...changes });
  return (module, method, ...rest) => promisify(client[module][method]).call(client[module], ...rest);
}

/** Who may call; what is not named goes back to its default. */
async function admit(access) {
  const reply = await fetch(`http://127.0.0.1:${sandbox.web}/console/api/whmcs/access`, {
    method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(access),
  });
  assert.equal(reply.status, 204, await reply.text());
}

const person = (email) => ({
  firstname: 'Ren', lastname: 'Abe', email, address1: '1-1', city: 'Kita', state: 'Tokyo', postcode: '100-0000', country: 'JP',
  phonenumber: '07000200099', password2: 'correct horse',
});

test('a customer is made, found, changed and signs in', async () => {
  const ask = connect();
  const made = await ask('customers', 'createCustomer', person('ren@example.com'));
  assert.equal(made.result, 'success');
  const details = await ask('customers', 'getCustomer', made.clientid, {});
  assert.equal(details.email, 'ren@example.com');
  assert.equal(details.client.fullname, 'Ren Abe');
  const changed = await ask('customers', 'updateCustomer', made.clientid, { city: 'Minami' });
  assert.equal(changed.clientid, String(made.clientid), 'a text on live installations');
  const again = await ask('customers', 'getCustomerByEmail', 'ren@example.com', {});
  assert.equal(again.client.city, 'Minami');
  assert.match((await ask('customers', 'validateLogin', 'ren@example.com', 'correct horse')).userid, /^\d+$/);
  await assert.rejects(ask('customers', 'validateLogin', 'ren@example.com', 'wrong'), /WHMCS Error \(200\): Email or Password Invalid/);
  await assert.rejects(ask('customers', 'createCustomer', person('ren@example.com')), /A user already exists with that email address/);
  await assert.rejects(ask('customers', 'getCustomer', 99999, {}), /WHMCS Error \(200\): Client Not Found/);
});

test('two products in one order by bracket arrays, accepted, seen as services', async () => {
  const ask = connect();
  const order = {
    paymentmethod: 'stripe', 'pid[0]': 102, 'billingcycle[0]': 'monthly', 'domain[0]': '07001000000', 'pid[1]': 107, 'billingcycle[1]': 'onetime',
  };
  const placed = await ask('billing', 'addOrder', 1, order);
  const services = placed.serviceids.split(',');
  assert.equal(services.length, 2);
  await ask('billing', 'acceptOrder', placed.orderid, {});
  await assert.rejects(ask('billing', 'acceptOrder', placed.orderid, {}), /Order ID not found or Status not Pending/);
  const found = await ask('customers', 'getCustomerProducts', 1, { serviceid: services[0] });
  assert.equal(found.products.product[0].status, 'Active');
  assert.equal(found.products.product[0].domain, '07001000000');
  const read = await ask('products', 'getOrders', 'id', placed.orderid, 0, 25);
  assert.deepEqual(read.orders.order[0].lineitems.lineitem.map((item) => String(item.relid)), services);
  await assert.rejects(ask('billing', 'addOrder', 1, { paymentmethod: 'cash', 'pid[0]': 102 }), /Invalid Payment Method\. Valid options include stripe, banktransfer/);
  await assert.rejects(ask('billing', 'addOrder', 1, { paymentmethod: 'stripe' }), /No items added to cart so order cannot proceed/);
  await assert.rejects(ask('billing', 'addOrder', 1, { paymentmethod: 'stripe', pid: 102 }), /Expecting parameter 'pid' to be an array/);
});

test('an invoice is written, changed, paid from credit and by card', async () => {
  const ask = connect();
  const { clientid } = await ask('customers', 'createCustomer', person('credit@example.com'));
  const items = { itemdescription1: 'A case', itemamount1: '1000.00', itemtaxed1: 1 };
  const first = await ask('billing', 'createInvoice', clientid, { date: '20261101', duedate: '20261130', paymentmethod: 'stripe', ...items });
  assert.equal(typeof first.invoiceid, 'number', 'a number on live installations');
  const before = await ask('billing', 'getInvoice', first.invoiceid);
  assert.deepEqual([before.date, before.duedate, before.total, before.transactions], ['2026-11-01', '2026-11-30', '1100.00', '']);
  await ask('billing', 'updateInvoice', first.invoiceid, { 'newitemdescription[0]': 'Postage', 'newitemamount[0]': '200.00', 'newitemtaxed[0]': 0 });
  assert.equal((await ask('billing', 'addCredit', clientid, '1300.00', 'Goodwill')).newbalance, '1300.00');
  const applied = await ask('billing', 'applyCredit', first.invoiceid, '1300.00');
  assert.equal(applied.invoicepaid, 'true');
  const credits = await ask('customers', 'getCredits', clientid);
  assert.deepEqual(credits.credits.credit.map((row) => row.amount), ['1300.00', '-1300.00']);
  const second = await ask('billing', 'createInvoice', clientid, items);
  await assert.rejects(ask('billing', 'capturePayment', second.invoiceid, {}), /WHMCS Error \(200\): Payment Attempt Failed/);
  const js = new whmcsJs.System({ serverUrl, identifier: sandbox.setting('WHMCS__IDENTIFIER'), secret: sandbox.setting('WHMCS__SECRET') });
  const card = { clientid, type: 'RemoteCreditCard', gateway_module_name: 'stripe', card_number: '4242424242424242', card_expiry: '1239' };
  assert.equal((await js.callApi({ action: 'AddPayMethod', ...card })).result, 'success');
  assert.equal((await ask('billing', 'capturePayment', second.invoiceid, {})).result, 'success');
  const paid = await ask('billing', 'getInvoice', second.invoiceid);
  assert.deepEqual([paid.status, paid.balance, paid.transactions.transaction[0].amountin], ['Paid', '0.00', '1100.00']);
  const rows = await ask('customers', 'getTransactions', { clientid });
  assert.equal(rows.transactions.transaction.length, 1);
});

test('lists are read page by page to their end', async () => {
  const ask = connect();
  const seen = new Set();
  let total = Infinity;
  for (let start = 0; start < total;) {
    const page = await ask('customers', 'getCustomerInvoices', 1, { limitstart: start, limitnum: 5 });
    assert.equal(typeof page.numreturned, 'number');
    assert.equal(Number(page.startnumber), start);
    if (page.numreturned === 0) break;
    page.invoices.invoice.forEach((invoice) => seen.add(invoice.id));
    start += page.numreturned;
    total = Number(page.totalresults);
  }
  assert.ok(total > 10, `${total}`);
  assert.equal(seen.size, total);
  const beyond = await ask('customers', 'getCustomerInvoices', 1, { limitstart: total, limitnum: 5 });
  assert.equal(beyond.numreturned, 0);
});

test('refusals at the door carry 403 and their reason', async () => {
  await assert.rejects(connect({ password: 'wrong' })('products', 'getProducts', 1), /WHMCS Error \(403\): Authentication Failed/);
  await assert.rejects(connect({ username: 'nobody' })('products', 'getProducts', 1), /WHMCS Error \(403\): Invalid or missing credentials/);
  try {
    await admit({ credentials: [{ identifier: 'reader', secret: 'r3ader', role: ['GetProducts'] }] });
    const reader = connect({ username: 'reader', password: 'r3ader' });
    assert.equal((await reader('products', 'getProducts', 1)).result, 'success');
    await assert.rejects(reader('customers', 'getCustomer', 1, {}), /\(403\): Invalid Permissions: API action "getclientsdetails" is not allowed/);
    await admit({ allowed_ips: ['203.0.113.7'], access_key: 'k3y' });
    await assert.rejects(connect()('products', 'getProducts', 1), /\(403\): Invalid IP 127\.0\.0\.1/);
    assert.equal((await connect({ apiKey: 'k3y' })('products', 'getProducts', 1)).result, 'success', 'the access key opens');
  } finally { await admit({}); }
});

test('an upgrade is priced before it is ordered', async () => {
  const ask = connect();
  const found = await ask('customers', 'getCustomerProducts', 1, { pid: 101 });
  const product = { serviceid: found.products.product[0].id, type: 'product', newproductid: 103, newproductbillingcycle: 'monthly', paymentmethod: 'stripe' };
  const priced = await ask('products', 'upgradeProduct', { ...product, calconly: 1 });
  assert.match(priced.price, /^¥[\d,]+ JPY$/);
  assert.equal(priced.orderid, undefined);
  const ordered = await ask('products', 'upgradeProduct', product);
  assert.equal(ordered.price, priced.price);
  await assert.rejects(ask('products', 'upgradeProduct', product), /Previous upgrade invoice for service is still unpaid/);
});

test('a ticket is opened, answered and read', async () => {
  const ask = connect();
  const opened = await ask('support', 'openTicket', 1, 1, 'No signal', 'Since this morning.', {});
  await ask('support', 'replyTicket', opened.id, 'Please restart it.', { adminusername: 'Aki Hoshino' });
  const read = await ask('support', 'getTicket', opened.id);
  assert.deepEqual(read.replies.reply.map((reply) => reply.message), ['Since this morning.', 'Please restart it.']);
  assert.equal(read.status, 'Answered');
});

test('the names of today, calls of documented spelling, a bare list', async () => {
  const config = { serverUrl, identifier: sandbox.setting('WHMCS__IDENTIFIER'), secret: sandbox.setting('WHMCS__SECRET') };
  const clients = await new whmcsJs.Clients(config).getClients({ search: 'mika@' });
  assert.equal(clients.clients.client[0].email, 'mika@example.com');
  const orders = await new whmcsJs.Orders(config).getOrders({ userid: 1 });
  assert.ok(orders.orders.order.length > 0);
  const methods = await new whmcsJs.Clients(config).callApi({ action: 'GetPayMethods', clientid: 1 });
  assert.ok(Array.isArray(methods.paymethods));
  const refused = await new whmcsJs.Clients({ ...config, secret: 'wrong' }).getClients({});
  assert.deepEqual(refused, { result: 'error', message: 'Authentication Failed' });
});
