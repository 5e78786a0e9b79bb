// A customer without a browser: for what a test needs around the thing it looks at.
import { randomUUID } from 'node:crypto';
import { eid, newCustomer } from './data.mjs';
import { linkTo } from './mailbox.mjs';
import { eventually } from './process.mjs';

export class Api {
  constructor(address) { this.address = address; this.token = undefined; }

  /** Answers status, parsed body and headers; never throws for a problem reply. */
  async ask(method, path, body, headers = {}) {
    const reply = await fetch(this.address + path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(method === 'GET' ? {} : { 'x-portal-client': 'web', origin: this.address }),
        ...(this.token ? { authorization: `Bearer ${this.token}` } : {}), ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await reply.text();
    return { status: reply.status, headers: reply.headers, body: text ? JSON.parse(text) : undefined };
  }

  async #expect(status, ...request) {
    const reply = await this.ask(...request);
    if (reply.status !== status) throw new Error(`${request[0]} ${request[1]}: ${reply.status} ${JSON.stringify(reply.body)}`);
    return reply.body;
  }

  async register(customer = newCustomer()) {
    await this.#expect(202, 'POST', '/api/auth/register', {
      email: customer.email, password: customer.password, family_name: customer.familyName, given_name: customer.givenName, phone: customer.phone,
      address: { postcode: customer.postcode, prefecture: customer.prefecture, city: customer.city, line1: customer.street, line2: customer.building },
      terms_accepted: true, language: 'en',
    });
    const token = await linkTo(this.address, customer.email, 'confirm');
    this.token = (await this.#expect(201, 'POST', '/api/auth/register/confirm', { token })).access_token;
    return customer;
  }

  async login(email, password) { this.token = (await this.#expect(200, 'POST', '/api/auth/login', { email, password })).access_token; }

  catalog() { return this.#expect(200, 'GET', '/api/catalog'); }
  orders() { return this.#expect(200, 'GET', '/api/orders'); }
  order(id) { return this.#expect(200, 'GET', `/api/orders/${id}`); }
  subscriptions() { return this.#expect(200, 'GET', '/api/subscriptions'); }

  /** Orders the first eSIM plan with what belongs to it. Answers the order. */
  async placeEsimOrder() {
    const catalog = await this.catalog();
    const plan = catalog.plans.find((p) => p.sim_kinds.includes('esim'));
    const included = plan.options.filter((option) => option.choice === 'included');
    const net = [plan, ...included].reduce((sum, line) => sum + line.price.minor, 0);
    return this.#expect(201, 'POST', '/api/orders', {
      items: [{ plan: plan.sku, options: [], sim: { kind: 'esim', eid: eid() } }],
      expected_total: net + Math.floor((net * catalog.tax_rate_percent) / 100), terms_accepted: true,
    }, { 'idempotency-key': randomUUID() });
  }

  whenActive(id, within = 20_000, every = 50) {
    return eventually(`order ${id} is active`, async () => {
      const order = await this.order(id);
      return order.stage === 'active' && order;
    }, { within, every });
  }
}
