// The week: a visit is dragged or moved by arrow keys onto a free start. Which starts are free the server says, and the server
// decides when the form arrives. Without this script each visit leads to a page with its free times.
const calendar = document.querySelector('[data-calendar]');
if (calendar) {
  const form = document.querySelector('[data-move]');
  const sheet = document.querySelector('[data-sheet]');
  const said = document.querySelector('[data-said]');
  const here = calendar.dataset.here;
  const columns = [...calendar.querySelectorAll('[data-column]')].map((box) => ({
    box,
    title: box.dataset.spoken,
    quarters: JSON.parse(box.dataset.quarters),
  }));
  // What is being moved: the visit, its ghost, the free starts, and the one chosen.
  let now = null;

  const say = (text) => { said.textContent = text; };
  const clock = (row) => {
    const hours = [...calendar.querySelectorAll('.axis .hour')];
    const at = hours.map((hour) => Number(/from-(\d+)/.exec(hour.className)[1]));
    const n = at.findLastIndex((from) => from <= row);
    if (n < 0) return '';
    const [hour, again] = hours[n].textContent.split(' ');
    return `${hour.slice(0, 3)}${String((row - at[n]) * 15).padStart(2, '0')}${again ? ` ${again}` : ''}`;
  };
  const classes = (element, from, rows) => {
    element.className = element.className.replace(/\b(from|for)-\d+/g, '').trim();
    element.classList.add(`from-${from}`, `for-${rows}`);
  };

  async function lift(visit) {
    const ghost = visit.cloneNode(true);
    for (const name of ['id', 'href', 'data-visit', 'aria-describedby']) ghost.removeAttribute(name);
    ghost.setAttribute('aria-hidden', 'true');
    ghost.tabIndex = -1;
    ghost.classList.add('ghost');
    const column = columns.findIndex(({ box }) => box.contains(visit));
    const row = columns[column].quarters.indexOf(Number(visit.dataset.quarter));
    const mine = { visit, ghost, column, row, rows: Number(visit.dataset.rows), starts: null, chosen: null, marks: [] };
    now = mine;
    visit.classList.add('lifted');
    const query = here.slice(here.indexOf('?'));
    const answer = await fetch(`/staff/visits/${visit.dataset.visit}/free${query}`, { headers: { accept: 'application/json' } })
      .catch(() => null);
    if (now !== mine) return null;
    if (!answer?.ok) {
      drop();
      say('The free times cannot be read now. Try again in a moment.');
      return null;
    }
    const found = await answer.json();
    if (now !== mine) return null;
    mine.version = found.version;
    mine.starts = found.starts
      .map(([at, quarter, pick]) => ({ column: at, row: columns[at].quarters.indexOf(quarter), pick }))
      .filter((start) => start.row >= 0);
    for (const start of mine.starts) {
      const mark = document.createElement('span');
      mark.className = 'free';
      classes(mark, start.row, 1);
      columns[start.column].box.append(mark);
      mine.marks.push(mark);
    }
    return mine;
  }

  function drop() {
    if (!now) return;
    now.ghost.remove();
    now.marks.forEach((mark) => mark.remove());
    now.visit.classList.remove('lifted');
    document.body.classList.remove('dragging');
    now = null;
  }

  function put(column, row, start) {
    now.chosen = start ?? null;
    now.ghost.classList.toggle('no', !start);
    const time = now.ghost.querySelector('.time');
    if (time) time.textContent = start ? clock(row) : `${clock(row)}: not free`;
    classes(now.ghost, row, now.rows);
    columns[column].box.append(now.ghost);
  }

  function choose(start) {
    put(start.column, start.row, start);
    now.ghost.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    say(`${columns[start.column].title}, ${clock(start.row)}: free. Enter moves the visit here, Escape leaves it.`);
  }

  function send(start) {
    const { visit, version } = now;
    form.action = `/staff/visits/${visit.dataset.visit}/move`;
    // The version that was drawn: whoever changed it since is to be seen.
    form.elements.version.value = visit.dataset.version ?? version;
    form.elements.pick.value = start.pick;
    say('Moving …');
    form.requestSubmit();
  }

  // Arrow keys: up and down among the free starts of a column, left and right to the next column that has any.
  function step(key) {
    const { starts } = now;
    const from = now.chosen ?? { column: now.column, row: now.row };
    const near = (a, b) => Math.abs(a.row - from.row) - Math.abs(b.row - from.row);
    const within = (test) => starts.filter(test).sort(near)[0];
    if (key === 'ArrowUp') return within((s) => s.column === from.column && s.row < from.row);
    if (key === 'ArrowDown') return within((s) => s.column === from.column && s.row > from.row);
    const on = key === 'ArrowRight' ? 1 : -1;
    for (let at = from.column + on; at >= 0 && at < columns.length; at += on) {
      const found = within((s) => s.column === at);
      if (found) return found;
    }
    return undefined;
  }

  calendar.addEventListener('keydown', async (event) => {
    const visit = event.target.closest?.('[data-movable]');
    if (!visit || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key.startsWith('Arrow')) {
      event.preventDefault();
      if (now && now.visit !== visit) drop();
      if (!now && !(await lift(visit))) return;
      if (!now.starts) return;
      const next = step(event.key);
      if (next) choose(next);
      else if (now.starts.length === 0) { drop(); say('Nothing is free here. Enter opens the visit with all its free times.'); }
      else say('Nothing is free further on here.');
    } else if (event.key === 'Enter' && now?.chosen && now.visit === visit) {
      event.preventDefault();
      send(now.chosen);
    } else if (event.key === 'Escape' && now) {
      event.preventDefault();
      drop();
      say('The visit stays where it is.');
    }
  });
  calendar.addEventListener('focusout', (event) => {
    if (now && !now.pointer && event.target === now.visit && event.relatedTarget) drop();
  });

  // Dragging: by mouse or pen anywhere on a visit, by finger at its grip, so that fingers still scroll.
  let press = null;
  calendar.addEventListener('pointerdown', (event) => {
    const visit = event.target.closest?.('[data-movable]');
    if (!visit || event.button !== 0) return;
    if (event.pointerType === 'touch' && !event.target.closest('.grip')) return;
    const box = visit.getBoundingClientRect();
    press = { visit, id: event.pointerId, x: event.clientX, y: event.clientY, hold: event.clientY - box.top };
  });
  addEventListener('pointermove', async (event) => {
    if (!press || event.pointerId !== press.id) return;
    if (!press.lifted) {
      if (Math.hypot(event.clientX - press.x, event.clientY - press.y) < 6) return;
      press.lifted = true;
      drop();
      document.body.classList.add('dragging');
      const lifting = lift(press.visit);
      now.pointer = true;
      await lifting;
      return;
    }
    if (!now?.starts) return;
    const column = columns.findIndex(({ box }) => {
      const { left, right } = box.getBoundingClientRect();
      return event.clientX >= left && event.clientX < right;
    });
    if (column < 0) return;
    const { box, quarters } = columns[column];
    const place = box.getBoundingClientRect();
    const height = place.height / quarters.length;
    const row = Math.round((event.clientY - press.hold - place.top) / height);
    const near = now.starts.filter((s) => s.column === column && Math.abs(s.row - row) <= 1);
    const start = near.sort((a, b) => Math.abs(a.row - row) - Math.abs(b.row - row))[0];
    put(column, start?.row ?? Math.min(Math.max(row, 0), quarters.length - now.rows), start);
  });
  const end = (event) => {
    if (!press || event.pointerId !== press.id) return;
    const { lifted } = press;
    press = null;
    if (!lifted) return;
    // The click that follows a drag opens nothing.
    const swallow = (click) => { click.preventDefault(); click.stopPropagation(); };
    addEventListener('click', swallow, { capture: true });
    setTimeout(() => removeEventListener('click', swallow, { capture: true }), 50);
    if (event.type === 'pointerup' && now?.chosen) send(now.chosen);
    else {
      drop();
      say('The visit stays where it is: only free times take it.');
    }
  };
  addEventListener('pointerup', end);
  addEventListener('pointercancel', end);
  addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && press?.lifted) { press = null; drop(); say('The visit stays where it is.'); }
  });

  // A press on an empty place: a new visit there.
  calendar.addEventListener('click', (event) => {
    if (event.target.closest('a')) return;
    const at = columns.findIndex(({ box }) => box.contains(event.target));
    if (at < 0) return;
    const { box, quarters } = columns[at];
    const place = box.getBoundingClientRect();
    const quarter = quarters[Math.floor((event.clientY - place.top) / (place.height / quarters.length))];
    if (quarter != null) location.assign(`${box.dataset.new}&at=${quarter}&back=${encodeURIComponent(here)}`);
  });

  // A visit opens in a dialog: the same page, shown here.
  async function open(address) {
    const answer = await fetch(address).catch(() => null);
    const page = answer?.ok && !answer.redirected && new DOMParser().parseFromString(await answer.text(), 'text/html');
    const visit = page && page.getElementById('visit');
    if (!visit) { location.assign(address); return; }
    visit.querySelector('[data-leave]')?.remove();
    const leave = document.createElement('form');
    leave.method = 'dialog';
    const close = document.createElement('button');
    close.className = 'quiet';
    close.textContent = 'Close';
    leave.append(close);
    sheet.replaceChildren(document.adoptNode(visit), leave);
    if (!sheet.open) sheet.showModal();
    sheet.querySelector('h1')?.setAttribute('tabindex', '-1');
    sheet.querySelector('h1')?.focus();
  }
  const inside = (event) => event.target.closest('a[data-visit], a[data-in-sheet]');
  for (const place of [calendar, sheet]) {
    place.addEventListener('click', (event) => {
      const link = inside(event);
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
      event.preventDefault();
      open(link.getAttribute('href'));
    });
  }
}
