// How many sign-ins a second the portal takes, and what other requests feel of 64 people who sign in at once. Also runs alone:
// node scripts/lib/sign-ins.mjs target/release/portal
import { availableParallelism } from 'node:os';
import { pathToFileURL } from 'node:url';
import { Api } from '../../frontend/e2e/lib/api.mjs';
import { newCustomer } from '../../frontend/e2e/lib/data.mjs';
import { startEmbedded } from '../../frontend/e2e/lib/portal.mjs';

const PEOPLE = 64;
const SECONDS = 10;
const at = (values, share) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];

async function timed(work) {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

/** Milliseconds of requests of a signed-in person, one every 10 ms, while `busy()`. */
async function others(api, busy) {
  const times = [];
  while (busy()) {
    times.push(await timed(() => api.orders()));
    await new Promise((go) => { setTimeout(go, 10); });
  }
  return times;
}

export async function signIns(binary) {
  const portal = await startEmbedded({ binary });
  const people = [];
  for (let n = 0; n < PEOPLE; n += 1) people.push(await new Api(portal.address).register(newCustomer()));
  const { email, password } = people[0];
  const watcher = new Api(portal.address);
  await watcher.login(email, password);
  const alone = [];
  for (let n = 0; n < 40; n += 1) alone.push(await timed(() => new Api(portal.address).login(email, password)));
  const until = (seconds) => { const end = performance.now() + seconds * 1000; return () => performance.now() < end; };
  const quiet = await others(watcher, until(SECONDS));
  const busy = until(SECONDS);
  let done = 0;
  let turnedAway = 0;
  const person = async (who) => {
    while (busy()) {
      const reply = await new Api(portal.address).ask('POST', '/api/auth/login', { email: who.email, password: who.password });
      if (reply.status === 503) turnedAway += 1;
      else if (reply.status !== 200) throw new Error(`sign-in: ${reply.status} ${JSON.stringify(reply.body)}`);
      else if (busy()) done += 1;
    }
  };
  const [storm] = await Promise.all([others(watcher, busy), ...people.map(person)]);
  await portal.stop();
  const cores = availableParallelism();
  const best = (cores * 1000) / at(alone, 0.5);
  return {
    turnedAway, perSecond: done / SECONDS, alone: at(alone, 0.5), share: done / SECONDS / best, cores,
    quiet: [at(quiet, 0.5), at(quiet, 0.99)], storm: [at(storm, 0.5), at(storm, 0.99)],
  };
}

export function rowsOf(figures) {
  const { perSecond, turnedAway, alone, share, cores, quiet, storm } = figures;
  const ms = ([p50, p99]) => `${p50.toFixed(1)} / ${p99.toFixed(1)} ms`;
  return [
    ['sign-ins a second', `${perSecond.toFixed(1)} (${(share * 100).toFixed(0)} % of ${cores} cores ÷ ${alone.toFixed(1)} ms; ${turnedAway} turned away)`, '85 %',
      `${PEOPLE} people for ${SECONDS} s on the same machine; against the median of one sign-in alone, which is a hash and its two commits`],
    ['other requests beside them, p50 / p99', `${ms(storm)}; quiet ${ms(quiet)} (p99 × ${(storm[1] / quiet[1]).toFixed(1)})`, '× 1.5',
      'a list of orders every 10 ms, quiet and during the same sign-ins'],
  ];
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const cells of rowsOf(await signIns(process.argv[2]))) console.log(`| ${cells.join(' | ')} |`);
}
