// The JSON side of the sandbox's console: what the operator's staff would see and do upstream.

export class Sandbox {
  constructor(address) { this.address = address; }

  async #call(method, path, body) {
    const reply = await fetch(`${this.address}/console/api/${path}`, {
      method, headers: body === undefined ? {} : { 'content-type': 'application/json' }, body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await reply.text();
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text.slice(0, 300)}`);
    return text ? JSON.parse(text) : undefined;
  }

  world() { return this.#call('GET', 'world'); }
  orders() { return this.#call('GET', 'orders'); }
  /** `filter`: { system, operation, since, status, parameter }, see docs/sandbox.md. */
  calls(filter = {}) {
    const query = new URLSearchParams(filter).toString();
    return this.#call('GET', query ? `calls?${query}` : 'calls');
  }
  forgetCalls() { return this.#call('DELETE', 'calls'); }
  approve(salesforceId) { return this.#call('POST', `orders/${salesforceId}/approve`); }
  reject(salesforceId) { return this.#call('POST', `orders/${salesforceId}/reject`); }
  /** `kind` as serde writes it: "DropBefore", { Status: [503, 1] }, { Delay: [2000, "BeforeCommit"] }; `aim`: { skip, every, share, seed, parameters }. */
  fault(system, operation, kind, times = null, aim = {}) { return this.#call('POST', 'faults', { system, operation, kind, times, ...aim }); }
  removeFault(id) { return this.#call('DELETE', `faults/${id}`); }
  clearFaults() { return this.#call('DELETE', 'faults'); }
  /** Ends every Salesforce session. */
  dropSessions() { return this.#call('DELETE', 'sessions'); }
  publish(topic, fields) { return this.#call('POST', 'events', { topic, fields }); }
  /** The org's allowance of Salesforce calls within 24 hours, and how many of them are used. */
  apiRequests(max, used) { return this.#call('PUT', 'salesforce/api-requests', { max, used }); }
  /** `{ by_seconds: 60 }`, `{ by_days: 31 }`, `{ to_ms: … }`, `"freeze"`, `"thaw"`, `"reset"`. */
  clock(move) { return this.#call('POST', 'clock', move); }
  /** Every mail, oldest first: { id, from, to, subject, text, at }. */
  outbox() { return this.#call('GET', 'outbox'); }
  delays(delays) { return this.#call('POST', 'delays', delays); }
}
