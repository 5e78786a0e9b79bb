// Mails of the portal, as the sandbox's outbox shows them.
import { eventually } from './process.mjs';

const outboxes = new Map();

/** Says whose outbox has the mails of the portal at an address. */
export const registerMailbox = (address, sandbox) => outboxes.set(address, sandbox);

/** The token of the newest link to a page (`confirm`, `link`, `reset`, `email`, `invitation`) in a mail to somebody. */
export function linkTo(address, email, page, within = 20_000) {
  const sandbox = outboxes.get(address);
  if (!sandbox) throw new Error(`nobody said where the mails of ${address} go`);
  const what = `a mail with a link to /${page} for ${email}`;
  return eventually(what, async () => {
    const mails = (await sandbox.outbox()).filter((mail) => mail.to === email.toLowerCase());
    const links = mails.map((mail) => mail.text.match(new RegExp(`/${page}#([A-Za-z0-9_-]{43})`))?.[1]).filter(Boolean);
    return links.at(-1);
  }, { within });
}
