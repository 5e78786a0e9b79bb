// Child processes of a test: started with a clean environment, their output kept for the day a test fails, always ended.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

/** Free loopback ports, all different. */
export async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

export class Process {
  /** Starts a program. `env` is added to the caller's environment without its PORTAL_ variables. */
  constructor(name, program, args, env = {}, cwd = undefined) {
    const inherited = Object.entries(process.env).filter(([key]) => !key.startsWith('PORTAL_'));
    this.name = name;
    this.output = '';
    this.child = spawn(program, args, { cwd, env: { ...Object.fromEntries(inherited), ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.exited = new Promise((done) => {
      this.child.once('error', (error) => { this.output += `${error}\n`; done(null); });
      this.child.once('exit', (code, signal) => { running.delete(this.child); done(code ?? signal); });
    });
    running.add(this.child);
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => { this.output = (this.output + text).slice(-200_000); });
    }
  }

  get alive() { return this.child.exitCode === null && this.child.signalCode === null && this.child.pid !== undefined; }

  /** The last lines of the output, for messages. */
  tail(lines = 30) { return `--- ${this.name}\n${this.output.split('\n').slice(-lines).join('\n')}`; }

  /** Ends it as an operator would and tells how it ended: an exit code, or the name of a signal. */
  async stop(signal = 'SIGTERM') {
    if (!this.alive) return this.exited;
    this.child.kill(signal);
    const late = AbortSignal.timeout(15_000);
    const ended = await Promise.race([this.exited, once(late, 'abort').then(() => 'late')]);
    if (ended !== 'late') return ended;
    this.child.kill('SIGKILL');
    throw new Error(`${this.name} did not end within 15 s of ${signal}\n${this.tail()}`);
  }
}

/** Asks until `probe` answers something truthy, and returns that. What it threw last is part of the failure. */
export async function eventually(what, probe, { within = 15_000, every = 50 } = {}) {
  const until = performance.now() + within;
  let last;
  for (;;) {
    try {
      const value = await probe();
      if (value) return value;
      last = undefined;
    } catch (error) { last = error; }
    if (performance.now() > until) throw new Error(`${what}: not within ${within} ms`, { cause: last });
    await pause(every);
  }
}

/** Waits until an address answers 2xx; fails at once when the process has ended. */
export async function answers(url, child, within = 60_000) {
  await eventually(`${url} answers`, async () => {
    if (!child.alive) return true;
    return (await fetch(url)).ok;
  }, { within });
  if (!child.alive) throw new Error(`${child.name} ended at start\n${child.tail()}`);
}
