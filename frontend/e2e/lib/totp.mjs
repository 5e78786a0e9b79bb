// The authenticator app of a test (RFC 6238: SHA-1, six digits, 30 seconds).
import { createHmac } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

const STEP = 30_000;
const used = new Map();

function fromBase32(text) {
  const bits = [...text.replace(/[\s=]/g, '').toUpperCase()].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
  return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}

function code(secret, step) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const hash = createHmac('sha1', fromBase32(secret)).update(counter).digest();
  return String((hash.readUInt32BE(hash[19] & 15) & 0x7fffffff) % 1e6).padStart(6, '0');
}

/** A code that was not given before: the portal takes each once. The clock may run ahead by one step, so that hardly any wait. */
export async function totp(secret) {
  const key = secret.replace(/\s/g, '');
  for (;;) {
    const now = Math.floor(Date.now() / STEP);
    const step = Math.max((used.get(key) ?? 0) + 1, now);
    if (step <= now + 1) {
      used.set(key, step);
      return code(key, step);
    }
    await pause(500);
  }
}
