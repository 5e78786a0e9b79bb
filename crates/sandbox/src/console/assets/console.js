// Comfort for the console; every page works without it. It renews the parts of a page that are marked `data-live`,
// asks before a form marked `data-confirm`, shows only the fields that fit a choice, and moves to a notice.

const every = 4000;
const address = new URL(location.href);
const notice = document.getElementById('notice');

// A notice is shown once: without its name in the address a reload does not look for it.
if (address.searchParams.has('notice')) {
  address.searchParams.delete('notice');
  history.replaceState(null, '', address);
}
notice?.focus({ preventScroll: true });
document.querySelector('nav.side [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.dataset.confirm && !window.confirm(form.dataset.confirm)) { event.preventDefault(); return; }
  if (form.method !== 'post') return;
  // A second click does not send the form again.
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = 'yes';
});
addEventListener('pageshow', () => document.querySelectorAll('form[data-sent]').forEach((form) => delete form.dataset.sent));

// <select data-chooses="kind"> and parts with data-for="a b": shown for the choices a and b.
for (const select of document.querySelectorAll('select[data-chooses]')) {
  const show = () => {
    for (const part of select.form.querySelectorAll('[data-for]')) {
      part.hidden = !part.dataset.for.split(' ').includes(select.value);
    }
  };
  select.addEventListener('change', show);
  show();
}

// Live parts.
const regions = () => [...document.querySelectorAll('[data-live][id]')];
const known = new Map(regions().map((region) => [region.id, region.innerHTML]));
const toggle = document.getElementById('live');
let live = localStorage.getItem('console-live') !== 'off';

/** Whether a person is busy inside: then it stays as it is until the next time. */
const busy = (region) => {
  const active = document.activeElement;
  return (active && active !== document.body && region.contains(active))
    || String(getSelection()).length > 0 || region.querySelector('details[open], form[data-sent]');
};

async function renew() {
  if (!live || document.hidden) return;
  let text;
  try {
    const reply = await fetch(address, { headers: { accept: 'text/html' }, cache: 'no-store' });
    if (!reply.ok) throw new Error(`${reply.status}`);
    text = await reply.text();
    document.body.classList.remove('away');
  } catch {
    document.body.classList.add('away');
    label();
    return;
  }
  label();
  const fresh = new DOMParser().parseFromString(text, 'text/html');
  for (const region of regions()) {
    const next = fresh.getElementById(region.id);
    if (!next || next.innerHTML === known.get(region.id) || busy(region)) continue;
    known.set(region.id, next.innerHTML);
    region.replaceChildren(...next.childNodes);
  }
}

function label() {
  toggle.textContent = !live ? 'Paused' : document.body.classList.contains('away') ? 'No answer' : 'Live';
  toggle.setAttribute('aria-pressed', String(live));
  toggle.title = live ? 'The page renews itself. Press to hold it.' : 'The page stands still. Press to let it renew itself.';
}

if (toggle && known.size) {
  toggle.hidden = false;
  toggle.addEventListener('click', () => {
    live = !live;
    localStorage.setItem('console-live', live ? 'on' : 'off');
    label();
    renew();
  });
  label();
  setInterval(renew, every);
  document.addEventListener('visibilitychange', renew);
}
