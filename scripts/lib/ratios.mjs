// Reads criterion's estimates: what mapping costs on top of parsing the raw types, in one run on this machine.
import { readFileSync } from 'node:fs';

const most = 2.0;
const [, , folder, ...groups] = process.argv;
const mean = (group, what) => JSON.parse(readFileSync(`${folder}/${group}/${what}/new/estimates.json`, 'utf8')).mean.point_estimate;
let wrong = false;
for (const group of groups) {
  const [raw, mapped] = [mean(group, 'raw'), mean(group, 'mapped')];
  const ratio = mapped / raw;
  console.log(`${group}: raw ${(raw / 1e6).toFixed(2)} ms, parsed and mapped ${(mapped / 1e6).toFixed(2)} ms, ratio ${ratio.toFixed(2)} (at most ${most.toFixed(1)})`);
  wrong ||= !(ratio <= most);
}
process.exit(wrong ? 1 : 0);
