// Input that people would type. Everything is plainly fictional.
import { randomInt, randomUUID } from 'node:crypto';

/** A valid EID: 30 digits and two check digits (ISO 7064 mod 97, SGP.02). */
export function eid(seed = randomInt(1e9)) {
  // The last four digits of the body stay clear of the sandbox's inputs that are faults by themselves.
  const body = `89049032${String(seed).padStart(18, '0')}0000`;
  const check = 98n - (BigInt(body) * 100n) % 97n;
  return body + String(check).padStart(2, '0');
}

/** A new customer. */
export function newCustomer() {
  const id = randomUUID().slice(0, 8);
  return {
    email: `hana.${id}@example.com`, password: `asagao no niwa ${id}`, familyName: 'Aoki', givenName: 'Hana', phone: '03-0000-1234',
    postcode: '100-0001', prefecture: 'Tokyo', city: 'Chiyoda-ku', street: '1-2-3 Rei', building: 'Example Heights 101',
  };
}
