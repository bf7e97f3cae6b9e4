// The public pages as people meet them: by role and label, by keyboard, magnified, without script, in light and dark.
const { test, expect } = require('@playwright/test');
const { axe } = require('./axe.cjs');

const PAGES = [
  ['/', 'Hair, down to the last dot.'],
  ['/guide', 'The guide'],
  ['/guide/what-it-is', 'What scalp micropigmentation is'],
  ['/guide/aftercare', /aftercare|after/i],
  ['/studios', 'Studios'],
  ['/studios?near=Leeds', /^Studios near Leeds/],
  ['/studios?near=qqqqxqqq', 'Studios'],
  ['/studios/new-york-nomad', 'NoMad'],
  ['/privacy', 'Privacy'],
  ['/problems', 'What can go wrong'],
  ['/problems/edited-meanwhile', 'This was edited meanwhile'],
  ['/nothing/here', 'There is nothing here'],
];

/** Everything a page may not do: complain, break the policy, ask strangers. */
function watch(page) {
  const faults = [];
  const host = new URL(process.env.HAIRLINE_URL).host;
  page.on('console', (m) => {
    const expected = m.text().includes('404 (Not Found)') && m.location().url.endsWith('/nothing/here');
    if (m.type() === 'error' && !expected) faults.push(m.text());
  });
  page.on('pageerror', (e) => faults.push(String(e)));
  page.on('request', (r) => {
    if (new URL(r.url()).host !== host) faults.push(`asked ${r.url()}`);
  });
  return faults;
}

for (const colorScheme of ['light', 'dark']) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });
    for (const [path, heading] of PAGES) {
      test(`${path} says what it is, breaks no rule and asks no stranger`, async ({ page }) => {
        const faults = watch(page);
        await page.goto(path);
        await expect(page.getByRole('heading', { level: 1 })).toHaveText(heading);
        await expect(page.getByRole('note')).toContainText('This is a demonstration');
        for (const landmark of ['banner', 'main', 'contentinfo']) await expect(page.getByRole(landmark)).toBeVisible();
        expect(await page.title()).toContain('Fallow & Field');
        await axe(page);
        expect(faults).toEqual([]);
        if (process.env.HAIRLINE_SCREENSHOTS) {
          for (const [name, width, height] of [['phone', 390, 844], ['tablet', 820, 1180], ['desktop', 1440, 900]]) {
            await page.setViewportSize({ width, height });
            await page.waitForLoadState('networkidle');
            const file = `${name}-${colorScheme}-${path.replace(/[^a-z]+/gi, '_')}.png`;
            await page.screenshot({ path: `${process.env.HAIRLINE_SCREENSHOTS}/${file}`, fullPage: true });
          }
        }
      });
    }
  });
}

test.describe('magnified four times', () => {
  // 1280 x 1024 at 400 % (WCAG 1.4.10).
  test.use({ viewport: { width: 320, height: 256 } });
  for (const [path] of PAGES) {
    test(`${path} needs no sideways scrolling and keeps its targets`, async ({ page }) => {
      await page.goto(path);
      const wide = await page.evaluate(() => document.scrollingElement.scrollWidth);
      expect(wide).toBeLessThanOrEqual(320);
      await axe(page);
    });
  }
});

test('nothing moves while a page loads', async ({ page }) => {
  await page.addInitScript(() => {
    window.shift = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((e) => (window.shift += e.value)))
      .observe({ type: 'layout-shift', buffered: true });
  });
  for (const path of ['/', '/guide/aftercare', '/studios', '/studios/lisbon-chiado']) {
    await page.goto(path, { waitUntil: 'networkidle' });
    expect(await page.evaluate(() => window.shift), path).toBeLessThan(0.01);
  }
});

test.describe('without script', () => {
  test.use({ javaScriptEnabled: false });
  test('a person finds the nearest studio and its address', async ({ page }) => {
    await page.goto('/');
    await page.getByRole('searchbox', { name: /Town, postal code/ }).fill('Leeds');
    await page.getByRole('button', { name: 'Find the nearest' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^Studios near Leeds/);
    await expect(page.getByRole('button', { name: 'Use my position' })).toBeHidden();
    await page.getByRole('heading', { level: 2 }).first().getByRole('link').click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Ancoats');
    await expect(page.getByRole('complementary')).toContainText('M4 0AA');
    await expect(page.getByRole('table')).toContainText('Monday');
  });
});

test('by keyboard alone, from the skip link to a studio', async ({ page }) => {
  await page.goto('/studios');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('searchbox')).toBeFocused();
  await page.keyboard.type('Boston');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/near=Boston/);
  await page.getByRole('link', { name: 'NoMad New York' }).last().focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('NoMad');
});

test('whatever has the focus shows it', async ({ page }) => {
  await page.goto('/studios');
  for (let i = 0; i < 14; i += 1) {
    await page.keyboard.press('Tab');
    const shown = await page.evaluate(() => {
      const at = document.activeElement;
      const ring = (e) => e && getComputedStyle(e).outlineStyle !== 'none';
      const finger = at.querySelector?.('.finger');
      return ring(at) || ring(at.closest('.card')) || (finger && getComputedStyle(finger).stroke !== 'none');
    });
    expect(shown, `stop ${i + 1}`).toBeTruthy();
  }
});

test('the position is asked for on a press alone, and leaves rounded', async ({ browser }) => {
  const context = await browser.newContext({
    baseURL: process.env.HAIRLINE_URL, permissions: ['geolocation'],
    geolocation: { latitude: 53.801277, longitude: -1.548567 },
  });
  const page = await context.newPage();
  await page.goto('/studios');
  await page.getByRole('button', { name: 'Use my position' }).click();
  await expect(page).toHaveURL(/near=53\.80%2C\+-1\.55$/);
  await expect(page.getByRole('main').getByRole('heading', { level: 2 }).first()).toHaveText('Ancoats Manchester');
  await context.close();
});

test('the map leads from many studios to fewer, and to one', async ({ page }) => {
  await page.goto('/studios');
  const map = page.getByRole('group', { name: 'Map of the studios' });
  const europe = map.getByRole('link', { name: /studios: .*Chiado/ });
  await europe.click();
  await expect(page).toHaveURL(/only=/);
  await expect(page.getByRole('main').getByRole('heading', { name: /NoMad/ })).toHaveCount(0);
  await expect(page.getByRole('link', { name: 'Show all 12 studios' })).toBeVisible();
  await map.getByRole('link', { name: 'Mitte, Berlin' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Mitte');
});

test('search engines read the studio from the page', async ({ page }) => {
  await page.goto('/studios/lisbon-chiado');
  const data = JSON.parse(await page.locator('script[type="application/ld+json"]').textContent());
  expect(data['@type']).toBe('HealthAndBeautyBusiness');
  expect(data.address.addressLocality).toBe('Lisbon');
});

test('an error page says the number of its request', async ({ page }) => {
  const response = await page.goto('/studios/nowhere');
  expect(response.status()).toBe(404);
  await expect(page.getByText(response.headers()['request-id'])).toBeVisible();
});
