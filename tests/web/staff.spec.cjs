// Booking and the pages of the staff on the demonstration: by role and label, by keyboard alone, by dragging, magnified, in light
// and dark. The server's address and the demonstration's sign-ins come from crates/web/tests/browser_demo.rs.
const { test, expect } = require('@playwright/test');
const { axe } = require('./axe.cjs');

const [EMAIL, PASSWORD] = (process.env.HAIRLINE_MANAGER ?? '|').split('|');
const STUDIO = 'london-shoreditch';
let session;

/** Complaints of the browser: broken scripts, a broken policy. */
function watch(page) {
  const faults = [];
  page.on('console', (m) => { if (m.type() === 'error') faults.push(m.text()); });
  page.on('pageerror', (e) => faults.push(String(e)));
  return faults;
}

/** Presses Tab until the element has the focus. */
async function tabTo(page, locator) {
  await expect(locator).toBeVisible();
  for (let presses = 0; presses < 250; presses += 1) {
    if (await locator.evaluate((e) => e === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error('Tab does not reach it');
}

async function signIn(page) {
  if (!session) {
    await page.goto('/staff/sign-in');
    await page.getByLabel('E-mail').fill(EMAIL);
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('main').getByRole('button', { name: /^Sign in( with the password)?$/ }).click();
    await expect(page.getByRole('navigation', { name: 'Staff' })).toBeVisible();
    session = await page.context().cookies();
  }
  await page.context().addCookies(session);
}

/** A day of the next weeks with a visit that has somewhere to go; gives its address. */
async function dayWithVisit(page) {
  const day = new Date();
  for (let ahead = 3; ahead < 40; ahead += 1) {
    const date = new Date(day.getTime() + ahead * 86_400_000).toISOString().slice(0, 10);
    const address = `/staff/week?studio=${STUDIO}&by=people&view=day&day=${date}`;
    await page.goto(address);
    for (const visit of await page.locator('[data-movable]').all()) {
      const code = await visit.getAttribute('data-visit');
      const free = await page.request.get(`/staff/visits/${code}/free${address.slice(address.indexOf('?'))}`);
      const { starts } = await free.json();
      const column = await visit.evaluate((e) => Number(e.closest('[data-column]').dataset.column));
      if (starts.filter(([at]) => at === column).length > 2) return { address, code };
    }
  }
  throw new Error('nobody is booked on a day with room');
}

const PAGES = [
  ['/staff', /./],
  ['/staff/week', /./],
  [`/staff/week?studio=${STUDIO}&view=day`, 'Shoreditch'],
  [`/staff/week?studio=${STUDIO}&by=rooms`, 'Shoreditch'],
  ['/staff/week/new', 'New visit'],
  ['/staff/leave', 'Leave and maintenance'],
  ['/staff/setup', /./],
  [`/staff/setup/studios/${STUDIO}`, 'Shoreditch'],
  [`/staff/setup/prices/${STUDIO}`, 'Prices of Shoreditch'],
  [`/staff/setup/rooms/new-${STUDIO}`, 'New room'],
  ['/staff/clients', 'Clients'],
  ['record', /./],
  ['record/edit', /./],
  ['record/plans/new', /Plan/],
  ['/staff/waiting', /./],
  ['/staff/calendars', /./],
  ['/account', /./],
  ['/staff/jobs', /./],
  ['/book', 'Book a visit'],
  ['/book?near=Leeds', 'Book a visit'],
  ['/studios?near=Leeds', /^Studios near Leeds/],
  [`/book?studio=${STUDIO}`, 'What for?'],
  [`/studios/${STUDIO}`, 'Shoreditch'],
];

/** The address of a page; `record` is the newest client's. */
let record;
async function address(page, path) {
  if (!path.startsWith('record')) return path;
  if (!record) {
    await page.goto('/staff/clients');
    record = await page.getByRole('main').locator('a[href^="/staff/clients/"]').first().getAttribute('href');
  }
  return path.replace('record', record);
}

for (const colorScheme of ['light', 'dark']) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });
    for (const [path, heading] of PAGES) {
      test(`${path} breaks no rule`, async ({ page }) => {
        await signIn(page);
        const faults = watch(page);
        await page.goto(await address(page, path));
        await expect(page.getByRole('heading', { level: 1 })).toHaveText(heading);
        await axe(page);
        expect(faults).toEqual([]);
      });
    }
    test('the visit in its dialog breaks no rule', async ({ page }) => {
      await signIn(page);
      const { code } = await dayWithVisit(page);
      await page.locator(`#visit-${code}`).focus();
      await page.keyboard.press('Enter');
      await expect(page.getByRole('dialog', { name: 'Visit' })).toBeVisible();
      await axe(page);
    });
  });
}

for (const colorScheme of ['light', 'dark']) {
  test.describe(`a client on a phone, ${colorScheme}`, () => {
    test.use({ colorScheme, viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

    test('books in four steps, and no page on the way or after it breaks a rule', async ({ page }) => {
      const faults = watch(page);
      const is = async (heading) => {
        await expect(page.getByRole('heading', { level: 1 })).toHaveText(heading);
        const wide = await page.evaluate(() => document.scrollingElement.scrollWidth);
        expect(wide).toBeLessThanOrEqual(390);
        await axe(page);
      };
      await page.goto('/book?near=Leeds');
      await is('Book a visit');
      await page.getByRole('main').getByRole('link', { name: /consultation/ }).first().tap();
      await is('When suits you?');
      await page.locator('.times button').last().tap();
      await is('Who are you?');
      await page.getByLabel('Name').fill('Rui Costa');
      await page.getByLabel('E-mail').fill('rui.costa@example.com');
      await page.getByRole('button', { name: 'Book this time' }).tap();
      await is('Your visit is booked');
      await expect(page.getByText('Step 4 of 4')).toBeVisible();
      const visit = new URL(page.url()).pathname;
      for (const [path, heading] of [
        [`${visit}/move`, 'Another time'],
        [`${visit}/earlier`, /./],
        [`${visit}/cancel`, 'Cancel this visit?'],
        ['/visit', /./],
        ['/me', 'Your visits'],
      ]) {
        await page.goto(path);
        await is(heading);
      }
      // The demonstration's own client comes in by the link that it shows in place of a mail.
      await page.getByRole('button', { name: 'Send me the link' }).tap();
      await is('Look into your mail');
      await page.getByRole('link', { name: 'open your visits' }).tap();
      await page.getByRole('button', { name: 'Open my visits' }).tap();
      await is(/^Hello, /);
      await page.getByRole('link', { name: /calendar of your phone/ }).tap();
      await page.getByRole('button', { name: /^Make a/ }).tap();
      await is('Your calendar');
      expect(faults).toEqual([]);
    });
  });
}

test('a visit is booked by keyboard alone', async ({ page }) => {
  const faults = watch(page);
  await page.goto(`/studios/${STUDIO}`);
  const service = page.getByRole('link', { name: 'Book: Consultation' });
  await tabTo(page, service);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('When suits you?');
  const day = page.getByRole('table').getByRole('link').last();
  await tabTo(page, day);
  await page.keyboard.press('Enter');
  const time = page.locator('.times button').first();
  await tabTo(page, time);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Who are you?');
  await axe(page);
  await tabTo(page, page.getByLabel('Name'));
  await page.keyboard.type('Rui Costa');
  await tabTo(page, page.getByLabel('E-mail'));
  await page.keyboard.type('rui.costa@example.com');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/visit\/.*done=booked/);
  await axe(page);
  expect(faults).toEqual([]);
});

test('a visit moves by arrow keys and back by its button', async ({ page }) => {
  await signIn(page);
  const faults = watch(page);
  const { address, code } = await dayWithVisit(page);
  await page.goto(address);
  const visit = page.locator(`#visit-${code}`);
  const label = await visit.getAttribute('aria-label');
  await tabTo(page, visit);
  const column = await visit.evaluate((e) => e.closest('[data-column]').dataset.spoken);
  await page.keyboard.press('ArrowDown');
  const said = page.locator('[data-said]');
  await expect(said).toHaveText(/free\. Enter|Nothing is free further/);
  if (/further/.test(await said.textContent())) await page.keyboard.press('ArrowUp');
  await expect(said).toContainText(`${column}, `);
  await page.keyboard.press('Escape');
  await expect(said).toHaveText('The visit stays where it is.');
  await expect(page.locator('.ghost')).toHaveCount(0);
  await page.keyboard.press('ArrowDown');
  await expect(said).toHaveText(/free\. Enter|Nothing is free further/);
  if (/further/.test(await said.textContent())) await page.keyboard.press('ArrowUp');
  await expect(said).toContainText('free. Enter moves the visit here');
  await page.keyboard.press('Enter');
  // Where more follows from it, a word is asked first.
  const agree = page.getByRole('button', { name: /^Move (it|them all)$/ });
  const back = page.getByRole('button', { name: 'Move back' });
  await expect(agree.or(back)).toBeVisible();
  if (await agree.isVisible()) {
    await tabTo(page, agree);
    await page.keyboard.press('Enter');
  }
  await expect(back).toBeVisible();
  await expect(page.locator(`#visit-${code}`)).not.toHaveAttribute('aria-label', label);
  await axe(page);
  await tabTo(page, back);
  await page.keyboard.press('Enter');
  await expect(page.locator(`#visit-${code}`)).toHaveAttribute('aria-label', label);
  expect(faults).toEqual([]);
});

test('a visit is dragged onto a free time, and nowhere else', async ({ page }) => {
  await page.setViewportSize({ width: 1280, height: 1700 });
  await signIn(page);
  const { address, code } = await dayWithVisit(page);
  await page.goto(address);
  const visit = page.locator(`#visit-${code}`);
  const label = await visit.getAttribute('aria-label');
  const lift = async () => {
    await visit.scrollIntoViewIfNeeded();
    const box = await visit.boundingBox();
    await page.mouse.move(box.x + 20, box.y + 8);
    await page.mouse.down();
    await page.mouse.move(box.x + 30, box.y + 20);
    await expect(page.locator('.free').first()).toBeAttached();
    return box;
  };
  // Onto the hour before opening: it stays.
  await lift();
  const grid = await visit.evaluate((e) => {
    const { x, y, height } = e.closest('[data-column]').getBoundingClientRect();
    return { x, y, height };
  });
  await page.mouse.move(grid.x + 20, grid.y + grid.height - 3, { steps: 4 });
  await expect(page.locator('.ghost')).toHaveClass(/\bno\b/);
  await page.mouse.up();
  await expect(page.locator('[data-said]')).toContainText('stays where it is');
  await expect(visit).toHaveAttribute('aria-label', label);
  // Onto a free start of its own column.
  await lift();
  const free = page.locator(`[data-column]:has(#visit-${code}) .free`).first();
  const at = await free.boundingBox();
  await page.mouse.move(at.x + 20, at.y + 8, { steps: 4 });
  await expect(page.locator('.ghost')).not.toHaveClass(/\bno\b/);
  await page.mouse.up();
  const agree = page.getByRole('button', { name: /^Move (it|them all)$/ });
  const back = page.getByRole('button', { name: 'Move back' });
  await expect(agree.or(back)).toBeVisible();
  if (await agree.isVisible()) await agree.click();
  await expect(page.locator(`#visit-${code}`)).not.toHaveAttribute('aria-label', label);
  await back.click();
  await expect(page.locator(`#visit-${code}`)).toHaveAttribute('aria-label', label);
});

test('a visit opens as a dialog; Escape closes it and the focus is back', async ({ page }) => {
  await signIn(page);
  const { code } = await dayWithVisit(page);
  const visit = page.locator(`#visit-${code}`);
  await visit.focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Visit' });
  await expect(dialog.getByRole('heading', { name: 'Move to' })).toBeVisible();
  await expect(dialog.locator('.times button').first()).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(visit).toBeFocused();
});

test('without script a visit leads to a page with its free times', async ({ browser }) => {
  const signed = await browser.newContext();
  await signIn(await signed.newPage());
  const { code } = await dayWithVisit(await signed.newPage());
  await signed.close();
  const plain = await browser.newContext({ javaScriptEnabled: false });
  await plain.addCookies(session);
  const page = await plain.newPage();
  await page.goto(`/staff/visits/${code}`);
  await expect(page.getByRole('heading', { name: 'Move to' })).toBeVisible();
  await page.locator('.times button').first().click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/Shoreditch|Move this visit\?/);
  await plain.close();
});

// 400 % of 1280 px (WCAG 2.2, 1.4.10). The calendar itself may scroll both ways; the page may not.
test.describe('magnified four times', () => {
  test.use({ viewport: { width: 320, height: 256 } });
  for (const [path] of PAGES) {
    test(`${path} needs no sideways scrolling`, async ({ page }) => {
      await signIn(page);
      await page.goto(await address(page, path));
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    });
  }
});

// WCAG 2.2, 2.5.8: 24 by 24 px, but for links within a sentence.
for (const [path] of PAGES) {
  test(`${path} has targets of 24 px`, async ({ page }) => {
    await signIn(page);
    await page.goto(await address(page, path));
    const small = await page.evaluate(() => {
      const inSentence = (e) => e.tagName === 'A' && e.closest('p, li, td')?.textContent.trim().length > e.textContent.trim().length + 12;
      return [...document.querySelectorAll('a, button, select, summary, input:not([type=hidden])')]
        .filter((e) => e.checkVisibility() && !e.closest('.skip, [hidden]') && !e.matches('.skip, .first') && !inSentence(e))
        .map((e) => [e, (e.closest('label') ?? e).getBoundingClientRect()])
        .filter(([, box]) => box.width < 24 || box.height < 23.5)
        .map(([e, box]) => `${e.outerHTML.slice(0, 80)} ${box.width}x${box.height}`);
    });
    expect(small).toEqual([]);
  });
}

test('who wants less motion gets none', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await signIn(page);
  await page.goto('/staff/week');
  const moving = await page.evaluate(() => [...document.querySelectorAll('*')].filter((e) => {
    const { transitionDuration, animationName } = getComputedStyle(e);
    return transitionDuration.split(',').some((d) => parseFloat(d) > 0) || animationName !== 'none';
  }).length);
  expect(moving).toBe(0);
});
